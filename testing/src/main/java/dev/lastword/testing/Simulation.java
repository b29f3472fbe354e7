package dev.lastword.testing;

import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/**
 * Runs worlds in which a seed decides all that happens, and checks the delivery contract after
 * every step of each.
 */
public final class Simulation {
  private static final int STEPS = 200;

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
   * {@code --seeds N --from S --steps K}: runs N worlds and says how it went, and with {@code
   * --cluster} such of several nodes on one store. The exit status is 0 if every promise held, 1 if
   * not, and 2 for options that it does not know.
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
        default -> {
          return usage("unknown option " + arguments[i]);
        }
      }
    }
    int stepsEach = (int) Math.min(steps, Integer.MAX_VALUE);
    if (cluster) {
      var clusters = new ClusterSimulation(stepsEach);
      return report(seeds, from, stepsEach, clusters::run, clusters.tally());
    }
    var worlds = new Simulation(stepsEach);
    return report(seeds, from, stepsEach, worlds::run, worlds.tally());
  }

  private static int usage(String what) {
    System.err.println("sim: " + what + "; options: --cluster --seeds N --from S --steps K");
    return 2;
  }

  private static int report(
      long seeds, long from, int steps, LongConsumer world, SortedMap<String, Integer> tally) {
    var red = new TreeMap<String, Integer>();
    long began = System.nanoTime();
    for (long seed = from; seed < from + seeds; seed++) {
      try {
        world.accept(seed);
      } catch (BrokenPromise e) {
        if (red.merge(e.invariant(), 1, Integer::sum) == 1) {
          e.printStackTrace();
        }
      }
    }
    tally.forEach((what, times) -> System.out.printf("%10d  %s%n", times, what));
    double seconds = (System.nanoTime() - began) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "sim: seeds=%d from=%d steps=%d red=%s seconds=%.1f seeds_per_second=%.0f%n",
        seeds,
        from,
        steps,
        red,
        seconds,
        seeds / seconds);
    return red.isEmpty() ? 0 : 1;
  }
}
