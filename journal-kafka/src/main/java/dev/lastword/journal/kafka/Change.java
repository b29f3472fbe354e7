package dev.lastword.journal.kafka;

import java.nio.ByteBuffer;

/**
 * What one record of the partition says.
 *
 * @see ChangeForm
 */
sealed interface Change {
  /** The largest part of a flush that is one record. */
  int BYTES_MAX = 960 << 10;

  /** The opening that wrote it. */
  long epoch();

  /** From here on who writes under an epoch before this one writes nothing. */
  record Opened(long epoch, String owner) implements Change {}

  /** There is an empty file, of a number that no other had. */
  record Made(long epoch, long file, String name) implements Change {}

  /** A file has a length, all zeros as far as nothing is written there. */
  record Lengthened(long epoch, long file, long bytes) implements Change {}

  /** A file has another name; one that had it is removed. */
  record Named(long epoch, long file, String name) implements Change {}

  /** A file is removed. */
  record Removed(long epoch, long file) implements Change {}

  /** Bytes stand in a file, over what stood there. */
  record Written(long epoch, long file, long position, ByteBuffer bytes) implements Change {}
}
