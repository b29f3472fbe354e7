package dev.lastword.library;

import dev.lastword.stream.SavedResponse;

/**
 * Where an application saves an answer. Its ending is said once this has returned.
 *
 * <p>Called at least once, with the answer's id and {@code createdMs} as idempotency key and an
 * equal answer every time: a process may die after it was saved and before that was written down.
 * The id alone is not enough where it is used again once its answer is deleted. Never called twice
 * at the same time for one answer.
 */
@FunctionalInterface
public interface Saver {
  /**
   * Saves one answer. May block; runs on a virtual thread.
   *
   * @param saved the whole answer, put together from its events as they are on the disk
   * @throws dev.lastword.stream.SaveException of kind {@code REJECTED} if it will never be saved:
   *     the answer ends {@code failed}, {@code save_rejected}
   * @throws Exception anything else: called again, after a wait that grows
   */
  void save(SavedResponse saved) throws Exception;
}
