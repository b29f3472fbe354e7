package dev.lastword.checker.scenario;

import dev.lastword.checker.verify.Look;

/** LW010: what is saved is what was shown, whole. Judged by the calm run. */
final class WholeContent extends NamedScenario {
  WholeContent() {
    super(
        "LW010",
        Severity.HIGH,
        "the saved content is whole",
        "Save what was streamed, all of it: look for a column's width, a slice, or a buffer that"
            + " misses the last event.");
  }

  @Override
  public Verdict judge(Bench bench) {
    var baseline = bench.baseline();
    if (baseline.watch().isEmpty()) {
      return Verdict.notApplicable(LeaveAtTerminal.NEEDS_VERIFY);
    }
    if (!bench.verifier().orElseThrow().verification().expectation().namesAnswer()) {
      return Verdict.notApplicable("what is expected does not hold {{answer}}");
    }
    var last = baseline.watch().get().last();
    return last.outcome() == Look.Outcome.PART
        ? Verdict.fail(
            1,
            1,
            "nobody left, and of %d characters shown the first %d are saved: '%s'"
                .formatted(baseline.answer().strip().length(), last.characters(), last.saw()))
        : Verdict.pass(
            1, "all %d characters are saved".formatted(baseline.answer().strip().length()));
  }
}
