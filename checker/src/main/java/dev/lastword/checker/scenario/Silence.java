package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Reading;
import java.util.List;

/** LW012: how long nothing at all is sent. Judged by the calm run. */
final class Silence extends NamedScenario {
  private static final long SILENCE_NANOS_MAX = 25_000_000_000L;

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
    long bytes = longestGap(reading.pieces().stream().mapToLong(Reading.Piece::atNanos).toArray());
    long events = longestGap(reading.arrivals().stream().mapToLong(a -> a.atNanos()).toArray());
    var detail =
        "longest silence %s; longest without an event, which is what JavaScript sees, %s"
            .formatted(Timeline.time(bytes), Timeline.time(events));
    var verdict =
        bytes > SILENCE_NANOS_MAX
            ? Verdict.fail(1, 1, detail + "; proxies close after 30 or 60 s")
            : Verdict.pass(1, detail);
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
