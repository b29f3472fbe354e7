package dev.lastword.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// A command that puts load on systems in turns.
@Command(sortOptions = false, mixinStandardHelpOptions = true)
abstract class LoadCommand implements Callable<Integer> {
  @Mixin LoadOptions options = new LoadOptions();

  /// Systems to measure unless the options name others.
  abstract List<String> defaultSystems();

  /// Measures, and publishes a report.
  ///
  /// @return the exit code
  abstract int run(LoadRig rig) throws IOException, InterruptedException;

  @Override
  public final Integer call() throws IOException, InterruptedException {
    var names = options.systems.isEmpty() ? defaultSystems() : options.systems;
    try (var rig = LoadRig.start(options, names)) {
      return run(rig);
    } catch (IllegalStateException | IllegalArgumentException e) {
      System.err.println("bench: " + e.getMessage());
      return 1;
    }
  }

  /// Measures every system once in each round, so that what disturbs the machine disturbs all of
  /// them.
  Map<String, List<Measurement>> alternate(LoadRig rig, Round round)
      throws IOException, InterruptedException {
    var measured = new LinkedHashMap<String, List<Measurement>>();
    for (int i = -options.warmupRounds; i < options.rounds; i++) {
      for (var system : rig.systems()) {
        var measurement = rig.measure(system, round);
        progress(i < 0 ? "warm-up" : "round " + (i + 1), measurement);
        if (i >= 0) {
          measured.computeIfAbsent(system.name(), name -> new ArrayList<>()).add(measurement);
        }
      }
    }
    return measured;
  }

  void progress(String what, Measurement m) {
    System.err.printf(
        Locale.ROOT,
        "%-8s %-8s %,9.0f/s = %5.1f %%  cpu %5.1f us/event  p50 %.2f p99 %.2f max %.1f ms  source lag p99 %.1f ms  tool %.1f us/event  others %.2f cores  wrong %d %s%n",
        what,
        m.system(),
        m.perSecond(),
        m.deliveredPercent(),
        m.cpuMicrosPerEvent(),
        m.millis("p50_us"),
        m.millis("p99_us"),
        m.millis("max_us"),
        m.source().number("lag_p99_us") / 1000.0,
        m.toolMicrosPerEvent(),
        m.otherCores(),
        m.wrong(),
        m.whole().text("complaint"));
    if (options.byThread) {
      m.used().threadMicros().entrySet().stream()
          .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
          .limit(12)
          .filter(thread -> thread.getValue() > 0)
          .forEach(
              t ->
                  System.err.printf(
                      Locale.ROOT,
                      "    %-20s %6.2f us/event%n",
                      t.getKey(),
                      (double) t.getValue() / m.events()));
    }
  }
}
