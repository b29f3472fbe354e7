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
import picocli.CommandLine.Option;

/// A command that puts load on systems in turns.
@Command(sortOptions = false)
abstract class LoadCommand implements Callable<Integer> {
  @Mixin LoadOptions options = new LoadOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "this text")
  boolean help;

  /// Systems to measure unless the options name others.
  abstract List<String> defaultSystems();

  /// Measures, and publishes a report.
  ///
  /// @return the exit code
  abstract int run(LoadRig rig, List<String> systems) throws IOException, InterruptedException;

  @Override
  public final Integer call() throws IOException, InterruptedException {
    try (var rig = LoadRig.start(options)) {
      try {
        return run(rig, options.systems.isEmpty() ? defaultSystems() : options.systems);
      } catch (IllegalStateException | IllegalArgumentException e) {
        System.err.println("bench: " + e.getMessage() + "\n" + rig.lastWords());
        return 1;
      }
    }
  }

  /// Measures every system once in each round, so that what disturbs the machine disturbs all of
  /// them.
  Map<String, List<Measurement>> alternate(LoadRig rig, List<String> names, Round round)
      throws IOException, InterruptedException {
    var systems = new ArrayList<SystemUnderTest>();
    for (var name : names) {
      systems.add(rig.startSystem(name));
    }
    var measured = new LinkedHashMap<String, List<Measurement>>();
    for (int i = -options.warmupRounds; i < options.rounds; i++) {
      for (var system : systems) {
        var measurement = rig.measure(system, round);
        progress(i < 0 ? "warm-up" : "round " + (i + 1), measurement);
        if (i >= 0) {
          measured.computeIfAbsent(system.name(), name -> new ArrayList<>()).add(measurement);
        }
      }
    }
    return measured;
  }

  /// 0 if every reader got what it should.
  static int exitCode(Map<String, List<Measurement>> measured) {
    return measured.values().stream().flatMap(List::stream).allMatch(m -> m.wrong() == 0) ? 0 : 1;
  }

  void progress(String what, Measurement m) {
    System.err.printf(
        Locale.ROOT,
        "%-9s %-8s %,9.0f/s = %5.1f %%  cpu %5.1f us/event  p50 %.2f p99 %.2f max %.1f ms  tool %.1f us/event,"
            + " late by %.1f ms  others %.2f cores  wrong %d %s%n",
        what,
        m.system(),
        m.perSecond(),
        m.deliveredPercent(),
        m.cpuMicrosPerEvent(),
        m.millis("p50_us"),
        m.millis("p99_us"),
        m.millis("max_us"),
        m.toolMicrosPerEvent(),
        m.sourceLagMillis(),
        m.otherCores(),
        m.wrong(),
        m.whole().text("complaint"));
    if (options.byThread) {
      m.used().threadMicros().entrySet().stream()
          .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
          .filter(thread -> thread.getValue() > 0)
          .forEach(thread -> progress(thread.getKey(), (double) thread.getValue() / m.events()));
    }
  }

  private static void progress(String thread, double microsPerEvent) {
    System.err.printf(Locale.ROOT, "    %-20s %6.2f us/event%n", thread, microsPerEvent);
  }
}
