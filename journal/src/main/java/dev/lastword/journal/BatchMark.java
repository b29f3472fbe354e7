package dev.lastword.journal;

import java.nio.ByteBuffer;

/**
 * The record that begins each group commit. It tells recovery how long its batch is and what it
 * holds together, what was already flushed when it was written (damage before that point is not a
 * torn tail), and what time it was.
 *
 * @param why what the batch is for
 * @param epoch the opening that wrote it
 * @param number counts the batches of a journal from 1 without a gap
 * @param position where the mark itself stands
 * @param flushed end of the batch before: everything up to here was flushed
 * @param bytes length of the entries behind it; 0 in format 1, where the next mark tells
 * @param crc CRC32C of the entries behind it; 0 in format 1
 * @param timeMs the journal's time; 0 in format 1
 * @param wallMs what the wall clock said; 0 in format 1
 * @see "docs/formats/journal.md §3"
 */
record BatchMark(
    Why why,
    long epoch,
    long number,
    long position,
    long flushed,
    int bytes,
    int crc,
    long timeMs,
    long wallMs) {
  /** What a mark of the newest format takes up. */
  static final int BYTES = 72;

  private static final int LENGTH = 68;
  private static final int FIRST_LENGTH = 48;

  /** What a batch is for; the ordinal is the record's flag byte. */
  enum Why {
    /** Entries follow. */
    ENTRIES,
    /** An opening makes its epoch durable; no entries. */
    OPENING,
    /** A close vouches for the last entries; no entries. */
    CLOSING,
    /** Nothing has been written for hours, and the journal's time is not to be lost; no entries. */
    TIME
  }

  private static final Why[] WHYS = Why.values();

  /** Where the batch ends. */
  long end() {
    return position + BYTES + bytes;
  }

  @SuppressWarnings("EnumOrdinal") // the format is the order of the constants
  void encode(ByteBuffer out, int binding) {
    int start = Frame.begin(out, Frame.BATCH, 0, why.ordinal(), 0);
    out.putInt(bytes).putLong(epoch).putLong(number).putLong(position).putLong(flushed);
    out.putLong(timeMs).putLong(wallMs).putInt(crc);
    Frame.end(out, start, binding);
  }

  /** Reads the mark that stands whole, its checksum verified, at the buffer's position. */
  static BatchMark decode(ByteBuffer record, Format format) {
    int at = record.position();
    boolean first = format.isFirst();
    return new BatchMark(
        WHYS[record.get(at + 10)],
        record.getLong(at + 16),
        record.getLong(at + 24),
        record.getLong(at + 32),
        record.getLong(at + 40),
        first ? 0 : record.getInt(at + 12),
        first ? 0 : record.getInt(at + 64),
        first ? 0 : record.getLong(at + 48),
        first ? 0 : record.getLong(at + 56));
  }

  /** Whether a whole mark with a good checksum stands at the buffer's position. */
  static boolean standsAt(ByteBuffer record, Format format) {
    int length = format.isFirst() ? FIRST_LENGTH : LENGTH;
    return looksLike(record, length) && Frame.checksumHolds(record, length, format.binding());
  }

  /** Whether this may be a mark of some segment of the newest format: all but the checksum. */
  static boolean mayStandAt(ByteBuffer record) {
    return looksLike(record, LENGTH);
  }

  /** What the segment's checksums are bound to, if a mark of the newest format stands there. */
  static int bindingOf(ByteBuffer record) {
    return Frame.bindingOf(record, LENGTH);
  }

  private static boolean looksLike(ByteBuffer record, int length) {
    int at = record.position();
    return record.remaining() >= Frame.padded(length)
        && record.getInt(at + 4) == length
        && record.get(at + 8) == Frame.BATCH
        && record.get(at + 10) < WHYS.length
        && record.get(at + 10) >= 0;
  }

  /**
   * Whether this mark can stand behind another.
   *
   * @param gapless whether nothing may be missing between the two
   */
  boolean follows(BatchMark before, boolean gapless) {
    return epoch >= before.epoch
        && timeMs >= before.timeMs
        && (gapless ? number == before.number + 1 : number > before.number);
  }
}
