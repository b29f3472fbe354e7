package dev.lastword.journal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The frame that marks and entries share: checksum, length, kind. Big-endian, 8-byte aligned.
 *
 * <pre>
 *   0  u32 CRC32C of everything after it, padding included, xor the segment's binding
 *   4  u32 length in bytes, from the checksum's first byte, without padding
 *   8  u8  kind
 *   9  u8  length of the stream's id
 *  10  u8  flags
 *  11  u8  outcome
 *  12  the stream's id, then the fields of the kind
 * </pre>
 *
 * @see "docs/formats/journal.md §3"
 */
final class Frame {
  static final int HEAD = 12;

  static final int BATCH = 1;
  static final int OPENED = 2;
  static final int APPENDED = 3;
  static final int ENDING = 4;
  static final int SAVED = 5;
  static final int SEALED = 6;
  static final int LATE = 7;
  static final int DELETED = 8;
  static final int WITHHELD = 9;
  static final int SHOWN = 10;
  static final int REJECTED = 11;

  private Frame() {}

  /** Writes a frame's head; what it is called with is put back by {@link #end}. */
  static int begin(ByteBuffer out, int kind, int idLength, int flags, int outcome) {
    int start = out.position();
    out.putLong(0);
    out.putInt(kind << 24 | idLength << 16 | flags << 8 | outcome);
    return start;
  }

  /** Pads the record that started there, and writes its length and checksum. */
  static void end(ByteBuffer out, int start, int binding) {
    int length = out.position() - start;
    for (int padding = padded(length) - length; padding > 0; padding--) {
      out.put((byte) 0);
    }
    out.putInt(start + 4, length);
    out.putInt(start, crc(out, start + 4, out.position()) ^ binding);
  }

  /** Whether the record of this length at the buffer's position, padding included, is intact. */
  static boolean checksumHolds(ByteBuffer record, int length, int binding) {
    return bindingOf(record, length) == binding;
  }

  /** What the checksum of the record at the buffer's position is bound to, if it is intact. */
  static int bindingOf(ByteBuffer record, int length) {
    int at = record.position();
    return record.getInt(at) ^ crc(record, at + 4, at + padded(length));
  }

  /** What a record of a length takes up. */
  static int padded(int length) {
    return length + 7 & ~7;
  }

  /** The checksum of a part of a buffer. */
  static int crc(ByteBuffer bytes, int start, int end) {
    int position = bytes.position();
    int limit = bytes.limit();
    bytes.limit(end).position(start);
    var crc = new CRC32C();
    crc.update(bytes);
    bytes.limit(limit).position(position);
    return (int) crc.getValue();
  }
}
