package dev.lastword.stream;

import dev.lastword.journal.Outcome;

/**
 * How far this process has come with the end of a stream. What is on the disk is {@link
 * StreamState}'s matter; this is what has been decided and is on its way there.
 *
 * <pre>
 *   Undecided --answer whole--> Saving --acknowledged | patience over--> Releasing --> Settled(RELEASED)
 *       |  '------without hooks---------------------------------------------^
 *       |                         '--rejected--------------------------------^  (failed)
 *       '--cancelled, failed, interrupted------------------------------------^
 *   any --journal closed--> Settled(LOST)         Undecided --refused--> Settled(ABANDONED)
 * </pre>
 *
 * <p>Whoever decides first has decided. Only a gap in the journal, events that it refused, turns a
 * decision for COMPLETED into FAILED, once.
 */
sealed interface SealState {
  /** Nothing is decided; events come. */
  record Undecided() implements SealState {}

  /**
   * The answer is complete, or on its way to be on the disk as such, and its hooks are awaited.
   *
   * @param sinceNanos when that was decided
   */
  record Saving(long sinceNanos) implements SealState {}

  /**
   * The last entry is on its way.
   *
   * @param outcome what it says
   * @param gap it says that events before it are missing
   */
  record Releasing(Outcome outcome, long sinceNanos, boolean gap) implements SealState {}

  /** There is nothing more that this process can do. */
  record Settled(How how) implements SealState {}

  /** What a stream has come to. */
  enum How {
    /** Its outcome is on disk. */
    RELEASED,
    /** The journal takes nothing any more: it is decided after a restart. */
    LOST,
    /** It was refused and never was. */
    ABANDONED
  }
}
