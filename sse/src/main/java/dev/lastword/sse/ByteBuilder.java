package dev.lastword.sse;

import java.util.Arrays;

/** Bytes that are appended to and cleared again; what a single large event needed is given back. */
final class ByteBuilder {
  /** Capacity above which {@link #clear} lets the array go. */
  private static final int RETAINED_BYTES_MAX = 64 * 1024;

  private static final int CAPACITY_MAX = Integer.MAX_VALUE - 8;
  private static final byte[] EMPTY = {};

  private byte[] bytes = EMPTY;
  private int length;

  int length() {
    return length;
  }

  /** The array behind; valid up to {@link #length()}, and until the next append. */
  byte[] array() {
    return bytes;
  }

  void append(byte b) {
    reserve(1);
    bytes[length++] = b;
  }

  /** Appends {@code src[from, to)}. */
  void append(byte[] src, int from, int to) {
    int count = to - from;
    reserve(count);
    System.arraycopy(src, from, bytes, length, count);
    length += count;
  }

  /** Makes room for {@code count} bytes and counts them as appended; returns where they start. */
  int extend(int count) {
    reserve(count);
    int start = length;
    length += count;
    return start;
  }

  byte[] toArray() {
    return Arrays.copyOf(bytes, length);
  }

  /** Forgets the content. What {@link #array()} gave stays readable until the next append. */
  void clear() {
    length = 0;
    if (bytes.length > RETAINED_BYTES_MAX) {
      bytes = EMPTY;
    }
  }

  private void reserve(int count) {
    int needed = length + count;
    if (needed < 0 || needed > CAPACITY_MAX) {
      throw new IllegalStateException("more than " + CAPACITY_MAX + " bytes in one buffer");
    }
    if (needed > bytes.length) {
      long doubled = Math.max(64L, 2L * bytes.length);
      bytes = Arrays.copyOf(bytes, (int) Math.min(CAPACITY_MAX, Math.max(doubled, needed)));
    }
  }
}
