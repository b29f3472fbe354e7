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
    int events = bench.baseline().reading().contentEvents();
    if (events < EVENTS_MIN) {
      return Verdict.notApplicable(
          "the answer has only " + events + " events; ask for a longer one");
    }
    return verdict(bench, results(bench, events));
  }

  private List<Departures.Result> results(Bench bench, int events) throws InterruptedException {
    var results = new ArrayList<Departures.Result>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var running = new ArrayList<Future<Departures.Result>>();
      for (int percent : PERCENT) {
        int last = Math.clamp((long) events * percent / 100 - 1, 0, events - 2);
        var departures =
            new Departures(
                bench, bench.verifier().orElseThrow().ofPart(), each -> each.index() == last);
        int runs = Math.max(1, bench.plan().runs() / 2);
        running.add(threads.submit(() -> departures.run(runs)));
      }
      for (var each : running) {
        results.add(each.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw new IllegalStateException("departures half-way failed", e.getCause());
    }
  }

  private static Verdict verdict(Bench bench, List<Departures.Result> results) {
    var all =
        new Departures.Result(
            results.stream().flatMap(each -> each.judged().stream()).toList(),
            results.stream().flatMap(each -> each.faults().stream()).toList());
    var verdict = Losses.verdict(all, "half-way");
    if (verdict.state() == Verdict.State.FAIL) {
      return verdict.saying(verdict.detail() + " (lost " + where(results) + ")");
    }
    if (verdict.state() != Verdict.State.PASS) {
      return verdict;
    }
    var mark = bench.plan().means().complete();
    if (mark.isEmpty()) {
      return verdict.saying(
          verdict.detail()
              + "; whether a part is marked complete is not judged: add --expect-complete");
    }
    var wrong =
        all.judged().stream()
            .filter(each -> Partial.calledComplete(bench.baseline(), each, mark.get()))
            .toList();
    return wrong.isEmpty()
        ? verdict
        : Verdict.fail(all.runs(), wrong.size(), called(wrong, all.runs()))
            .with(Losses.timeline(wrong.getFirst()));
  }

  private static String called(List<Departure> wrong, int runs) {
    return "kept, but marked complete %d of %d times although it is only the part that was read: '%s'"
        .formatted(wrong.size(), runs, wrong.getFirst().later().saw());
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
