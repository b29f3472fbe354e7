package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The first page of a segment's file. Written while the segment is prepared, never again, so that
 * no torn write can reach it.
 *
 * @param version the format version
 * @param segment the segment's number, from 1
 * @param epoch the opening that prepared the file
 * @param capacity length of the file in bytes
 * @param id the journal that it belongs to; null in format 1, which had none
 * @param timeMs the journal's time when it was prepared: it never goes back behind that
 * @see "docs/formats/journal.md §2"
 */
record SegmentHeader(
    int version, int segment, long epoch, long capacity, @Nullable JournalId id, long timeMs) {
  static final int BYTES = 4096;
  static final long MAGIC = 0x4C41_5354_574F_5244L; // LASTWORD

  private static final int CRC_AT = BYTES - 4;

  /** The header of a segment that this version writes. */
  SegmentHeader(int segment, long epoch, long capacity, JournalId id, long timeMs) {
    this(Format.NEWEST, segment, epoch, capacity, id, timeMs);
  }

  /** How the records behind it are laid out. */
  Format format() {
    return id == null ? Format.first() : Format.newest(id, segment);
  }

  /** The header's page. */
  ByteBuffer encode() {
    var page = ByteBuffer.allocate(BYTES);
    page.putLong(MAGIC).putInt(version).putInt(segment).putLong(epoch).putLong(capacity);
    if (id != null) {
      page.putLong(id.high()).putLong(id.low()).putLong(timeMs);
    }
    page.putInt(CRC_AT, crc(page));
    return page.clear();
  }

  /**
   * Reads the header of an open file.
   *
   * @throws DamagedException if it is none, or of a later version
   */
  static SegmentHeader read(Disk.File file, String name) throws IOException {
    var page = ByteBuffer.allocate(BYTES);
    int read = file.read(page, 0);
    if (read < 16 || page.getLong(0) != MAGIC) {
      throw new DamagedException(name, 0, "is no segment of a journal");
    }
    int version = page.getInt(8);
    if (version > Format.NEWEST) {
      throw new LaterFormatException(name, version);
    }
    if (read < BYTES || page.getInt(CRC_AT) != crc(page)) {
      throw new DamagedException(name, 0, "has a damaged header");
    }
    boolean first = version == Format.FIRST;
    return new SegmentHeader(
        version,
        page.getInt(12),
        page.getLong(16),
        page.getLong(24),
        first ? null : idIn(page),
        first ? 0 : page.getLong(48));
  }

  /** The id that stands in a page, whether the page is good or not. */
  static JournalId idIn(ByteBuffer page) {
    return new JournalId(page.getLong(32), page.getLong(40));
  }

  private static int crc(ByteBuffer page) {
    var crc = new CRC32C();
    crc.update(page.slice(0, CRC_AT));
    return (int) crc.getValue();
  }
}
