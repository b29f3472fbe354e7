package dev.lastword.stream;

import java.util.concurrent.CompletionStage;

/**
 * Where an application saves responses. Until every hook has acknowledged a response, no reader
 * receives its ending.
 *
 * <p>Called at least once for each stream, with the stream's id as idempotency key and an equal
 * response for every attempt, also after a restart; a hook must accept the same response twice.
 * Completed responses are saved before they are released; the others after their outcome is
 * durable, in the background.
 */
@FunctionalInterface
public interface SaveHook {
  /**
   * Saves one response. Must not block: called on the stream's home.
   *
   * @return completed normally: it is saved. Completed with a {@link SaveException} of kind {@code
   *     REJECTED}: it never will be. With anything else, or not within the timeout, after which it
   *     is cancelled: called again later.
   */
  CompletionStage<Void> save(SavedResponse response);

  /**
   * The same for a person who asks for it once more, after it was rejected or given up: whoever was
   * to have it then has no right before others to have it now.
   */
  default CompletionStage<Void> saveAgain(SavedResponse response) {
    return save(response);
  }

  /**
   * Whether a call waits for somebody who is to come and say what has come of it. It has no timeout
   * then, and is cancelled once nobody needs it. Since that may be long, or never, it is told of a
   * response {@linkplain SavedResponse#withoutContent without its content}, which is read once
   * somebody has come ({@link Streams#read}).
   */
  default boolean isAwaited() {
    return false;
  }
}
