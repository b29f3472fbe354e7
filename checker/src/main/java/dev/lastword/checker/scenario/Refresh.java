package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.MissingValueException;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** LW005: a reader who left half-way comes back, with a last event ID and without one. */
final class Refresh extends NamedScenario {
  /** What is seen twice is no chance. */
  private static final int RUNS_MAX = 2;

  Refresh() {
    super(
        "LW005",
        Severity.HIGH,
        "come back: no gap, no duplicate",
        "Keep the events, give each an id, and go on after Last-Event-ID; without one, replay from"
            + " the first event.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    var resuming = new Resuming(bench);
    var missing = resuming.missing();
    if (missing.isPresent()) {
      return Verdict.notApplicable(missing.get());
    }
    int half = bench.baseline().textEvent(0.5);
    int failed = 0;
    int judged = 0;
    boolean joined = false;
    var detail = "";
    for (int i = 0; i < Math.min(RUNS_MAX, bench.plan().runs()); i++) {
      try {
        var back = run(bench, resuming, half);
        judged++;
        joined |= back.behindAnId();
        failed += back.fault().isEmpty() ? 0 : 1;
        detail = back.fault().isEmpty() ? detail : back.fault();
      } catch (IOException | MissingValueException | IllegalArgumentException e) {
        detail = String.valueOf(e.getMessage());
      }
    }
    if (judged == 0) {
      return Verdict.inconclusive(0, detail);
    }
    return failed > 0
        ? Verdict.fail(judged, failed, detail)
        : Verdict.pass(
            judged,
            joined
                ? "what was read before and after joins without gap or duplicate"
                : "what was read is shown again from the first event; there are no ids to come back"
                    + " behind");
  }

  /**
   * What came of coming back.
   *
   * @param behindAnId whether that was tried behind a last event ID too
   * @param fault what was wrong, {@code ""} if nothing
   */
  private record Back(boolean behindAnId, String fault) {}

  private static Back run(Bench bench, Resuming resuming, int half)
      throws IOException, InterruptedException {
    var trial = bench.trial();
    var before =
        trial.read(arrival -> arrival.index() == half ? Conduct.Move.CLOSE : Conduct.Move.READ_ON);
    if (before.end() != Reading.End.LEFT) {
      throw new IOException("the response was over before its middle");
    }
    var whole = resuming.back(trial, "").read(Conduct.CALM);
    if (!whole.head().isSuccess() || !(whole.head().isEventStream() || whole.lines())) {
      return new Back(false, "coming back is answered HTTP " + whole.head().status());
    }
    if (!Resuming.startsWith(whole.arrivals(), before.arrivals())) {
      return new Back(
          false,
          "a reader who comes back without a last event ID does not see again what was shown");
    }
    var seen = before;
    if (before.lastEventId().isEmpty()) { // ids on the stream's own address alone
      seen =
          resuming
              .back(trial, "")
              .read(each -> each.index() == half ? Conduct.Move.CLOSE : Conduct.Move.READ_ON);
    }
    if (seen.lastEventId().isEmpty()) {
      return new Back(false, "");
    }
    var rest = resuming.back(trial, seen.lastEventId()).read(Conduct.CALM);
    var joined = Stream.concat(seen.arrivals().stream(), rest.arrivals().stream()).toList();
    return new Back(
        true,
        Resuming.same(joined, whole.arrivals())
            ? ""
            : difference(Resuming.told(joined), Resuming.told(whole.arrivals())));
  }

  private static String difference(List<Arrival> joined, List<Arrival> whole) {
    if (joined.size() > whole.size()) {
      return "after Last-Event-ID %d events come twice".formatted(joined.size() - whole.size());
    }
    return joined.size() < whole.size()
        ? "after Last-Event-ID %d events are missing".formatted(whole.size() - joined.size())
        : "after Last-Event-ID other events come than in a replay";
  }
}
