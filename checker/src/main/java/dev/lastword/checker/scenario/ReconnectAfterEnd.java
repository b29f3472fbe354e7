package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
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
  public Verdict judge(Bench bench) throws InterruptedException {
    var resuming = new Resuming(bench);
    var missing = resuming.missing();
    if (missing.isPresent()) {
      return Verdict.notApplicable(missing.get());
    }
    try {
      return run(bench, resuming);
    } catch (IOException | MissingValueException | IllegalArgumentException e) {
      return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
    }
  }

  /** Whether readers come back by themselves: they do where the stream is one that a GET begins. */
  private static boolean readByEventSource(Bench bench) {
    return bench.plan().request().method().equals("GET");
  }

  private static int lastWithId(Reading reading) {
    return reading.arrivals().stream()
        .filter(each -> each.event().hasId())
        .mapToInt(Arrival::index)
        .max()
        .orElse(-1);
  }

  private static Verdict run(Bench bench, Resuming resuming)
      throws IOException, InterruptedException {
    var trial = bench.trial();
    var calm = trial.read(Conduct.CALM);
    if (calm.lastEventId().isEmpty()) {
      calm = resuming.back(trial, "").read(Conduct.CALM); // ids on the stream's own address alone
    }
    var lastEventId = calm.lastEventId();
    if (lastEventId.isEmpty()) {
      return Verdict.notApplicable("the stream has no ids, so nobody can say where it ended");
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
    int lastWithId = lastWithId(calm);
    var behind =
        Resuming.told(calm.arrivals()).stream().filter(each -> each.index() > lastWithId).toList();
    if (!behind.isEmpty() && Resuming.same(behind, again.arrivals())) {
      return Verdict.pass(
          1,
          "the terminal event has no id, so it comes again; who closes there stops, and an"
              + " EventSource that does not would come back for ever: give it an id, and answer 204"
              + " after it");
    }
    int told = Resuming.told(again.arrivals()).size();
    if (told == 0 && !readByEventSource(bench)) {
      return Verdict.pass(
          1,
          "answered HTTP %d without events, which ends a reader that fetches; an EventSource would come back for ever: answer 204"
              .formatted(status));
    }
    return Verdict.fail(
        1,
        1,
        told == 0
            ? "answered HTTP %d without events: an EventSource comes back for ever"
                .formatted(status)
            : "after the end %d events come again, and so at each reconnect".formatted(told));
  }
}
