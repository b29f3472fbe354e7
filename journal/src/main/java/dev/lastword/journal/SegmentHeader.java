package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The first page of a segment's file. Written while the segment is prepared, never again, so that
 * no torn write can reach it.
 *
 * @param segment the segment's number, from 1
 * @param epoch the opening that prepared the file
 * @param capacity length of the file in bytes
 * @see "docs/formats/journal.md §2"
 */
record SegmentHeader(int segment, long epoch, long capacity) {
  static final int BYTES = 4096;
  static final int VERSION = 1;
  static final long MAGIC = 0x4C41_5354_574F_5244L; // LASTWORD

  private static final int CRC_AT = BYTES - 4;

  /** The header's page. */
  ByteBuffer encode() {
    var page = ByteBuffer.allocate(BYTES);
    page.putLong(MAGIC).putInt(VERSION).putInt(segment).putLong(epoch).putLong(capacity);
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
    if (version > VERSION) {
      throw new DamagedException(
          name,
          0,
          "was written by a later Lastword: format %d, and this one reads up to %d"
              .formatted(version, VERSION));
    }
    if (read < BYTES || page.getInt(CRC_AT) != crc(page)) {
      throw new DamagedException(name, 0, "has a damaged header");
    }
    return new SegmentHeader(page.getInt(12), page.getLong(16), page.getLong(24));
  }

  private static int crc(ByteBuffer page) {
    var crc = new CRC32C();
    crc.update(page.slice(0, CRC_AT));
    return (int) crc.getValue();
  }
}
