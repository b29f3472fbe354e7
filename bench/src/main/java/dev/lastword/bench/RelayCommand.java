package dev.lastword.bench;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Many streams, each relayed to a reader of its own.
@Command(
    name = "relay",
    description =
        "Many streams, each relayed to a reader of its own: CPU per event, added delay, loss; with --max, the highest"
            + " rate that arrives whole.")
final class RelayCommand extends LoadCommand {
  @Option(
      names = "--streams",
      defaultValue = "500",
      description = "streams at a time (${DEFAULT-VALUE})")
  int streams = 500;

  @Option(
      names = "--rate",
      defaultValue = "100",
      description = "events per second of each stream (${DEFAULT-VALUE})")
  double rate = 100;

  @Option(
      names = "--events",
      defaultValue = "1000",
      description =
          "events of a stream, after which its reader asks for the next; 0: endless (${DEFAULT-VALUE})")
  int events = 1000;

  @Option(
      names = "--max",
      description =
          "look for the highest rate that arrives whole, with as many streams as it takes")
  boolean max;

  @Option(
      names = "--rates",
      split = ",",
      defaultValue = "40000,50000,60000,70000,80000,90000,100000,120000,150000",
      description = "events per second that --max asks for, one after the other (${DEFAULT-VALUE})")
  List<Integer> rates = List.of();

  @Override
  List<String> defaultSystems() {
    return List.of(SystemUnderTest.DIRECT, SystemUnderTest.NGINX, SystemUnderTest.LASTWORD);
  }

  @Override
  int run(LoadRig rig, List<String> systems) throws IOException, InterruptedException {
    if (max) {
      return new HighestRate(this, rig).run(systems);
    }
    var measured = alternate(rig, systems, round(streams));
    report(measured).publish(options);
    return exitCode(measured);
  }

  Round round(int readers) {
    var shape = new StreamShape(0, rate, options.bytes, events, false, false);
    return new Round(readers, shape, false, options.settleSeconds, options.seconds);
  }

  private Report report(Map<String, List<Measurement>> measured) throws IOException {
    var report = Report.titled("Relay");
    report.paragraph(
        String.format(
            Locale.ROOT,
            "%d streams × %.0f events/s, %d bytes an event, %d events a stream. Median of %d rounds of %d s,"
                + " lowest–highest in parentheses; ratios and added delays are of the same round. One reader in %d is timed.",
            streams,
            rate,
            options.bytes,
            events,
            options.rounds,
            options.seconds,
            options.timedReaders));
    report.row(
        "system",
        "events/s",
        "CPU µs/event",
        "÷ nginx",
        "p50 ms",
        "p99 ms",
        "added p50 ms",
        "added p99 ms",
        "[DONE] p50 / p99 ms",
        "switches/event",
        "RSS MiB",
        "PSS MiB",
        "wrong",
        "tool µs/event",
        "tool late by, p99 ms",
        "other load, cores");
    measured.forEach(
        (system, rounds) -> report.row(new RelayRow(new Rounds(rounds, measured)).cells()));
    return report;
  }
}
