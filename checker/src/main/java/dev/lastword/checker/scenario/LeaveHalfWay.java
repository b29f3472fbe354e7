package dev.lastword.checker.scenario;

import java.util.ArrayList;
import java.util.List;

/** LW004: the reader leaves half-way; what was read by then, at least, has to be saved. */
final class LeaveHalfWay extends NamedScenario {
  private static final List<Integer> PERCENT = List.of(10, 50, 90);

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
    if (!bench.verifier().get().verification().expectation().namesAnswer()) {
      return Verdict.notApplicable(
          "what is expected does not hold {{answer}}, so a part of it cannot be looked for");
    }
    int events = bench.baseline().reading().contentEvents();
    if (events < 4) {
      return Verdict.notApplicable(
          "the answer has only " + events + " events; ask for a longer one");
    }
    int runs = Math.max(1, bench.plan().runs() / 2);
    var results = new ArrayList<Departures.Result>();
    for (int percent : PERCENT) {
      int last = Math.clamp((long) events * percent / 100 - 1, 0, events - 2);
      bench.progress(code() + " leaving after event " + (last + 1) + " of " + events);
      results.add(
          new Departures(bench, bench.verifier().get().ofPart(), arrival -> arrival.index() == last)
              .run(runs));
    }
    return verdict(results);
  }

  private static Verdict verdict(List<Departures.Result> results) {
    var all =
        new Departures.Result(
            results.stream().flatMap(each -> each.judged().stream()).toList(),
            results.stream().flatMap(each -> each.faults().stream()).toList());
    var parts = new ArrayList<String>();
    for (int i = 0; i < PERCENT.size(); i++) {
      var result = results.get(i);
      parts.add("%d of %d at %d %%".formatted(result.lost().size(), result.runs(), PERCENT.get(i)));
    }
    var verdict = Losses.verdict(all, "half-way");
    return verdict.state() == Verdict.State.FAIL
        ? verdict.saying(verdict.detail() + " (lost " + String.join(", ", parts) + ")")
        : verdict;
  }
}
