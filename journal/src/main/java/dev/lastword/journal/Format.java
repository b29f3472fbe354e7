package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * How the records of one segment are laid out.
 *
 * @param version the format version of its header
 * @param binding what its checksums are bound to: a record of another journal, or of a segment
 *     whose file was used again, has a checksum that does not hold here; 0 in format 1
 * @see "docs/formats/journal.md §3"
 */
record Format(int version, int binding) {
  static final int FIRST = 1;
  static final int NEWEST = 2;

  /** The format of a segment that this version writes. */
  static Format newest(JournalId id, int segment) {
    var bytes = ByteBuffer.allocate(20).putLong(id.high()).putLong(id.low()).putInt(segment);
    var crc = new CRC32C();
    crc.update(bytes.flip());
    return new Format(NEWEST, (int) crc.getValue());
  }

  /**
   * The format of a segment whose header cannot be read, as its first batch tells; empty if that
   * cannot be read either.
   */
  static Optional<Format> ofRecords(Disk.File file, int segment) throws IOException {
    var record = ByteBuffer.allocate(BatchMark.BYTES);
    file.read(record, SegmentHeader.BYTES);
    record.clear();
    var format =
        BatchMark.standsAt(record, first()) || !BatchMark.mayStandAt(record)
            ? first()
            : new Format(NEWEST, BatchMark.bindingOf(record));
    long position = Position.of(segment, SegmentHeader.BYTES);
    return BatchMark.standsAt(record, format)
            && BatchMark.decode(record, format).position() == position
        ? Optional.of(format)
        : Optional.empty();
  }

  /** Format 1, whose checksums are bound to nothing and whose batches do not know their length. */
  static Format first() {
    return new Format(FIRST, 0);
  }

  boolean isFirst() {
    return version == FIRST;
  }
}
