package dev.lastword.sse;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds line ends, eight bytes at a time. */
final class LineEnds {
  static final byte LF = '\n';
  static final byte CR = '\r';

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ABOVE_CR = 0x0E0E0E0E0E0E0E0EL;
  private static final long HIGH_BITS = 0x8080808080808080L;

  private LineEnds() {}

  /** Index of the first CR or LF in {@code bytes[from, to)}, or {@code to} if there is none. */
  static int find(byte[] bytes, int from, int to) {
    int at = from;
    while (at <= to - Long.BYTES) {
      long low = belowSpace((long) LONG.get(bytes, at));
      if (low == 0) {
        at += Long.BYTES;
        continue;
      }
      at += Long.numberOfTrailingZeros(low) >>> 3;
      if (isLineEnd(bytes[at])) {
        return at;
      }
      at++;
    }
    while (at < to && !isLineEnd(bytes[at])) {
      at++;
    }
    return at;
  }

  /**
   * Sets the high bit of bytes from 0 to CR. Exact for the lowest one, as a borrow only travels
   * upwards; text has few control characters other than line ends, so one test serves for both.
   */
  private static long belowSpace(long eight) {
    return (eight - ABOVE_CR) & ~eight & HIGH_BITS;
  }

  private static boolean isLineEnd(byte b) {
    return b == LF || b == CR;
  }
}
