package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.scenario.Baseline.Terminal;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.verify.Look;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * LW024: an answer is saved once, whether its reader stays, leaves at the end, or half-way. A
 * handler of the end and one of the departure may both save it.
 */
final class SavedOnce extends NamedScenario {
  /** A second save comes with the first one, or with the end of what goes on without its reader. */
  private static final Duration SETTLE_MAX = Duration.ofSeconds(1);

  SavedOnce() {
    super(
        "LW024",
        Severity.MEDIUM,
        "the answer is saved once",
        "Save under the answer's own id, and let a second save of it replace the first: an upsert,"
            + " or one place in the code that saves.");
  }

  /**
   * What one reader left behind.
   *
   * @param count how often the answer is there
   */
  private record Found(String how, int count, Look look) {}

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    if (bench.verifier().isEmpty()) {
      return Verdict.notApplicable(LeaveAtTerminal.NEEDS_VERIFY);
    }
    var baseline = bench.baseline();
    if (!bench.verifier().get().verification().expectation().namesAnswer()) {
      return Verdict.notApplicable("what is expected does not hold {{answer}}");
    }
    if (baseline.noWhole().isPresent()) {
      return Verdict.inconclusive(0, baseline.noWhole().get());
    }
    if (!Occurrences.canCount(baseline.expected(baseline.answer()))) {
      return Verdict.notApplicable("the answer is too short to be told from other text");
    }
    var found = new ArrayList<Found>();
    try {
      add(found, "whose reader stayed", stayed(bench));
      if (baseline.terminal() instanceof Terminal.Came(var arrival)) {
        add(
            found,
            "whose reader left at the terminal event",
            left(bench, Moment.at(LeaveAtTerminal.at(arrival.sign())), true));
      }
      int half = baseline.textEvents().size() / 2;
      if (half > 0) {
        add(
            found,
            "whose reader left half-way",
            left(bench, Moment.atText(bench.answers(), half), false));
      }
    } catch (IOException | MissingValueException e) {
      return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
    }
    return verdict(found);
  }

  private static void add(List<Found> found, String how, List<Found> more) {
    more.forEach(each -> found.add(new Found(how, each.count(), each.look())));
  }

  private static List<Found> stayed(Bench bench) throws IOException, InterruptedException {
    var trial = bench.trial();
    var reading = trial.read(Conduct.CALM);
    long end = reading.startedNanos() + reading.endNanos();
    return counted(bench, trial, end, Duration.ZERO, true);
  }

  private static List<Found> left(Bench bench, Moment moment, boolean whole)
      throws IOException, InterruptedException {
    var trial = bench.trial();
    var reading = trial.read(moment.conduct(Conduct.Move.CLOSE));
    long end = reading.startedNanos() + reading.endNanos();
    return counted(bench, trial, end, bench.rest(reading), whole);
  }

  /**
   * Counts once what goes on is over; nothing where the answer is not there at all.
   *
   * @param whole whether all of the answer was read: what comes behind a part may be the same again
   */
  private static List<Found> counted(
      Bench bench, Trial trial, long since, Duration rest, boolean whole)
      throws InterruptedException {
    var text = bench.baseline().expected(trial.answer());
    boolean distinguished = bench.distinguishes(trial.values(), text, trial.answer());
    if (!Occurrences.canCount(text) || trial.asks(text) || !distinguished) {
      return List.of();
    }
    var verifier = bench.verifier().orElseThrow().ofPart();
    var patience = bench.plan().patience();
    verifier.watch(trial.values(), text, since, rest.plus(patience));
    Thread.sleep(rest.plus(patience.compareTo(SETTLE_MAX) < 0 ? patience : SETTLE_MAX));
    var look = verifier.look(trial.values(), text);
    int count = Occurrences.of(look.shown(), text);
    if (whole && count > 0) {
      count = Math.max(count, Occurrences.inOneText(look.shown(), text));
    }
    return count == 0 ? List.of() : List.of(new Found("", count, look));
  }

  private static Verdict verdict(List<Found> found) {
    if (found.isEmpty()) {
      return Verdict.inconclusive(0, "no answer was found that could be counted");
    }
    var twice = found.stream().filter(each -> each.count() > 1).toList();
    return twice.isEmpty()
        ? Verdict.pass(found.size(), "each answer is there once")
        : Verdict.fail(
            found.size(),
            twice.size(),
            "the answer %s is there %d times: '%s'"
                .formatted(
                    twice.getFirst().how(),
                    twice.getFirst().count(),
                    twice.getFirst().look().saw()));
  }
}
