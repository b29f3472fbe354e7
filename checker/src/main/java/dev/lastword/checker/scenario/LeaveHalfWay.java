package dev.lastword.checker.scenario;

import dev.lastword.checker.scenario.Departures.Departure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * LW004: the reader leaves half-way; what was read by then, at least, has to be saved, and is not
 * marked complete if it is only a part.
 */
final class LeaveHalfWay extends NamedScenario {
  private static final List<Integer> PERCENT = List.of(10, 50, 90);
  private static final int EVENTS_MIN = 4;

  /** An answer of so few events is a short one. */
  private static final int SHORT = 20;

  /** At each share, where results differ: about twenty in all. */
  private static final int MORE_RUNS = (Departures.MOST_RUNS - 6) / PERCENT.size() + 1;

  LeaveHalfWay() {
    super(
        "LW004",
        Severity.MEDIUM,
        "leave half-way (10, 50, 90 %)",
        "Let the generation go on without its reader, or save its partial when the reader leaves.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    if (bench.verifier().isEmpty()) {
      return Verdict.notApplicable(LeaveAtTerminal.NEEDS_VERIFY);
    }
    if (bench.baseline().noWhole().isPresent()) {
      return Verdict.inconclusive(0, bench.baseline().noWhole().get());
    }
    if (!bench.verifier().get().verification().expectation().namesAnswer()) {
      return Verdict.notApplicable(
          "what is expected does not hold {{answer}}, so a part of it cannot be looked for");
    }
    int events = bench.baseline().textEvents().size();
    if (events < EVENTS_MIN) {
      return Verdict.notApplicable(
          "the answer has only " + events + " events with text; ask for a longer one");
    }
    var results = results(bench, events, runs(bench, events));
    if (differ(bench, results)) {
      results = joined(results, results(bench, events, MORE_RUNS));
    }
    return verdict(bench, results);
  }

  /** At each share: short answers are read soon, and tell less of where they were left. */
  private static int runs(Bench bench, int events) {
    return Math.max(events < SHORT ? 3 : 1, bench.plan().runs() / 2);
  }

  /** Whether some of them show a fault, and some do not. */
  private static boolean differ(Bench bench, List<Departures.Result> results)
      throws InterruptedException {
    var all = results.stream().flatMap(each -> each.judged().stream()).toList();
    long lost = all.stream().filter(Departure::lost).count();
    int flagged = (int) lost + calledComplete(bench, all).size();
    return flagged > 0 && flagged < all.size();
  }

  private static List<Departure> calledComplete(Bench bench, List<Departure> departures)
      throws InterruptedException {
    var called = new ArrayList<Departure>();
    var mark = bench.wholeMark();
    for (var each : mark.isEmpty() ? List.<Departure>of() : departures) {
      if (!each.lost() && Partial.calledComplete(bench, each, mark.get())) {
        called.add(each);
      }
    }
    return called;
  }

  private static List<Departures.Result> joined(
      List<Departures.Result> some, List<Departures.Result> more) {
    var all = new ArrayList<Departures.Result>();
    for (int i = 0; i < some.size(); i++) {
      all.add(some.get(i).and(more.get(i)));
    }
    return all;
  }

  /**
   * Readers who leave at shares of the events that bring text: others are no part of the answer.
   */
  private static List<Departures.Result> results(Bench bench, int events, int runs)
      throws InterruptedException {
    var results = new ArrayList<Departures.Result>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var running = new ArrayList<Future<Departures.Result>>();
      for (int percent : PERCENT) {
        int nth = Math.clamp((long) events * percent / 100, 1, events - 1);
        var departures =
            new Departures(
                bench,
                bench.verifier().orElseThrow().ofPart(),
                Moment.atText(bench.answers(), nth));
        running.add(threads.submit(() -> departures.once(runs)));
      }
      for (var each : running) {
        results.add(each.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw new IllegalStateException("departures half-way failed", e.getCause());
    }
  }

  private Verdict verdict(Bench bench, List<Departures.Result> results)
      throws InterruptedException {
    var all =
        new Departures.Result(
            results.stream().flatMap(each -> each.judged().stream()).toList(),
            results.stream().flatMap(each -> each.unjudged().stream()).toList());
    bench.lost(code(), all.lost());
    var verdict = Losses.verdict(all, "readers who left half-way", "what they had read");
    if (verdict.state() == Verdict.State.FAIL) {
      return verdict.saying(verdict.detail() + " (lost " + where(results) + ")");
    }
    if (all.runs() == 0) {
      return verdict;
    }
    var mark = bench.wholeMark();
    if (mark.isEmpty()) {
      return verdict.saying(
          verdict.detail()
              + "; nothing that is saved tells a part from a whole, so whether a part looks whole is"
              + " not judged: add --expect-complete");
    }
    var wrong = calledComplete(bench, all.judged());
    return wrong.isEmpty()
        ? verdict.saying(verdict.detail() + "; no part is marked " + mark.get().told())
        : Verdict.fail(all.runs(), wrong.size(), called(wrong, all.runs(), mark.get()))
            .with(Losses.timeline(wrong.getFirst()));
  }

  private static String called(List<Departure> wrong, int runs, WholeMark mark) {
    return "kept, but marked complete %d of %d times although it is only the part that was read: '%s'; the mark is %s"
        .formatted(wrong.size(), runs, wrong.getFirst().later().saw(), mark.told());
  }

  private static String where(List<Departures.Result> results) {
    var parts = new ArrayList<String>();
    for (int i = 0; i < PERCENT.size(); i++) {
      var result = results.get(i);
      parts.add("%d of %d at %d %%".formatted(result.lost().size(), result.runs(), PERCENT.get(i)));
    }
    return String.join(", ", parts);
  }
}
