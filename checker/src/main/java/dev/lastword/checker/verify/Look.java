package dev.lastword.checker.verify;

/**
 * One look at what is saved.
 *
 * @param outcome what was there
 * @param characters how much of the answer, from its start
 * @param saw what the look met, in a few words
 * @param shown all that was shown
 * @param tookNanos how long it took
 * @param atNanos when it was begun, by {@link System#nanoTime}
 */
public record Look(
    Outcome outcome, int characters, String saw, String shown, long tookNanos, long atNanos) {
  /** What a look finds. */
  public enum Outcome {
    /** What is expected. */
    SAVED,
    /** The answer's beginning. */
    PART,
    /** Nothing of it. */
    ABSENT,
    /** The look itself failed, so that it says nothing. */
    BLIND
  }

  /** Whether it found what is expected. */
  public boolean saved() {
    return outcome == Outcome.SAVED;
  }
}
