package dev.lastword.bench;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// One stream, many readers.
@Command(
    name = "fanout",
    description =
        "One stream and many readers of it. nginx cannot share a stream, nor can the source itself: there each reader"
            + " has a stream of its own with the same events at the same moments.")
final class FanoutCommand extends LoadCommand {
  @Option(names = "--readers", defaultValue = "10000", description = "readers (${DEFAULT-VALUE})")
  int readers = 10_000;

  @Option(
      names = "--rate",
      defaultValue = "20",
      description = "events per second of the stream (${DEFAULT-VALUE})")
  double rate = 20;

  @Override
  List<String> defaultSystems() {
    return List.of(SystemUnderTest.DIRECT, SystemUnderTest.LASTWORD);
  }

  @Override
  int run(LoadRig rig, List<String> systems) throws IOException, InterruptedException {
    var shape = new StreamShape(0, rate, options.bytes, 0, true, true);
    var measured =
        alternate(
            rig, systems, new Round(readers, shape, true, options.settleSeconds, options.seconds));
    var report =
        Report.titled("Fan-out")
            .paragraph(
                String.format(
                    Locale.ROOT,
                    "%d readers × %.0f events/s = %,.0f deliveries/s asked, %d bytes an event. Median of %d rounds of %d s, lowest–highest"
                        + " in parentheses. Delay counts from the moment when the event was due at the source, for one reader in %d.",
                    readers,
                    rate,
                    readers * rate,
                    options.bytes,
                    options.rounds,
                    options.seconds,
                    options.timedReaders));
    report.row(
        "system",
        "delivered",
        "CPU µs/delivery",
        "p50 ms",
        "p99 ms",
        "max ms",
        "bytes/read",
        "RSS MiB",
        "wrong",
        "other load, cores");
    measured.forEach((system, rounds) -> report.row(row(rounds)));
    report.publish(options);
    return exitCode(measured);
  }

  private static String[] row(List<Measurement> rounds) {
    boolean direct = rounds.getFirst().system().equals(SystemUnderTest.DIRECT);
    return new String[] {
      rounds.getFirst().system(),
      Spread.of(rounds, Measurement::deliveredPercent).text(1) + " %",
      direct ? "–" : Spread.of(rounds, Measurement::cpuMicrosPerEvent).text(1),
      Spread.of(rounds, m -> m.millis("p50_us")).text(1),
      Spread.of(rounds, m -> m.millis("p99_us")).text(1),
      Spread.of(rounds, m -> m.millis("max_us")).text(1),
      String.format(Locale.ROOT, "%.0f", Spread.of(rounds, FanoutCommand::bytesPerRead).median()),
      direct ? "–" : Spread.of(rounds, m -> m.rssBytes() / 1048576.0).text(0),
      Long.toString(rounds.stream().mapToLong(Measurement::wrong).sum()),
      Spread.of(rounds, Measurement::otherCores).text(2)
    };
  }

  private static double bytesPerRead(Measurement m) {
    return (double) m.window().number("bytes") / m.window().number("reads");
  }
}
