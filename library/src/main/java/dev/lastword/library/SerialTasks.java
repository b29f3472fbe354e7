package dev.lastword.library;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs tasks one at a time, in the order of the calls; they may wait. Thread-safe. */
final class SerialTasks implements Executor {
  private static final Logger log = LoggerFactory.getLogger(SerialTasks.class);

  private final Executor io;
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private boolean running;

  /**
   * @param io runs each, on a thread that may wait
   */
  SerialTasks(Executor io) {
    this.io = io;
  }

  @Override
  public void execute(Runnable task) {
    lock.lock();
    try {
      waiting.add(task);
      if (running) {
        return;
      }
      running = true;
    } finally {
      lock.unlock();
    }
    try {
      io.execute(this::run);
    } catch (RejectedExecutionException e) {
      log.debug("remote.closed", e); // what comes too late comes to nothing
    }
  }

  private void run() {
    while (true) {
      Runnable task;
      lock.lock();
      try {
        task = waiting.poll();
        if (task == null) {
          running = false;
          return;
        }
      } finally {
        lock.unlock();
      }
      try {
        task.run();
      } catch (RuntimeException | Error e) {
        log.error("remote.task_failed", e);
      }
    }
  }
}
