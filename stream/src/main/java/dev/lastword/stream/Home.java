package dev.lastword.stream;

import java.util.concurrent.Executor;

/**
 * Where streams live: runs tasks one at a time, in the order of the calls. An event loop in the
 * gateway, a scheduler with a seed in the simulation.
 */
public interface Home extends Executor {
  /** Whether the calling thread is the one that runs this home's tasks. */
  boolean isCurrent();

  /** Runs a task after a delay; the task runs as any other. */
  Timer schedule(long delayMs, Runnable task);

  /** A scheduled task. */
  interface Timer {
    /** Takes the task back if it has not run. */
    void cancel();
  }
}
