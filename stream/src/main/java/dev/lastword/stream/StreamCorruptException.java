package dev.lastword.stream;

import dev.lastword.journal.StreamId;

/**
 * A part of the stream was damaged on the disk: what is left of it is not shown as if it were all.
 */
public final class StreamCorruptException extends RuntimeException {
  private static final long serialVersionUID = 1;

  StreamCorruptException(StreamId stream) {
    super("stream " + stream + " is damaged");
  }
}
