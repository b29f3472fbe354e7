package dev.lastword.testing;

import dev.lastword.stream.Home;
import java.util.ArrayDeque;

/**
 * One queue of tasks of a {@link Scheduler}: an event loop, a thread pool of one, or whatever else
 * does one thing after the other.
 *
 * <p>Its hash code is its number, so that collections of lanes have the same order in every run.
 */
public final class Lane implements Home {
  private final String name;
  private final Kind kind;
  private final int number;
  private final Scheduler scheduler;
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private boolean running;
  private boolean stalled;
  private boolean dead;

  /** Whose work a lane does. */
  enum Kind {
    ENGINE,
    READERS
  }

  Lane(String name, Kind kind, int number, Scheduler scheduler) {
    this.name = name;
    this.kind = kind;
    this.number = number;
    this.scheduler = scheduler;
  }

  @Override
  public void execute(Runnable task) {
    if (!dead) {
      tasks.add(task);
    }
  }

  @Override
  public boolean isCurrent() {
    return running;
  }

  @Override
  public Timer schedule(long delayMs, Runnable task) {
    return scheduler.schedule(this, delayMs, task);
  }

  /** Stops running its tasks, as a thread does that the machine has no time for; or goes on. */
  public void stall(boolean stall) {
    stalled = stall;
  }

  boolean isStalled() {
    return stalled;
  }

  /** How many tasks wait. */
  public int size() {
    return tasks.size();
  }

  /**
   * The process that it belongs to is gone: what waits never runs, and nothing is taken any more.
   */
  void die() {
    dead = true;
    tasks.clear();
  }

  boolean isDead() {
    return dead;
  }

  boolean isReady(Kind of) {
    return kind == of && isReady();
  }

  boolean isReady() {
    return !running && !stalled && !tasks.isEmpty();
  }

  void runNext() {
    running = true;
    try {
      tasks.remove().run();
    } finally {
      running = false;
    }
  }

  @Override
  public int hashCode() {
    return number;
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public String toString() {
    return name;
  }
}
