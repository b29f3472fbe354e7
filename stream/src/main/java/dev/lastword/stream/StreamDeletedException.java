package dev.lastword.stream;

import dev.lastword.journal.StreamId;

/** A stream was deleted while somebody read it. */
final class StreamDeletedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  StreamDeletedException(StreamId stream) {
    super("stream " + stream + " was deleted");
  }
}
