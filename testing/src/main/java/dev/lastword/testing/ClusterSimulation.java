package dev.lastword.testing;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Runs clusters in which a seed decides all that happens, and checks the delivery contract after
 * every step of each.
 */
public final class ClusterSimulation {
  private final int steps;
  private final SortedMap<String, Integer> tally = new TreeMap<>();

  /** Clusters of so many steps. */
  public ClusterSimulation(int steps) {
    this.steps = steps;
  }

  /**
   * Runs one cluster: its steps, then until everything has come to rest, then the end of all its
   * processes at once.
   *
   * @throws BrokenPromise if the contract did not hold; the message names the seed
   */
  public void run(long seed) {
    run(ClusterWorld.drawn(seed));
  }

  void run(ClusterWorld world) {
    try {
      var chaos = new ClusterChaos(world);
      for (int i = 0; i < steps; i++) {
        chaos.step();
      }
      var rest = new ClusterRest(world);
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

  /** What the clusters have come to, by name: outcomes, faults, take-overs and more. */
  public SortedMap<String, Integer> tally() {
    return tally;
  }
}
