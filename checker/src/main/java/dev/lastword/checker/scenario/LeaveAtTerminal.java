package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.scenario.Baseline.Terminal;
import dev.lastword.dialect.Sign;
import java.util.function.Predicate;

/** LW001: the reader leaves at the terminal event. */
final class LeaveAtTerminal extends NamedScenario {
  static final String NEEDS_VERIFY = "add --verify, which says where a saved answer is found";

  LeaveAtTerminal() {
    super(
        "LW001",
        Severity.HIGH,
        "leave at the terminal event",
        "Save before the terminal event is written, and let the save outlive the connection.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    if (bench.verifier().isEmpty()) {
      return Verdict.notApplicable(NEEDS_VERIFY);
    }
    var noWhole = bench.baseline().noWhole();
    if (noWhole.isPresent()) {
      return Verdict.inconclusive(0, noWhole.get());
    }
    return switch (bench.baseline().terminal()) {
      case Terminal.Missing(String why) -> Verdict.inconclusive(0, why);
      case Terminal.Came(Arrival arrival) ->
          left(bench, Moment.at(at(arrival.sign())), "readers who left at the terminal event");
      case Terminal.EndOfBody() ->
          left(
              bench,
              Moment.atTheEnd(),
              "readers who left at the end of the body (no event says the end; --terminal names one)");
    };
  }

  private Verdict left(Bench bench, Moment moment, String who) throws InterruptedException {
    var departures = new Departures(bench, bench.verifier().orElseThrow(), moment);
    var result = departures.run(bench.plan().runs());
    bench.lost(code(), result.lost());
    return Losses.verdict(result, who, "the answer");
  }

  /** The event at which the calm run's terminal event was: the dialect's last, or the first. */
  static Predicate<Arrival> at(Sign sign) {
    return arrival -> arrival.sign() == sign || arrival.sign() == Sign.TERMINAL;
  }
}
