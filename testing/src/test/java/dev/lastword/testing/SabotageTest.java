package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A simulation earns trust by failing. */
class SabotageTest {
  private static final int SEEDS = 200;

  @Test
  void givenAJournalThatAcknowledgesBeforeItIsDurable_whenWorldsRun_thenTheyAreRed() {
    var red = red(setup -> setup.journal(Sabotage::acknowledgingBeforeDurable));

    assertThat(sum(red)).as("red: %s", red).isGreaterThan(SEEDS / 2);
    assertThat(red).containsKeys("I0", "I1");
  }

  @Test
  void givenEndingsThatAreReleasedBeforeTheyAreDurable_whenWorldsRun_thenTheyAreRed() {
    var red = red(setup -> setup.journal(Sabotage::acknowledgingEndingsBeforeDurable));

    assertThat(sum(red)).as("red: %s", red).isGreaterThan(SEEDS / 2);
    assertThat(red).containsKey("I1");
  }

  @Test
  void givenEndingsThatAreReleasedBeforeTheHookAcknowledged_whenWorldsRun_thenTheyAreRed() {
    var red = red(setup -> setup.hook(Sabotage::acknowledgingBeforeSaved));

    assertThat(sum(red)).as("red: %s", red).isGreaterThan(SEEDS / 3);
    assertThat(red).containsKey("I1");
  }

  private static Map<String, Integer> red(UnaryOperator<Setup> sabotage) {
    var simulation = new Simulation(200);
    var red = new TreeMap<String, Integer>();
    for (long seed = 1; seed <= SEEDS; seed++) {
      try {
        simulation.run(seed, sabotage.apply(Setup.drawn(new SplittableRandom(seed))));
      } catch (BrokenPromise e) {
        red.merge(e.invariant(), 1, Integer::sum);
      }
    }
    return red;
  }

  private static int sum(Map<String, Integer> red) {
    return red.values().stream().mapToInt(Integer::intValue).sum();
  }
}
