package dev.lastword.springai;

import dev.lastword.journal.StreamId;

/**
 * A reader was too far behind to be waited for: its {@code Flux} breaks off. The answer goes on,
 * and {@code Lastword.read} gives the rest of it.
 */
public final class ReaderBehindException extends RuntimeException {
  private static final long serialVersionUID = 1;

  ReaderBehindException(StreamId id, int chunks) {
    super("the reader of answer %s was %d chunks behind, which is the most".formatted(id, chunks));
  }
}
