package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.template.MissingValueException;
import java.io.IOException;

/** LW017: an EventSource comes back after the end, because it always does. */
final class ReconnectAfterEnd extends NamedScenario {
  ReconnectAfterEnd() {
    super(
        "LW017",
        Severity.MEDIUM,
        "come back after the end",
        "Answer 204 to a Last-Event-ID that is the last one: only that stops an EventSource.");
  }

  @Override
  public Verdict judge(Bench bench) {
    var resuming = new Resuming(bench);
    var missing = resuming.missing();
    if (missing.isPresent()) {
      return Verdict.notApplicable(missing.get());
    }
    if (!resuming.sendsIds()) {
      return Verdict.notApplicable("the stream has no ids, so nobody can say where it ended");
    }
    try {
      return run(bench, resuming);
    } catch (IOException | MissingValueException | IllegalArgumentException e) {
      return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
    }
  }

  private static Verdict run(Bench bench, Resuming resuming) throws IOException {
    var trial = bench.trial();
    var calm = trial.read(Conduct.CALM);
    var lastEventId = calm.lastEventId();
    if (lastEventId.isEmpty()) {
      return Verdict.inconclusive(0, "this run sent no ids");
    }
    var again = resuming.back(trial, lastEventId).read(Conduct.CALM);
    int status = again.head().status();
    if (status == 204) {
      return Verdict.pass(1, "answered 204, which stops an EventSource");
    }
    if (!again.head().isSuccess()) {
      return Verdict.pass(
          1, "answered HTTP " + status + ", which stops an EventSource with an error");
    }
    return again.arrivals().isEmpty()
        ? Verdict.pass(
            1, "answered 200 without events; an EventSource that is not closed comes back for ever")
        : Verdict.fail(
            1,
            1,
            "after the end %d events come again, and so at each reconnect"
                .formatted(again.arrivals().size()));
  }
}
