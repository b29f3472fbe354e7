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
    if (baseline.truncated()) {
      return Verdict.inconclusive(1, baseline.noWhole().orElseThrow());
    }
    var last = baseline.watch().get().last();
    if (last.outcome() == Look.Outcome.ABSENT) {
      return Verdict.fail(
          1,
          1,
          "nobody left, and another text than the one shown is saved: '"
              + last.saw()
              + "'; if that is another place, --expect and --text name the right one");
    }
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
