package dev.lastword.testing;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Runs worlds in which a seed decides all that happens, and checks the delivery contract after
 * every step of each.
 */
public final class Simulation {
  private static final int STEPS = 200;
  private static final int THREADS_MAX = 256;

  private final int steps;
  private final SortedMap<String, Integer> tally = new TreeMap<>();

  /** Worlds of so many steps. */
  public Simulation(int steps) {
    this.steps = steps;
  }

  /**
   * Runs one world: its steps, then until everything has come to rest, then a power cut.
   *
   * @throws BrokenPromise if the contract did not hold; the message names the seed
   */
  public void run(long seed) {
    run(World.drawn(seed));
  }

  /** What the worlds have come to, by name: outcomes, faults, notices and more. */
  public SortedMap<String, Integer> tally() {
    return tally;
  }

  /** Runs one world with a setup. */
  void run(long seed, Setup setup) {
    run(World.of(seed, setup));
  }

  void run(World world) {
    try {
      var chaos = new Chaos(world, true, true);
      for (int i = 0; i < steps; i++) {
        chaos.step();
      }
      var rest = new Rest(world);
      rest.comeToRest();
      rest.lookBack();
    } catch (RuntimeException e) {
      var broken = world.broken("no exception", e.toString());
      broken.addSuppressed(e);
      throw broken;
    } finally {
      world.tally().forEach((what, times) -> tally.merge(what, times, Integer::sum));
    }
  }

  /**
   * {@code --seeds N --from S --steps K --threads T}: runs N worlds, T at a time, and says how it
   * went; with {@code --cluster} such of several nodes on one store. The exit status is 0 if every
   * promise held, 1 if not, and 2 for options that it does not know.
   *
   * @param arguments the options
   */
  public static void main(String[] arguments) {
    silenceLogs();
    System.exit(run(arguments));
  }

  /** What the engine logs of thousands of worlds is of no use to anybody. */
  private static void silenceLogs() {
    if (System.getProperty("slf4j.provider") == null) {
      System.setProperty("slf4j.provider", "org.slf4j.helpers.NOP_FallbackServiceProvider");
      System.setProperty("slf4j.internal.verbosity", "WARN");
    }
  }

  /** 0 if every promise held, 1 if not, 2 if it was not asked for in words it knows. */
  static int run(String... arguments) {
    long seeds = 1_000;
    long from = 1;
    long steps = STEPS;
    long threads = 1;
    boolean cluster = false;
    for (int i = 0; i < arguments.length; i += 2) {
      if (arguments[i].equals("--cluster")) {
        cluster = true;
        i--; // it has no value
        continue;
      }
      var text = i + 1 < arguments.length ? arguments[i + 1] : "";
      if (!text.matches("\\d{1,18}")) {
        return usage(arguments[i] + " needs a whole number, not \"" + text + "\"");
      }
      long value = Long.parseLong(text);
      switch (arguments[i]) {
        case "--seeds" -> seeds = value;
        case "--from" -> from = value;
        case "--steps" -> steps = value;
        case "--threads" -> threads = value;
        default -> {
          return usage("unknown option " + arguments[i]);
        }
      }
    }
    int stepsEach = (int) Math.min(steps, Integer.MAX_VALUE);
    int threadsMax = Math.clamp(threads, 1, THREADS_MAX);
    var report = new SimulationReport(seeds, from, stepsEach, threadsMax);
    return cluster
        ? report.run(() -> SimulationReport.Worlds.of(new ClusterSimulation(stepsEach)))
        : report.run(() -> SimulationReport.Worlds.of(new Simulation(stepsEach)));
  }

  private static int usage(String what) {
    System.err.println(
        "sim: " + what + "; options: --cluster --seeds N --from S --steps K --threads T");
    return 2;
  }
}
