package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Steps through the records of one segment, reading ahead. Holds one window of the file, at least
 * {@link #WINDOW_BYTES} long or as long as the largest record met. Not thread-safe.
 */
final class RecordCursor {
  static final int WINDOW_BYTES = 1 << 20;

  /** What stands where the cursor is. */
  enum Found {
    /** A record with a good checksum. */
    RECORD,
    /** Zeros where the next record would begin, or the limit: nothing was written here. */
    END,
    /** Bytes that are no record. */
    DAMAGE
  }

  private final Disk.File file;
  private final long limit;
  private ByteBuffer window;
  private long windowAt;
  private long offset;
  private int length;
  private int kind;

  /**
   * @param from offset of the first record
   * @param limit offset after the last byte that may be read
   */
  RecordCursor(Disk.File file, long from, long limit) {
    this.file = file;
    this.limit = limit;
    this.offset = from;
    this.windowAt = from;
    this.window =
        ByteBuffer.allocateDirect((int) Math.max(64, Math.min(WINDOW_BYTES, limit - from)))
            .limit(0);
  }

  /** Steps over the record in hand, if there is one, and says what stands behind it. */
  Found next() throws IOException {
    offset += Frame.padded(length);
    return look();
  }

  /** Steps over damage, to where a record with a good checksum stands again, or to the limit. */
  Found resync() throws IOException {
    Found found;
    do {
      offset += 8;
      found = look();
    } while (found != Found.RECORD && offset < limit);
    return found;
  }

  /** Goes on from another offset. */
  void skipTo(long other) {
    offset = other;
    length = 0;
  }

  private Found look() throws IOException {
    length = 0;
    if (!available(8) || window.getLong(window.position()) == 0) {
      return Found.END;
    }
    int at = window.position();
    int claimed = window.getInt(at + 4);
    if (claimed < Frame.HEAD
        || claimed > FileJournal.ENTRY_BYTES_MAX
        || !available(Frame.padded(claimed))
        || !Frame.checksumHolds(window, claimed)
        || !isKnown()) {
      return Found.DAMAGE;
    }
    kind = window.get(window.position() + 8);
    length = claimed;
    return Found.RECORD;
  }

  private boolean isKnown() {
    return Entries.isEntry(window.get(window.position() + 8)) || BatchMark.standsAt(window);
  }

  /** Where the record in hand begins; without one, where it would. */
  long offset() {
    return offset;
  }

  /** Where the record in hand ends, padding included. */
  long end() {
    return offset + Frame.padded(length);
  }

  /** Length of the record in hand, without padding. */
  int length() {
    return length;
  }

  int kind() {
    return kind;
  }

  boolean atMark() {
    return kind == Frame.BATCH;
  }

  BatchMark mark() {
    return BatchMark.decode(window);
  }

  /**
   * The entry in hand.
   *
   * @throws RuntimeException if the fields make none, although the checksum is good
   */
  Entry entry() {
    return Entries.decode(window.slice(window.position(), length));
  }

  /** Makes {@code bytes} bytes from the offset readable at the window's position. */
  private boolean available(int bytes) throws IOException {
    if (offset + bytes > limit) {
      return false;
    }
    long inWindow = offset - windowAt;
    if (inWindow + bytes > window.limit()) {
      refill(bytes);
      inWindow = 0;
    }
    window.position((int) inWindow);
    return window.remaining() >= bytes;
  }

  private void refill(int bytes) throws IOException {
    if (bytes > window.capacity()) {
      window = ByteBuffer.allocateDirect(bytes);
    }
    windowAt = offset;
    window.clear().limit((int) Math.min(window.capacity(), limit - offset));
    file.read(window, offset);
    window.flip();
  }
}
