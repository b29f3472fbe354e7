package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What stands behind the last good record of a segment: nothing, a torn tail, or proof of damage.
 */
final class Rest {
  private static final int WINDOW_BYTES = 1 << 20;

  private final Disk.File file;
  private final int segment;
  private final long from;
  private final long capacity;
  private long written;
  private boolean flushedBeyond;

  /**
   * @param from offset after the last good record
   * @param capacity length of the file
   */
  Rest(Disk.File file, int segment, long from, long capacity) {
    this.file = file;
    this.segment = segment;
    this.from = from;
    this.capacity = capacity;
    this.written = from;
  }

  /** Looks through all of it. */
  Rest search() throws IOException {
    // Windows overlap by a mark, so that none is missed where two meet.
    int bytes = (int) Math.min(WINDOW_BYTES + BatchMark.BYTES, Math.max(0, capacity - from));
    var window = ByteBuffer.allocateDirect(bytes);
    for (long at = from; at < capacity; at += WINDOW_BYTES) {
      window.clear().limit((int) Math.min(window.capacity(), capacity - at));
      file.read(window, at);
      search(window.flip(), at);
    }
    return this;
  }

  private void search(ByteBuffer window, long at) {
    int limit = window.limit();
    for (int i = 0; i + 8 <= limit; i += 8) {
      if (window.getLong(i) == 0) {
        continue;
      }
      written = Math.max(written, at + i + 8);
      if (!flushedBeyond
          && i + BatchMark.BYTES <= limit
          && BatchMark.standsAt(window.position(i))) {
        var mark = BatchMark.decode(window);
        flushedBeyond =
            mark.position() == Position.of(segment, at + i)
                && mark.flushed() > Position.of(segment, from);
      }
    }
  }

  /** The offset after the last byte that is not zero. */
  long written() {
    return written;
  }

  /** Whether a later mark says that the place where the good records end had been flushed. */
  boolean flushedBeyond() {
    return flushedBeyond;
  }
}
