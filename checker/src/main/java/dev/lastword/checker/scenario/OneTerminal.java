package dev.lastword.checker.scenario;

import dev.lastword.checker.form.DialectChoice;
import dev.lastword.checker.form.Endings;
import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Reading;
import dev.lastword.dialect.PlainDialect;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.dialect.Sign;
import java.util.List;
import java.util.Optional;

/** LW008: the terminal event comes, once, and nothing follows it. Judged by the calm run. */
final class OneTerminal extends NamedScenario {
  /** Gemini's first versions said their reason in each chunk, and its SDKs read on to the end. */
  private static final String REPEATS_ITS_ENDING = "gemini";

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
    var early = tooEarly(baseline).or(() -> alsoAhead(baseline));
    if (early.isPresent()) {
      return Verdict.fail(1, 1, early.get());
    }
    var after = reading.arrivals().subList(terminal.index() + 1, reading.arrivals().size());
    long repeated = after.stream().filter(each -> same(each, terminal)).count();
    if (repeated > 0) {
      return Verdict.fail(1, 1, "the terminal event came " + (repeated + 1) + " times");
    }
    long others = after.stream().filter(each -> !saysTheSame(bench, each)).count();
    return others > 0
        ? Verdict.fail(
            1, 1, others + " events follow the terminal event; who leaves at it misses them")
        : Verdict.pass(1, "one terminal event, and nothing after it");
  }

  /** Ids may differ: who reads them sees the same event. */
  private static boolean same(Arrival left, Arrival right) {
    return left.event().type().equals(right.event().type())
        && left.event().data().equals(right.event().data());
  }

  /** What a reader misses who leaves at the first event that sounds final. */
  private static Optional<String> tooEarly(Baseline baseline) {
    var ending = baseline.reading().ending().orElseThrow();
    var behind = baseline.textEvents().stream().filter(each -> each > ending.index()).toList();
    return behind.isEmpty() || baseline.dialect().name().equals(REPEATS_ITS_ENDING)
        ? Optional.empty()
        : Optional.of(
            "%d of %d events with text follow the first event that sounds final; who leaves there misses them"
                .formatted(behind.size(), baseline.textEvents().size()));
  }

  /**
   * What a reader misses who leaves at an event that says the end by its name, where the same one
   * stands ahead of the text too: which of the two is the end nobody can tell who reads it.
   */
  private static Optional<String> alsoAhead(Baseline baseline) {
    var arrivals = baseline.reading().arrivals();
    var text = baseline.textEvents();
    if (text.isEmpty() || !isLearnt(baseline.answers().choice())) {
      return Optional.empty(); // a vendor's dialect, and who named the end, knows what is none
    }
    var ends =
        arrivals.stream()
            .skip(text.getLast() + 1L)
            .filter(each -> Endings.soundsFinal(each.event()))
            .toList();
    return arrivals.stream()
        .limit(text.getLast())
        .filter(each -> !text.contains(each.index()))
        .filter(each -> ends.stream().anyMatch(end -> same(end, each)))
        .findFirst()
        .map(
            each ->
                "%d of %d events with text follow an event that says the end, and that comes once more behind them; who leaves there misses them"
                    .formatted(text.stream().filter(i -> i > each.index()).count(), text.size()));
  }

  private static boolean isLearnt(DialectChoice choice) {
    return choice.reason() == DialectChoice.Reason.NONE && choice.dialect() instanceof PlainDialect;
  }

  /** Whether an event is a terminal event too, such as a closing event behind {@code [DONE]}. */
  private static boolean saysTheSame(Bench bench, Arrival arrival) {
    if (bench.answers().endings().include(arrival.event())) {
      return true;
    }
    var sign =
        bench.plan().answers().dialect().detector(RequestFacts.NONE).observe(arrival.event());
    return sign == Sign.ENDING || sign == Sign.TERMINAL;
  }
}
