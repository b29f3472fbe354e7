package dev.lastword.sse;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Turns a body's bytes into events, however they are cut. Not thread-safe: one parser, one
 * response. Once {@link #feed} has thrown, the parser takes no more input.
 */
public interface EventParser {
  /**
   * Takes the remaining bytes, heap or direct; the buffer is not kept, and its position ends at its
   * limit unless the parser stops before.
   *
   * @throws EventTooLargeException if an event grows past the bound; events before it have been
   *     dispatched
   * @throws IllegalStateException if an earlier call has thrown
   */
  void feed(ByteBuffer bytes);

  /**
   * The event that was begun and whose end never came: some servers leave it out at the end of
   * their body, and so do connections that break. Asked once, after the last byte.
   */
  Optional<SseEvent> unfinished();
}
