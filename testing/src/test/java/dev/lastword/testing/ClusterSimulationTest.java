package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The delivery contract of several nodes on one store, under everything that a seed can think of.
 */
class ClusterSimulationTest {
  private static final int STEPS = 200;

  /** What the clusters have to come to, or the simulation has gone blind somewhere. */
  private static final List<String> SIGHTS =
      List.of(
          "completed",
          "cancelled cancelled",
          "interrupted interrupted",
          "failed save_rejected",
          "failed upstream_error",
          "joined",
          "left",
          "taken over",
          "closed",
          "handed over",
          "nobody answers",
          "recovered open",
          "recovered complete",
          "recovered released",
          "resume: After",
          "resume: AtEnd",
          "kill",
          "paused",
          "cut off",
          "store down",
          "store silent",
          "done late",
          "too late",
          "lost: another node has taken shard N",
          "lost: its journal or its archive takes nothing any more",
          "lost: its lease could not be renewed in time",
          "ANSWER_LOST FLUSH",
          "ANSWER_LOST LEASES",
          "FROZEN_BEFORE FLUSH",
          "FROZEN_BEHIND FLUSH",
          "FROZEN_BEHIND LEASES",
          "LATE FLUSH",
          "REFUSED FLUSH");

  @Test
  void givenHundredsOfSeeds_whenTheirClustersRun_thenEveryPromiseHolds() {
    var simulation = new ClusterSimulation(STEPS);
    for (long seed = 1; seed <= 200; seed++) {
      simulation.run(seed);
    }
    long base = SimulationTest.base();
    for (long seed = base; seed < base + 100; seed++) {
      simulation.run(seed);
    }

    assertThat(simulation.tally()).containsKeys(SIGHTS.toArray(String[]::new));
  }

  @Test
  void givenOneSeed_whenItsClusterRunsTwice_thenTheSameHappens() {
    for (long seed = 1; seed <= 10; seed++) {
      assertThat(trace(seed)).isEqualTo(trace(seed));
    }
  }

  private static List<String> trace(long seed) {
    var world = ClusterWorld.drawn(seed);
    new ClusterSimulation(STEPS).run(world);
    var trace = new ArrayList<>(world.trace().last());
    world.tally().forEach((what, times) -> trace.add(what + " " + times));
    return trace;
  }

  @Test
  void givenTheWordForClusters_whenTheSimulationIsAsked_thenItRunsThem() {
    assertThat(Simulation.run("--cluster", "--seeds", "2", "--from", "7", "--steps", "10"))
        .isZero();
    assertThat(Simulation.run("--seeds", "1", "--steps", "10", "--cluster")).isZero();
    assertThat(Simulation.run("--cluster", "--seeds")).isEqualTo(2);
  }
}
