package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.MissingValueException;
import java.io.IOException;
import java.util.List;

/** LW020: an answer that falls silent in its middle, as during a tool call, arrives whole. */
final class LongSilence extends NamedScenario {
  /** A silence that a proxy, a server or an emitter may end. */
  private static final long LONG_NANOS = 20_000_000_000L;

  LongSilence() {
    super(
        "LW020",
        Severity.HIGH,
        "a long silent tool call survives",
        "Send a comment every 15 s while a tool works, and raise idle timeouts on the way:"
            + " SseEmitter's, the server's, each proxy's.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    var silent = bench.plan().means().silent();
    if (silent.isEmpty()) {
      return ofCalmRun(bench);
    }
    try {
      var trial = bench.trial(silent.get());
      return verdict(bench, trial.read(Conduct.CALM));
    } catch (IOException | MissingValueException e) {
      return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
    }
  }

  private static Verdict ofCalmRun(Bench bench) {
    var reading = bench.baseline().reading();
    return silence(reading) >= LONG_NANOS
        ? verdict(bench, reading)
        : Verdict.notApplicable(
            "the calm run was never silent for more than "
                + Timeline.time(silence(reading))
                + ": add --silent-data, a request whose answer waits for a slow tool");
  }

  private static Verdict verdict(Bench bench, Reading reading) {
    if (!reading.head().isSuccess()) {
      return Verdict.inconclusive(0, "answered HTTP " + reading.head().status());
    }
    var silence = Timeline.time(silence(reading));
    return (arrived(bench, reading)
            ? Verdict.pass(1, "silent for " + silence + " without an event, and then whole")
            : Verdict.fail(
                1,
                1,
                "after "
                    + Timeline.time(reading.endNanos())
                    + " the response broke off without its end; the longest wait for an event had"
                    + " been "
                    + silence))
        .with(Timeline.of(reading, List.of()));
  }

  private static boolean arrived(Bench bench, Reading reading) {
    boolean ended =
        reading.ending().isPresent()
            || (bench.baseline().endOfBodyCompletes()
                && bench.baseline().reading().ending().isEmpty());
    return ended && reading.end() == Reading.End.CLEAN && reading.error().isEmpty();
  }

  /** The longest time without an event, the one before the end included. */
  private static long silence(Reading reading) {
    long longest = 0;
    long before = 0;
    for (var arrival : reading.arrivals()) {
      longest = Math.max(longest, arrival.atNanos() - before);
      before = arrival.atNanos();
    }
    return Math.max(longest, reading.endNanos() - before);
  }
}
