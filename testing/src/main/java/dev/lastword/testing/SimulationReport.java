package dev.lastword.testing;

import java.util.ArrayList;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/** Runs many worlds, several at a time, and prints what they came to and which were red. */
final class SimulationReport {
  private final long seeds;
  private final long from;
  private final int steps;
  private final int threads;
  private final SortedMap<String, Integer> red = new TreeMap<>();
  private final SortedMap<String, Integer> tally = new TreeMap<>();

  SimulationReport(long seeds, long from, int steps, int threads) {
    this.seeds = seeds;
    this.from = from;
    this.steps = steps;
    this.threads = threads;
  }

  /**
   * What runs worlds, for one thread.
   *
   * @param run runs the world of a seed
   * @param tally what they have come to
   */
  record Worlds(LongConsumer run, SortedMap<String, Integer> tally) {
    static Worlds of(Simulation simulation) {
      return new Worlds(simulation::run, simulation.tally());
    }

    static Worlds of(ClusterSimulation simulation) {
      return new Worlds(simulation::run, simulation.tally());
    }
  }

  /** 0 if no world was red, else 1. */
  int run(Supplier<Worlds> worlds) {
    long began = System.nanoTime();
    var next = new AtomicLong(from);
    var running = new ArrayList<Thread>();
    for (int i = 1; i < threads; i++) {
      running.add(Thread.ofPlatform().name("sim-" + i).start(() -> runThem(worlds.get(), next)));
    }
    runThem(worlds.get(), next);
    try {
      for (var thread : running) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    print((System.nanoTime() - began) / 1e9);
    return red.isEmpty() ? 0 : 1;
  }

  private void runThem(Worlds worlds, AtomicLong next) {
    for (long seed = next.getAndIncrement(); seed < from + seeds; seed = next.getAndIncrement()) {
      try {
        worlds.run().accept(seed);
      } catch (BrokenPromise e) {
        failed(e.invariant(), e);
      } catch (Error e) {
        failed(e.toString(), e);
      }
    }
    add(worlds.tally());
  }

  /** Of each way to fail the first is printed. */
  private synchronized void failed(String how, Error failure) {
    if (red.merge(how, 1, Integer::sum) == 1) {
      failure.printStackTrace();
    }
  }

  private synchronized void add(SortedMap<String, Integer> of) {
    of.forEach((what, times) -> tally.merge(what, times, Integer::sum));
  }

  private synchronized void print(double seconds) {
    tally.forEach((what, times) -> System.out.printf("%10d  %s%n", times, what));
    System.out.printf(
        Locale.ROOT,
        "sim: seeds=%d from=%d steps=%d red=%s seconds=%.1f seeds_per_second=%.0f%n",
        seeds,
        from,
        steps,
        red,
        seconds,
        seeds / seconds);
  }
}
