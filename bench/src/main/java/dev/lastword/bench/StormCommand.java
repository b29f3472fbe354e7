package dev.lastword.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Everybody comes back at once: the gateway is killed with many readers on one stream, and started
/// again.
@Command(
    name = "storm",
    sortOptions = false,
    description =
        "Kills a gateway whose readers, all EventSources, follow one stream, starts it again, and times how they come back.")
final class StormCommand implements Callable<Integer> {
  private static final long EVENT_MS = 1_000;
  private static final int OVER_SECONDS = 120;

  @Mixin LoadOptions options = new LoadOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "this text")
  boolean help;

  @Option(names = "--readers", defaultValue = "10000", description = "readers (${DEFAULT-VALUE})")
  int readers = 10_000;

  @Override
  public Integer call() throws IOException, InterruptedException {
    var dir = Files.createTempDirectory("lastword-bench-");
    try (var source = SmallSource.start(StormCommand::say);
        var children = new Children()) {
      return run(children, source.port(), dir);
    } finally {
      LoadRig.deleteAll(dir);
    }
  }

  private int run(Children children, int sourcePort, Path dir)
      throws IOException, InterruptedException {
    int port = SystemUnderTest.freePort();
    var killed = start(children, sourcePort, port, dir);
    var storm = new Storm(port, "/v1/stream/" + SmallSource.begin(port, "/events", "{}"));
    var threads = new ArrayList<Thread>();
    var following = new ArrayList<StormReader>();
    for (int i = 0; i < readers; i++) {
      var reader = new StormReader(storm, i);
      following.add(reader);
      threads.add(Thread.ofVirtual().start(reader));
    }
    storm.awaitReading(readers, OVER_SECONDS);
    killed.destroyForcibly().waitFor();
    long downNanos = System.nanoTime();
    start(children, sourcePort, port, dir);
    long readyNanos = System.nanoTime();
    storm.ready(readyNanos);
    for (var thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(OVER_SECONDS));
    }
    var back = following.stream().filter(StormReader::isDone).toList();
    report(back, (readyNanos - downNanos) / 1e6);
    for (var reader : following) {
      if (!reader.isDone()) {
        System.err.println("bench: reader " + reader.number() + ": " + reader.complaint());
        break;
      }
    }
    return back.size() == readers ? 0 : 1;
  }

  private void report(List<StormReader> back, double startMs) throws IOException {
    var tries = back.stream().mapToInt(StormReader::connections).sum();
    var waits = back.stream().mapToDouble(StormReader::waitedMs).sorted().toArray();
    var whole = back.stream().mapToDouble(StormReader::backMs).sorted().toArray();
    Report.titled("Resume storm")
        .paragraph(
            String.format(
                Locale.ROOT,
                "%,d EventSources follow one stream when its gateway is killed; it is ready again after %.0f ms. Each comes back with its"
                    + " last id after the 1–3 s that `retry` told it, is told how the stream has ended, comes again and gets 204."
                    + " Milliseconds; %.1f connections a reader after the kill, those refused while it was down included.",
                readers,
                startMs,
                (double) tries / Math.max(1, back.size())))
        .row("", "p50", "p99", "max")
        .row(
            "from its request to its next event",
            RequestTurns.at(waits, 0.5),
            RequestTurns.at(waits, 0.99),
            RequestTurns.at(waits, 1))
        .row(
            "from `readyz` to its next event",
            RequestTurns.at(whole, 0.5),
            RequestTurns.at(whole, 0.99),
            RequestTurns.at(whole, 1))
        .paragraph(
            String.format(
                Locale.ROOT,
                "%,d of %,d have it all, without a gap or a repeat.",
                back.size(),
                readers))
        .publish(options);
  }

  private Process start(Children children, int sourcePort, int port, Path dir)
      throws IOException, InterruptedException {
    var log = dir.resolve("log");
    var builder =
        SystemUnderTest.logged(
            SystemUnderTest.gatewayCommand(
                options.gatewayCommand(SystemUnderTest.LASTWORD),
                sourcePort,
                port,
                dir.resolve("data")),
            log);
    builder.environment().put("LASTWORD_LIMITS_CONNECTIONS_MAX", Integer.toString(2 * readers));
    var process = children.start(builder);
    SystemUnderTest.awaitReady(process, port, log);
    return process;
  }

  /// Says an event every second, for ever.
  private static void say(String target, SmallSource.Body body)
      throws IOException, InterruptedException {
    for (int i = 0; ; i++) {
      body.say("data: event " + i + "\n\n");
      Thread.sleep(EVENT_MS);
    }
  }

  /// What all readers of a run share.
  static final class Storm {
    private final int port;
    private final String path;
    private final AtomicInteger reading = new AtomicInteger();
    private volatile long readyNanos = Long.MAX_VALUE;

    Storm(int port, String path) {
      this.port = port;
      this.path = path;
    }

    int port() {
      return port;
    }

    String path() {
      return path;
    }

    /// A reader has got its first event.
    void reads() {
      reading.incrementAndGet();
    }

    void ready(long nanos) {
      readyNanos = nanos;
    }

    /// When the gateway was ready again; `Long.MAX_VALUE` while it is not.
    long readyNanos() {
      return readyNanos;
    }

    void awaitReading(int readers, int seconds) throws InterruptedException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
      while (reading.get() < readers) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException(
              "only " + reading.get() + " of " + readers + " readers have got an event");
        }
        Thread.sleep(20);
      }
    }
  }
}
