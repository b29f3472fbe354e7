package dev.lastword.stream;

import dev.lastword.journal.Outcome;

/** Who fills a {@link Composition}. Called on the stream's home. */
public interface Composer {
  /** More waits for the disk than the stream may hold: append nothing. */
  void pause();

  /** Go on. */
  void resume();

  /**
   * Its end is decided, by whomever: what is appended from now on counts for nothing.
   *
   * @param outcome what it will be, unless the disk refuses the answer or a hook its save
   * @param reason why, {@code ""} for completed
   */
  void over(Outcome outcome, String reason);

  /** Its outcome is on disk. */
  void ended(StreamView stream);

  /**
   * Nothing of it waits to be saved any more; after {@link #ended}, or {@link #lost}. By default
   * that is nothing to do for.
   */
  default void saveIsOver() {}

  /** The journal takes nothing any more: a restart decides the stream. */
  void lost();
}
