package dev.lastword.stream;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A home with a thread of its own. Once it is closed its tasks come to nothing. */
public final class ThreadHome implements Home {
  private static final long PATIENCE_S = 30;

  private final ScheduledThreadPoolExecutor executor;
  private volatile Thread thread = Thread.currentThread();

  /** Starts nothing yet: the thread, a daemon, is there from the first task on. */
  public ThreadHome(String name) {
    executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              thread = Thread.ofPlatform().daemon().name(name).unstarted(task);
              return thread;
            });
    executor.setRemoveOnCancelPolicy(true);
  }

  @Override
  public boolean isCurrent() {
    return Thread.currentThread().equals(thread);
  }

  @Override
  public void execute(Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      checkClosed(e);
    }
  }

  @Override
  public Timer schedule(long delayMs, Runnable task) {
    try {
      var scheduled = executor.schedule(task, delayMs, TimeUnit.MILLISECONDS);
      return () -> scheduled.cancel(false);
    } catch (RejectedExecutionException e) {
      checkClosed(e);
      return () -> {};
    }
  }

  /** What comes too late belongs to a process that is gone. */
  private void checkClosed(RejectedExecutionException e) {
    if (!executor.isShutdown()) {
      throw e;
    }
  }

  /** Tasks that wait, timers among them. */
  public int waiting() {
    return executor.getQueue().size();
  }

  /** Ends the task that runs, and no other one begins. */
  public void close() {
    executor.shutdownNow();
    boolean interrupted = false;
    try {
      if (!executor.awaitTermination(PATIENCE_S, TimeUnit.SECONDS)) {
        throw new IllegalStateException("a task does not end");
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
