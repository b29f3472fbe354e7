package dev.lastword.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Asks for more and more, until it no longer arrives whole.
///
/// @param command what is asked of each stream, and which rates
record HighestRate(RelayCommand command, LoadRig rig) {

  int run(List<String> systems) throws IOException, InterruptedException {
    var report = Report.titled("Relay, highest rate");
    report.paragraph(
        String.format(
            Locale.ROOT,
            "Streams of %.0f events/s, %d bytes an event, %d events a stream; %d rounds of %d s for each rate. A rate is"
                + " reached when in two of three rounds 99 %% of it arrive within the window and nothing is wrong.",
            command.rate,
            command.options.bytes,
            command.events,
            command.options.rounds,
            command.options.seconds));
    report.row(
        "system",
        "asked events/s",
        "reached",
        "delivered",
        "CPU µs/event",
        "p50 ms",
        "p99 ms",
        "wrong",
        "other load, cores");
    for (var name : systems) {
      var system = rig.startSystem(name);
      climb(system, report);
      rig.stopSystem(system);
    }
    report.publish(command.options);
    return 0;
  }

  private void climb(SystemUnderTest system, Report report)
      throws IOException, InterruptedException {
    for (int i = 0; i < command.options.warmupRounds; i++) {
      command.progress("warm-up", rig.measure(system, round(command.rates.getFirst())));
    }
    boolean reached = true;
    for (int i = 0; reached && i < command.rates.size(); i++) {
      int asked = command.rates.get(i);
      var rounds = new ArrayList<Measurement>();
      for (int j = 0; j < command.options.rounds; j++) {
        rounds.add(rig.measure(system, round(asked)));
        command.progress("asked " + asked / 1000 + "k", rounds.getLast());
      }
      // One round in three may be spoilt by what else runs on the machine.
      reached = rounds.stream().filter(Measurement::keptUp).count() * 3 >= rounds.size() * 2L;
      report.row(row(asked, reached, rounds));
    }
  }

  private Round round(int asked) {
    return command.round((int) Math.round(asked / command.rate));
  }

  private static String[] row(int asked, boolean reached, List<Measurement> rounds) {
    boolean direct = rounds.getFirst().system().equals(SystemUnderTest.DIRECT);
    return new String[] {
      rounds.getFirst().system(),
      String.format(Locale.ROOT, "%,d", asked),
      reached ? "yes" : "no",
      Spread.of(rounds, Measurement::deliveredPercent).text(1) + " %",
      direct ? "–" : Spread.of(rounds, Measurement::cpuMicrosPerEvent).text(1),
      Spread.of(rounds, m -> m.millis("p50_us")).text(2),
      Spread.of(rounds, m -> m.millis("p99_us")).text(2),
      Long.toString(rounds.stream().mapToLong(Measurement::wrong).sum()),
      Spread.of(rounds, Measurement::otherCores).text(2)
    };
  }
}
