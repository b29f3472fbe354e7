package dev.lastword.sabotage;

import dev.lastword.testing.BrokenPromise;
import dev.lastword.testing.Simulation;
import java.util.List;

/// Runs simulated worlds until the first red one; a process of its own.
final class SeedProof {
  private static final int STEPS = 200;

  private SeedProof() {}

  /// First seed, number of seeds, and then the seeds that are left out.
  static void main(String[] arguments) {
    System.setProperty("slf4j.provider", "org.slf4j.helpers.NOP_FallbackServiceProvider");
    System.setProperty("slf4j.internal.verbosity", "WARN");
    long from = Long.parseLong(arguments[0]);
    long seeds = Long.parseLong(arguments[1]);
    var leftOut = List.of(arguments).subList(2, arguments.length);
    for (long seed = from; seed < from + seeds; seed++) {
      var text = Long.toString(seed);
      if (leftOut.contains(text)) {
        continue;
      }
      Said.print("at", text, "seed " + text);
      try {
        new Simulation(STEPS).run(seed);
      } catch (BrokenPromise e) {
        end(text, e.invariant(), e);
      } catch (RuntimeException | Error e) {
        end(text, e.toString(), e);
      }
    }
    Said.print("end");
    System.exit(0);
  }

  private static void end(String seed, String why, Throwable failure) {
    failure.printStackTrace(System.out);
    Said.print("red", seed, "seed " + seed, why);
    System.exit(1);
  }
}
