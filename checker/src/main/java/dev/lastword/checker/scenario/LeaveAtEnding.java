package dev.lastword.checker.scenario;

import dev.lastword.dialect.Sign;

/** LW002: the reader leaves at the first event that sounds final, ahead of the terminal event. */
final class LeaveAtEnding extends NamedScenario {
  LeaveAtEnding() {
    super(
        "LW002",
        Severity.HIGH,
        "leave at the first ending event",
        "Save before the first event that sounds final (finish_reason, stop_reason) is written:"
            + " common loops stop reading there.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    if (bench.verifier().isEmpty()) {
      return Verdict.notApplicable(LeaveAtTerminal.NEEDS_VERIFY);
    }
    var baseline = bench.baseline();
    if (baseline.noWhole().isPresent()) {
      return Verdict.inconclusive(0, baseline.noWhole().get());
    }
    var reading = baseline.reading();
    if (reading.error().isPresent() && reading.ending().isEmpty()) {
      return Verdict.inconclusive(
          0, "the calm run ended with an error event, so that no ending event came");
    }
    if (!baseline.endsEarlier()) {
      return Verdict.notApplicable(
          "the stream has no ending event of its own ahead of its terminal event; LW001 covers that"
              + " one");
    }
    var departures =
        new Departures(
            bench,
            bench.verifier().get(),
            Moment.at(each -> each.sign() == Sign.ENDING || each.sign() == Sign.TERMINAL));
    var result = departures.run(bench.plan().runs());
    bench.lost(code(), result.lost());
    return Losses.verdict(result, "readers who left at the first ending event", "the answer");
  }
}
