package dev.lastword.journal;

import java.nio.ByteBuffer;

/**
 * The record that begins each group commit. It tells recovery what was already flushed when it was
 * written: damage before that point is not a torn tail.
 *
 * @param why what the batch is for
 * @param epoch the opening that wrote it
 * @param number counts the batches of a journal from 1 without a gap
 * @param position where the mark itself stands
 * @param flushed end of the batch before: everything up to here was flushed
 * @see "docs/formats/journal.md §3"
 */
record BatchMark(Why why, long epoch, long number, long position, long flushed) {
  static final int BYTES = 48;

  /** What a batch is for; the ordinal is the record's flag byte. */
  enum Why {
    /** Entries follow. */
    ENTRIES,
    /** An opening makes its epoch durable; no entries. */
    OPENING,
    /** A close vouches for the last entries; no entries. */
    CLOSING
  }

  private static final Why[] WHYS = Why.values();

  @SuppressWarnings("EnumOrdinal") // the format is the order of the constants
  void encode(ByteBuffer out) {
    int start = Frame.begin(out, Frame.BATCH, 0, why.ordinal(), 0);
    out.putInt(0).putLong(epoch).putLong(number).putLong(position).putLong(flushed);
    Frame.end(out, start);
  }

  /** Reads the mark that stands whole, its checksum verified, at the buffer's position. */
  static BatchMark decode(ByteBuffer record) {
    int at = record.position();
    return new BatchMark(
        WHYS[record.get(at + 10)],
        record.getLong(at + 16),
        record.getLong(at + 24),
        record.getLong(at + 32),
        record.getLong(at + 40));
  }

  /** Whether a whole mark with a good checksum stands at the buffer's position. */
  static boolean standsAt(ByteBuffer record) {
    int at = record.position();
    return record.remaining() >= BYTES
        && record.getInt(at + 4) == BYTES
        && record.get(at + 8) == Frame.BATCH
        && record.get(at + 10) < WHYS.length
        && record.get(at + 10) >= 0
        && Frame.checksumHolds(record, BYTES);
  }
}
