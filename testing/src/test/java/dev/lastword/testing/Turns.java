package dev.lastword.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** Tasks of several executors, run on one thread in an order that a seed decides. */
final class Turns {
  private final RandomGenerator random;
  private final List<Lane> lanes = new ArrayList<>();

  Turns(RandomGenerator random) {
    this.random = random;
  }

  /** An executor whose tasks run in the order in which they came, between those of others. */
  Executor lane() {
    var lane = new Lane();
    lanes.add(lane);
    return lane;
  }

  /** Runs one task of one lane; false if there is none. */
  boolean runOne() {
    var waiting = lanes.stream().filter(lane -> !lane.tasks.isEmpty()).toList();
    if (waiting.isEmpty()) {
      return false;
    }
    waiting.get(random.nextInt(waiting.size())).tasks.removeFirst().run();
    return true;
  }

  void runAll() {
    while (runOne()) {}
  }

  private static final class Lane implements Executor {
    final List<Runnable> tasks = new ArrayList<>();

    @Override
    public void execute(Runnable task) {
      tasks.add(task);
    }
  }
}
