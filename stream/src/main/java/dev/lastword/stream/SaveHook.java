package dev.lastword.stream;

import java.util.concurrent.CompletionStage;

/**
 * Where an application saves responses. Until every hook has acknowledged a response, no reader
 * receives its ending.
 *
 * <p>Called at least once for each stream, with the stream's id and when it was created as
 * idempotency key and an equal response for every attempt, also after a restart; a hook must accept
 * the same response twice. An id alone may be that of an answer that is gone, and used again.
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
   * The same of a hook that makes so many calls at once and no more: the timeout counts from a
   * call's turn, and to wait for it is no failure. A call that nobody needs any more is cancelled
   * while it waits.
   *
   * @param begins to be run when it is the call's turn, before anything else, on any thread
   */
  default CompletionStage<Void> save(SavedResponse response, Runnable begins) {
    begins.run();
    return save(response);
  }

  /**
   * The same for a person who asks for it once more, after it was rejected or given up: whoever was
   * to have it then has no right before others to have it now.
   *
   * @param begins as above
   */
  default CompletionStage<Void> saveAgain(SavedResponse response, Runnable begins) {
    return save(response, begins);
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
