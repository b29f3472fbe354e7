package dev.lastword.checker.scenario;

import dev.lastword.dialect.Sign;
import java.util.Optional;

/**
 * LW023: whether the answer is saved at the instant at which the first event that sounds final was
 * read, ahead of the terminal event. Pages that reload, or ask what comes next, do so there.
 */
final class SavedAtEnding extends NamedScenario {
  SavedAtEnding() {
    super(
        "LW023",
        Severity.MEDIUM,
        "saved when the first ending event arrives",
        "Wait for the save before writing the first event that sounds final (finish_reason, finish):"
            + " a save that runs beside it wins only sometimes.");
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
    if (baseline.reading().error().isPresent()) {
      return Verdict.inconclusive(0, "the calm run ended with an error event");
    }
    if (!baseline.endsEarlier()) {
      return Verdict.notApplicable(
          "the stream has no ending event of its own ahead of its terminal event; LW003 covers that"
              + " one");
    }
    return new Instants(
            bench,
            Optional.of(each -> each.sign() == Sign.ENDING || each.sign() == Sign.TERMINAL),
            "the first ending event")
        .verdict();
  }
}
