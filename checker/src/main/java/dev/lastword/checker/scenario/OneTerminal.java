package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Reading;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.dialect.Sign;
import java.util.List;

/** LW008: the terminal event comes, once, and nothing follows it. Judged by the calm run. */
final class OneTerminal extends NamedScenario {
  OneTerminal() {
    super(
        "LW008",
        Severity.MEDIUM,
        "one terminal event, and it is the last",
        "Write the terminal event once, last, on every path that ends well.");
  }

  @Override
  public Verdict judge(Bench bench) {
    var reading = bench.baseline().reading();
    return verdict(bench, reading).with(Timeline.of(reading, List.of()));
  }

  private static Verdict verdict(Bench bench, Reading reading) {
    var baseline = bench.baseline();
    if (reading.error().isPresent()) {
      long after =
          reading.arrivals().stream()
              .skip(reading.error().get().index() + 1L)
              .filter(each -> each.sign() != Sign.TERMINAL) // [DONE] behind an error says no more
              .count();
      return after == 0
          ? Verdict.pass(1, "an error event ends the stream, and nothing comes after it")
          : Verdict.fail(1, 1, after + " events follow the error event that ends the stream");
    }
    if (reading.terminal().isEmpty()) {
      return baseline.endOfBodyCompletes() && reading.end() == Reading.End.CLEAN
          ? Verdict.pass(1, "the stream names no terminal event; its end is the body's end")
          : Verdict.fail(
              1, 1, "the terminal event of " + baseline.dialect().name() + " never came");
    }
    var terminal = reading.terminal().get();
    if (baseline.lastMissing()) {
      return Verdict.fail(1, 1, "the ending event came, but not the terminal event after it");
    }
    var after = reading.arrivals().subList(terminal.index() + 1, reading.arrivals().size());
    long repeated = after.stream().filter(each -> each.event().equals(terminal.event())).count();
    if (repeated > 0) {
      return Verdict.fail(1, 1, "the terminal event came " + (repeated + 1) + " times");
    }
    long others = after.stream().filter(each -> !saysTheSame(bench, each)).count();
    return others > 0
        ? Verdict.fail(
            1, 1, others + " events follow the terminal event; who leaves at it misses them")
        : Verdict.pass(1, "one terminal event, and nothing after it");
  }

  /** Whether an event is a terminal event too, such as a closing event behind {@code [DONE]}. */
  private static boolean saysTheSame(Bench bench, Arrival arrival) {
    var sign =
        bench.plan().answers().dialect().detector(RequestFacts.NONE).observe(arrival.event());
    return sign == Sign.ENDING || sign == Sign.TERMINAL;
  }
}
