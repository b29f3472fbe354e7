package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Reading;
import java.util.List;

/** LW012: how long nothing at all is sent. Judged by the calm run. */
final class Silence extends NamedScenario {
  private static final String UNSEEN =
      "; comments keep the connection open, but a watchdog in JavaScript would take it for dead:"
          + " send an event such as 'event: ping' if pages have one";

  Silence() {
    super(
        "LW012",
        Severity.MEDIUM,
        "heartbeats over silences",
        "Send a comment line (': hb') every 15 s while there is nothing else to send.");
  }

  @Override
  public Verdict judge(Bench bench) {
    var reading = bench.baseline().reading();
    var most = bench.plan().means().silenceMax();
    long bytes = longestGap(reading.pieces().stream().mapToLong(Reading.Piece::atNanos).toArray());
    long events = longestGap(reading.arrivals().stream().mapToLong(a -> a.atNanos()).toArray());
    var detail =
        "longest silence %s; longest without an event, which is what JavaScript sees, %s"
            .formatted(Timeline.time(bytes), Timeline.time(events));
    var verdict =
        bytes > most.toNanos()
            ? Verdict.fail(
                1, 1, detail + "; at most %s is right".formatted(Timeline.time(most.toNanos())))
            : Verdict.pass(1, events > most.toNanos() ? detail + UNSEEN : detail);
    return verdict.with(Timeline.of(reading, List.of()));
  }

  private static long longestGap(long[] times) {
    long longest = 0;
    long before = 0;
    for (long time : times) {
      longest = Math.max(longest, time - before);
      before = time;
    }
    return longest;
  }
}
