package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.MissingValueException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** LW016: one reader stops reading; nobody else has to wait for it. */
final class StalledReader extends NamedScenario {
  /** What sockets hold by themselves: a smaller answer cannot stall anybody. */
  private static final int BUFFERED_BYTES = 256 * 1024;

  /** How long the stalled reader is given to fill the sockets. */
  private static final Duration FILLING = Duration.ofMillis(200);

  private static final int SLOWER = 10;
  private static final Duration MORE = Duration.ofSeconds(3);

  StalledReader() {
    super(
        "LW016",
        Severity.HIGH,
        "a stalled reader holds nobody up",
        "Hold no lock and no shared queue while writing to one reader; give each a bound, and close"
            + " whoever stays behind.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    try {
      // A busy machine is slow for a while, a lock is held each time.
      var first = bench.stage().alone(() -> beside(bench));
      var second = first.isPresent() ? first : bench.stage().alone(() -> beside(bench));
      return second.map(reading -> passed(bench, reading)).orElseGet(() -> held(bench));
    } catch (IOException | MissingValueException e) {
      return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
    }
  }

  private static Duration limit(Bench bench) {
    return bench.baseline().duration().multipliedBy(SLOWER).plus(MORE);
  }

  private static Verdict held(Bench bench) {
    return Verdict.fail(
            2,
            2,
            "while one reader does not read, another one waits for more than "
                + Timeline.time(limit(bench).toNanos())
                + " for an answer that takes "
                + Timeline.time(bench.baseline().duration().toNanos())
                + ", and has it when that one has gone")
        .with(Timeline.of(bench.baseline().reading(), List.of()));
  }

  /** What another reader read beside a stalled one; empty if it had to wait until that one left. */
  private static Optional<Reading> beside(Bench bench) throws IOException, InterruptedException {
    var stalled = bench.trial();
    var other = bench.trial();
    long limitMs = limit(bench).toMillis();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        var wire = bench.reader().openNarrow(stalled.request())) {
      wire.send(stalled.request());
      wire.head();
      Thread.sleep(FILLING);
      var reading = threads.submit(() -> other.readBeside(Conduct.CALM));
      try {
        return Optional.of(reading.get(limitMs, TimeUnit.MILLISECONDS));
      } catch (TimeoutException e) {
        wire.reset();
        reading.get(limitMs, TimeUnit.MILLISECONDS);
        return Optional.empty();
      }
    } catch (TimeoutException e) {
      throw new IOException("a second reader had no answer even when it was alone", e);
    } catch (ExecutionException e) {
      throw new IOException(String.valueOf(e.getCause()), e);
    }
  }

  private static Verdict passed(Bench bench, Reading reading) {
    long bytes = bench.baseline().reading().pieces().stream().mapToLong(each -> each.bytes()).sum();
    var detail =
        "beside a reader who does not read, another one had its answer in "
            + Timeline.time(reading.endNanos());
    return Verdict.pass(
            1,
            bytes < BUFFERED_BYTES
                ? detail
                    + "; an answer of %d kB fits into sockets' buffers, a larger one would show more"
                        .formatted(Math.max(1, bytes / 1024))
                : detail)
        .with(Timeline.of(reading, List.of()));
  }
}
