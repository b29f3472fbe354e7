package dev.lastword.archive.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The checksum of a row: CRC32C over its columns one after the other, each told apart from the
 * next.
 *
 * @see "docs/formats/archive.md"
 */
final class Checksum {
  private static final long NONE = -1;

  private final CRC32C crc = new CRC32C();
  private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);

  /** Adds 8 bytes, big endian. */
  Checksum add(long value) {
    crc.update(number.clear().putLong(value).flip());
    return this;
  }

  /** Adds 1 or 0, as 8 bytes. */
  Checksum add(boolean value) {
    return add(value ? 1 : 0);
  }

  /** Adds the length as 8 bytes, then the bytes; for null a length of -1. */
  Checksum add(byte @Nullable [] value) {
    if (value == null) {
      return add(NONE);
    }
    add(value.length);
    crc.update(value);
    return this;
  }

  /** Adds the UTF-8 bytes, as {@link #add(byte[])}. */
  Checksum add(@Nullable String value) {
    return add(value == null ? null : value.getBytes(UTF_8));
  }

  /** What has been added so far, 32 bits. */
  long value() {
    return crc.getValue();
  }
}
