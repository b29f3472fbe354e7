package dev.lastword.sse;

import java.util.Arrays;

/**
 * The types that a response keeps using, so that each event does not bring its own copy. A slot
 * remembers the last type that fell into it; long ones are not remembered.
 */
final class TypeNames {
  private static final int SLOTS = 8;
  private static final int REMEMBERED_BYTES_MAX = 64;

  private byte[][] slots = {};

  /** The bytes of {@code src[from, to)}, not empty, in an array that other events may share. */
  byte[] of(byte[] src, int from, int to) {
    if (to - from > REMEMBERED_BYTES_MAX) {
      return Arrays.copyOfRange(src, from, to);
    }
    if (slots.length == 0) {
      slots = new byte[SLOTS][];
      Arrays.fill(slots, SseEvent.EMPTY);
    }
    int slot = (to - from + 31 * src[to - 1]) & (SLOTS - 1);
    byte[] known = slots[slot];
    if (!Arrays.equals(known, 0, known.length, src, from, to)) {
      known = Arrays.copyOfRange(src, from, to);
      slots[slot] = known;
    }
    return known;
  }
}
