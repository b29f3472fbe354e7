package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Body;
import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.probe.Wire;
import dev.lastword.checker.template.MissingValueException;
import java.io.IOException;
import java.net.SocketTimeoutException;
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

  /** How long it is watched after that, at most. */
  private static final Duration GOING_ON = Duration.ofSeconds(5);

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
      return second.map(both -> passed(bench, both)).orElseGet(() -> held(bench));
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

  /**
   * What became of two readers.
   *
   * @param other all that the one read who did not stall
   * @param stalled in words, of the one who did
   */
  private record Both(Reading other, String stalled) {}

  /** A reader beside a stalled one; empty if it had to wait until that one left. */
  private static Optional<Both> beside(Bench bench) throws IOException, InterruptedException {
    var stalled = bench.trial().prepare();
    var other = bench.trial();
    long limitMs = limit(bench).toMillis();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        var wire = bench.reader().openNarrow(stalled.request())) {
      wire.send(stalled.request());
      var body = wire.body(wire.head(), stalled.request().method());
      Thread.sleep(FILLING);
      var reading = threads.submit(() -> other.readBeside(Conduct.CALM));
      try {
        var read = reading.get(limitMs, TimeUnit.MILLISECONDS);
        return Optional.of(new Both(read, goesOn(wire, body)));
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

  /** Lets the stalled reader read on: whether the server had noticed, and let it go. */
  private static String goesOn(Wire wire, Body body) {
    var buffer = new byte[64 * 1024];
    long until = System.nanoTime() + GOING_ON.toNanos();
    try {
      for (long left = GOING_ON.toNanos(); left > 0; left = until - System.nanoTime()) {
        wire.patience(Duration.ofNanos(left).plusMillis(1));
        if (body.read(buffer) < 0) {
          return "that one read on and had the rest";
        }
      }
    } catch (SocketTimeoutException e) {
      // Told with those for whom the time is not enough.
    } catch (IOException e) {
      return "the server had let go of that one";
    }
    return "that one read on and had no end within " + Timeline.time(GOING_ON.toNanos());
  }

  private static Verdict passed(Bench bench, Both both) {
    var reading = both.other();
    long bytes = bench.baseline().reading().pieces().stream().mapToLong(each -> each.bytes()).sum();
    var detail =
        "beside a reader who does not read, another one had its answer in "
            + Timeline.time(reading.endNanos())
            + "; "
            + both.stalled();
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
