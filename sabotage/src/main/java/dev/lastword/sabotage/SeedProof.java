package dev.lastword.sabotage;

import dev.lastword.testing.BrokenPromise;
import dev.lastword.testing.ClusterSimulation;
import dev.lastword.testing.Simulation;
import java.util.List;
import java.util.function.LongConsumer;

/// Runs simulated worlds until the first red one; a process of its own.
final class SeedProof {
  private static final int STEPS = 200;

  /// Beside so many worlds of one process there is one of a cluster, which takes about as long.
  private static final int CLUSTER_EVERY = 10;

  private static final String CLUSTER = "cluster-";

  private SeedProof() {}

  /// Which worlds look for a bug.
  enum Which {
    /// Those of one process, and fewer of clusters.
    ALL,
    /// Clusters: in a room that one process alone has nothing of.
    CLUSTERS
  }

  /// The number in the name of what was red.
  static long seedOf(String what) {
    return Long.parseLong(what.startsWith(CLUSTER) ? what.substring(CLUSTER.length()) : what);
  }

  /// Which worlds, first seed, number of seeds, and then what is left out.
  static void main(String[] arguments) {
    System.setProperty("slf4j.provider", "org.slf4j.helpers.NOP_FallbackServiceProvider");
    System.setProperty("slf4j.internal.verbosity", "WARN");
    var which = Which.valueOf(arguments[0]);
    long from = Long.parseLong(arguments[1]);
    long seeds = Long.parseLong(arguments[2]);
    var leftOut = List.of(arguments).subList(3, arguments.length);
    for (long seed = from; seed < from + seeds; seed++) {
      if (which == Which.ALL) {
        run("", seed, leftOut, new Simulation(STEPS)::run);
      }
      if (which == Which.CLUSTERS || (seed - from) % CLUSTER_EVERY == 0) {
        run(CLUSTER, seed, leftOut, new ClusterSimulation(STEPS)::run);
      }
    }
    Said.print("end");
    System.exit(0);
  }

  private static void run(String kind, long seed, List<String> leftOut, LongConsumer world) {
    var what = kind + seed;
    if (leftOut.contains(what)) {
      return;
    }
    var name = kind.replace('-', ' ') + "seed " + seed;
    Said.print("at", what, name);
    try {
      world.accept(seed);
    } catch (BrokenPromise e) {
      end(what, name, e.invariant(), e);
    } catch (RuntimeException | Error e) {
      end(what, name, e.toString(), e);
    }
  }

  private static void end(String what, String name, String why, Throwable failure) {
    failure.printStackTrace(System.out);
    Said.print("red", what, name, why);
    System.exit(1);
  }
}
