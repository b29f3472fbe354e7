package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
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
    var terminal = bench.baseline().reading().terminal();
    if (terminal.isEmpty()) {
      return Verdict.notApplicable(
          "the stream names no terminal event: its end is the body's end; if readers leave at an"
              + " event, name it with --terminal");
    }
    var departures = new Departures(bench, bench.verifier().get(), at(terminal.get().sign()));
    return Losses.verdict(departures.run(bench.plan().runs()), "at the terminal event");
  }

  /** The event at which the calm run's terminal event was: the dialect's last, or the first. */
  static Predicate<Arrival> at(Sign sign) {
    return arrival -> arrival.sign() == sign || arrival.sign() == Sign.TERMINAL;
  }
}
