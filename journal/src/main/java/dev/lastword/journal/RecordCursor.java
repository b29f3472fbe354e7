package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Steps through the records of one segment, reading ahead. Holds one window of the file, at least
 * {@link #WINDOW_BYTES} long or as long as the largest batch met. Not thread-safe.
 */
final class RecordCursor {
  static final int WINDOW_BYTES = 1 << 20;

  private final Disk.File file;
  private final Format format;
  private final long limit;
  private ByteBuffer window;
  private long windowAt;
  private long offset;
  private int length;
  private int kind;

  /** Up to here a batch's checksum vouches for the records in it. */
  private long vouchedTo;

  /**
   * @param from offset of the first record
   * @param limit offset after the last byte that may be read
   */
  RecordCursor(Disk.File file, Format format, long from, long limit) {
    this.file = file;
    this.format = format;
    this.limit = limit;
    this.offset = from;
    this.windowAt = from;
    this.window =
        ByteBuffer.allocateDirect((int) Math.max(64, Math.min(WINDOW_BYTES, limit - from)))
            .limit(0);
  }

  /** Steps over the record in hand, if there is one; whether another stands behind it. */
  boolean next() throws IOException {
    return at(end());
  }

  /** Goes to an offset; whether a record with a good checksum stands there. */
  boolean at(long other) throws IOException {
    offset = other;
    length = 0;
    if (!available(8)) {
      return false;
    }
    int claimed = window.getInt(window.position() + 4);
    if (claimed < Frame.HEAD
        || claimed > FileJournal.ENTRY_BYTES_MAX
        || !available(Frame.padded(claimed))
        || !isVouchedFor(claimed)
        || !isKnown()) {
      return false;
    }
    kind = window.get(window.position() + 8);
    length = claimed;
    return true;
  }

  private boolean isVouchedFor(int claimed) {
    return offset + Frame.padded(claimed) <= vouchedTo
        || Frame.checksumHolds(window, claimed, format.binding());
  }

  private boolean isKnown() {
    return Entries.isEntry(window.get(window.position() + 8), format)
        || BatchMark.standsAt(window, format);
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

  boolean atMark() {
    return length > 0 && kind == Frame.BATCH;
  }

  /** The mark in hand. */
  BatchMark mark() {
    return BatchMark.decode(window, format);
  }

  /**
   * Whether the batch of the mark in hand is whole. In format 1 a batch has no checksum of its own,
   * and its records stand for themselves.
   */
  boolean batchIsWhole(BatchMark mark) throws IOException {
    if (format.isFirst()) {
      return true;
    }
    long bytes = (long) BatchMark.BYTES + mark.bytes();
    if (mark.bytes() < 0 || offset + bytes > limit || !available((int) bytes)) {
      return false;
    }
    int entries = window.position() + BatchMark.BYTES;
    if (Frame.crc(window, entries, entries + mark.bytes()) != mark.crc()) {
      return false;
    }
    vouchedTo = offset + bytes;
    return true;
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
    if (inWindow < 0 || inWindow + bytes > window.limit()) {
      refill(bytes);
      inWindow = 0;
    }
    window.position((int) inWindow);
    return window.remaining() >= bytes;
  }

  private void refill(int bytes) throws IOException {
    if (bytes > window.capacity()) {
      long larger = Math.min(limit - offset, Math.max(bytes, 2L * window.capacity()));
      window = ByteBuffer.allocateDirect((int) larger);
    }
    windowAt = offset;
    window.clear().limit((int) Math.min(window.capacity(), limit - offset));
    file.read(window, offset);
    window.flip();
  }
}
