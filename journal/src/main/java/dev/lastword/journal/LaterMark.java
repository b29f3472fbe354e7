package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Looks behind the place where good records end for a mark which says that the place had been
 * flushed: then what stands there is damage, and the journal goes on at the mark. Without one it is
 * the end, or a torn tail.
 */
final class LaterMark {
  private static final int WINDOW_BYTES = 1 << 20;

  private final Disk.File file;
  private final Format format;
  private final int segment;

  LaterMark(Disk.File file, Format format, int segment) {
    this.file = file;
    this.format = format;
    this.segment = segment;
  }

  /**
   * The offset of the first such mark, or -1.
   *
   * @param from offset after the last good record; it is looked for behind that
   * @param limit offset after the last byte to look at
   * @param before the last good mark, null if there is none
   */
  long search(long from, long limit, @Nullable BatchMark before) throws IOException {
    // Windows overlap by a mark, so that none is missed where two meet.
    int bytes = (int) Math.min(WINDOW_BYTES + BatchMark.BYTES, Math.max(0, limit - from));
    var window = ByteBuffer.allocateDirect(bytes);
    for (long at = from; at < limit; at += WINDOW_BYTES) {
      window.clear().limit((int) Math.min(window.capacity(), limit - at));
      file.read(window, at);
      long found = search(window.flip(), at, from, before);
      if (found >= 0) {
        return found;
      }
    }
    return -1;
  }

  private long search(ByteBuffer window, long at, long from, @Nullable BatchMark before) {
    for (int i = 0; i + 8 <= window.limit(); i += 8) {
      if (BatchMark.standsAt(window.position(i), format)) {
        var mark = BatchMark.decode(window, format);
        long position = Position.of(segment, at + i);
        if (at + i > from
            && mark.position() == position
            && mark.flushed() == position
            && (before == null || mark.follows(before, false))) {
          return at + i;
        }
      }
    }
    return -1;
  }
}
