package dev.lastword.checker.scenario;

import java.util.Optional;

/**
 * What one check found.
 *
 * @param runs how many runs were judged
 * @param failed how many of them showed the fault
 * @param detail what was seen, in a sentence
 * @param worst the worst run, where a run was judged
 */
public record Verdict(State state, int runs, int failed, String detail, Optional<Timeline> worst) {
  /** What it comes to. */
  public enum State {
    /** Tried, and no fault was seen. */
    PASS("pass"),
    /** The fault was seen. */
    FAIL("fail"),
    /** Tried, and what was seen does not tell. */
    INCONCLUSIVE("inconclusive"),
    /** Not tried; the detail says what makes it applicable. */
    NOT_APPLICABLE("not-applicable");

    private final String word;

    State(String word) {
      this.word = word;
    }

    /** As it stands in reports. */
    public String word() {
      return word;
    }
  }

  static Verdict pass(int runs, String detail) {
    return new Verdict(State.PASS, runs, 0, detail, Optional.empty());
  }

  static Verdict fail(int runs, int failed, String detail) {
    return new Verdict(State.FAIL, runs, failed, detail, Optional.empty());
  }

  static Verdict inconclusive(int runs, String detail) {
    return new Verdict(State.INCONCLUSIVE, runs, 0, detail, Optional.empty());
  }

  static Verdict notApplicable(String detail) {
    return new Verdict(State.NOT_APPLICABLE, 0, 0, detail, Optional.empty());
  }

  /** Of a check that broke off for a reason of its own. */
  public static Verdict failedByItself(RuntimeException e) {
    return inconclusive(0, "this check failed by itself, which is a fault of the checker: " + e);
  }

  Verdict saying(String other) {
    return new Verdict(state, runs, failed, other, worst);
  }

  /** This, where what was seen does not tell after all. */
  Verdict undecided() {
    return new Verdict(State.INCONCLUSIVE, runs, 0, detail, worst);
  }

  Verdict with(Timeline timeline) {
    return new Verdict(state, runs, failed, detail, Optional.of(timeline));
  }
}
