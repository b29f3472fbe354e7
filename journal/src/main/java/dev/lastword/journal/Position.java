package dev.lastword.journal;

/** Where a record stands: the number of its segment above, its offset in the file below. */
final class Position {
  private Position() {}

  static long of(int segment, long offset) {
    return (long) segment << 32 | offset;
  }

  static int segment(long position) {
    return (int) (position >>> 32);
  }

  static long offset(long position) {
    return position & 0xffff_ffffL;
  }

  static String text(long position) {
    return segment(position) + ":" + offset(position);
  }
}
