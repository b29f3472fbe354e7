package dev.lastword.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleBinaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Many streams, each relayed to a reader of its own.
@Command(
    name = "relay",
    description =
        "Many streams, each relayed to its own reader: CPU per event, added delay, loss; with --max, the highest rate.")
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
  int run(LoadRig rig) throws IOException, InterruptedException {
    return max ? highest(rig) : steady(rig);
  }

  private Round round(int readers) {
    var shape = new StreamShape(0, rate, options.bytes, events, false, false);
    return new Round(readers, shape, false, options.settleSeconds, options.seconds);
  }

  private int steady(LoadRig rig) throws IOException, InterruptedException {
    var measured = alternate(rig, round(streams));
    var report =
        Report.titled("Relay")
            .paragraph(
                String.format(
                    Locale.ROOT,
                    conditions(),
                    streams,
                    rate,
                    options.bytes,
                    events,
                    options.rounds,
                    options.seconds));
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
        "wrong",
        "other load, cores");
    measured.forEach((system, rounds) -> report.row(row(rounds, measured)));
    report.publish(options);
    return measured.values().stream().flatMap(List::stream).allMatch(m -> m.wrong() == 0) ? 0 : 1;
  }

  private static String conditions() {
    return "%d streams × %.0f events/s, %d bytes an event, %d events a stream. Median of %d rounds of %d s, lowest–highest in"
        + " parentheses; ratios and added delays are of the same round.";
  }

  private static String[] row(List<Measurement> rounds, Map<String, List<Measurement>> all) {
    boolean direct = rounds.getFirst().system().equals(SystemUnderTest.DIRECT);
    return new String[] {
      rounds.getFirst().system(),
      Spread.of(rounds, Measurement::perSecond).text(0),
      direct ? "–" : Spread.of(rounds, Measurement::cpuMicrosPerEvent).text(1),
      direct ? "–" : ratio(rounds, all.get(SystemUnderTest.NGINX)),
      Spread.of(rounds, m -> m.millis("p50_us")).text(2),
      Spread.of(rounds, m -> m.millis("p99_us")).text(2),
      direct ? "–" : added(rounds, all.get(SystemUnderTest.DIRECT), m -> m.millis("p50_us")),
      direct ? "–" : added(rounds, all.get(SystemUnderTest.DIRECT), m -> m.millis("p99_us")),
      endings(rounds),
      direct ? "–" : Spread.of(rounds, Measurement::switchesPerEvent).text(2),
      direct ? "–" : Spread.of(rounds, m -> m.rssBytes() / 1048576.0).text(0),
      Long.toString(rounds.stream().mapToLong(Measurement::wrong).sum()),
      Spread.of(rounds, Measurement::otherCores).text(2)
    };
  }

  private static String ratio(List<Measurement> rounds, @Nullable List<Measurement> nginx) {
    return paired(rounds, nginx, Measurement::cpuMicrosPerEvent, (own, other) -> own / other);
  }

  private static String added(
      List<Measurement> rounds,
      @Nullable List<Measurement> direct,
      ToDoubleFunction<Measurement> delay) {
    return paired(rounds, direct, delay, (own, other) -> own - other);
  }

  private static String paired(
      List<Measurement> rounds,
      @Nullable List<Measurement> others,
      ToDoubleFunction<Measurement> figure,
      DoubleBinaryOperator compare) {
    if (others == null) {
      return "–";
    }
    var compared =
        IntStream.range(0, rounds.size())
            .mapToDouble(
                i ->
                    compare.applyAsDouble(
                        figure.applyAsDouble(rounds.get(i)), figure.applyAsDouble(others.get(i))))
            .toArray();
    return Spread.of(compared).text(2);
  }

  private static String endings(List<Measurement> rounds) {
    if (rounds.stream().anyMatch(m -> m.window().number("endings") == 0)) {
      return "–";
    }
    return String.format(
        Locale.ROOT,
        "%.2f / %.2f",
        Spread.of(rounds, m -> m.millis("ending_p50_us")).median(),
        Spread.of(rounds, m -> m.millis("ending_p99_us")).median());
  }

  private int highest(LoadRig rig) throws IOException, InterruptedException {
    var report = Report.titled("Relay, highest rate");
    report.paragraph(
        String.format(
            Locale.ROOT,
            "Streams of %.0f events/s, %d bytes an event, %d events a stream; %d rounds of %d s for each rate. A rate counts as reached"
                + " when 99 %% of it arrive within the window and nothing is wrong.",
            rate,
            options.bytes,
            events,
            options.rounds,
            options.seconds));
    report.row(
        "system",
        "reached events/s",
        "CPU µs/event",
        "p50 ms",
        "p99 ms",
        "first rate not reached",
        "delivered there",
        "wrong there");
    for (var system : rig.systems()) {
      report.row(climb(rig, system));
    }
    report.publish(options);
    return 0;
  }

  private String[] climb(LoadRig rig, SystemUnderTest system)
      throws IOException, InterruptedException {
    for (int i = 0; i < options.warmupRounds; i++) {
      progress("warm-up", rig.measure(system, round((int) (rates.getFirst() / rate))));
    }
    Optional<List<Measurement>> reached = Optional.empty();
    for (int asked : rates) {
      var rounds = new ArrayList<Measurement>();
      for (int i = 0; i < options.rounds; i++) {
        var measurement = rig.measure(system, round((int) (asked / rate)));
        progress("asked " + asked / 1000 + "k", measurement);
        rounds.add(measurement);
      }
      // One round in three may be spoilt by what else runs on the machine.
      if (rounds.stream().filter(Measurement::keptUp).count() * 3 < rounds.size() * 2L) {
        return climbed(system, reached, Optional.of(rounds));
      }
      reached = Optional.of(rounds);
    }
    return climbed(system, reached, Optional.empty());
  }

  private static String[] climbed(
      SystemUnderTest system,
      Optional<List<Measurement>> reached,
      Optional<List<Measurement>> missed) {
    return new String[] {
      system.name(),
      reached.map(m -> Spread.of(m, Measurement::perSecond).text(0)).orElse("none of them"),
      reached.map(m -> Spread.of(m, Measurement::cpuMicrosPerEvent).text(1)).orElse("–"),
      reached.map(m -> Spread.of(m, r -> r.millis("p50_us")).text(2)).orElse("–"),
      reached.map(m -> Spread.of(m, r -> r.millis("p99_us")).text(2)).orElse("–"),
      missed
          .map(m -> String.format(Locale.ROOT, "%,.0f", m.getFirst().asked()))
          .orElse("none of them"),
      missed.map(m -> Spread.of(m, Measurement::deliveredPercent).text(1) + " %").orElse("–"),
      missed.map(m -> Long.toString(m.stream().mapToLong(Measurement::wrong).sum())).orElse("–")
    };
  }
}
