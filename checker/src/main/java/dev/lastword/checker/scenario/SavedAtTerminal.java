package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.scenario.Baseline.Terminal;
import java.util.Optional;

/**
 * LW003: whether the answer is saved at the instant at which the terminal event was read, or the
 * end of the body where there is none.
 */
final class SavedAtTerminal extends NamedScenario {
  SavedAtTerminal() {
    super(
        "LW003",
        Severity.HIGH,
        "saved when the terminal event arrives",
        "Wait for the save before writing the terminal event: what is said last is then true.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    if (bench.verifier().isEmpty()) {
      return Verdict.notApplicable(LeaveAtTerminal.NEEDS_VERIFY);
    }
    var noWhole = bench.baseline().noWhole();
    if (noWhole.isPresent()) {
      return Verdict.inconclusive(0, noWhole.get());
    }
    return switch (bench.baseline().terminal()) {
      case Terminal.Missing(String why) -> Verdict.inconclusive(0, why);
      case Terminal.Came(Arrival arrival) ->
          new Instants(bench, Optional.of(LeaveAtTerminal.at(arrival.sign())), "the terminal event")
              .verdict();
      case Terminal.EndOfBody() ->
          new Instants(bench, Optional.empty(), "the end of the body").verdict();
    };
  }
}
