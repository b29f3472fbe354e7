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
 * @param status that of an answer that shows nothing, 0 if there is none
 */
public record Look(
    Outcome outcome,
    int characters,
    String saw,
    String shown,
    long tookNanos,
    long atNanos,
    int status) {
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

  Look(Outcome outcome, int characters, String saw, String shown, long tookNanos, long atNanos) {
    this(outcome, characters, saw, shown, tookNanos, atNanos, 0);
  }

  /** One that was never made. */
  public static Look none() {
    return new Look(Outcome.BLIND, 0, "", "", 0, System.nanoTime());
  }

  /** This, where its status is known to say that nothing is there. */
  public Look absent() {
    return new Look(
        Outcome.ABSENT,
        0,
        saw + ", as of an answer that is not there yet",
        shown,
        tookNanos,
        atNanos,
        status);
  }

  /** Whether it found what is expected. */
  public boolean saved() {
    return outcome == Outcome.SAVED;
  }
}
