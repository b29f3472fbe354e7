package dev.lastword.library;

import dev.lastword.journal.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Where the bytes of a {@link Reading} come from, which says what each of these means. */
interface ReadingSource {
  boolean isAtEnd();

  Optional<Outcome> outcome();

  Optional<byte[]> next() throws ReadingBrokenException, InterruptedException;

  void close();

  /** What a connection carries that has nothing to say. */
  static byte[] heartbeat() {
    return ": hb\n\n".getBytes(StandardCharsets.US_ASCII);
  }
}
