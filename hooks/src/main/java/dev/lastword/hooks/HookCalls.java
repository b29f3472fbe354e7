package dev.lastword.hooks;

import dev.lastword.stream.SaveException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one hook: so many at once, the others in the order in which they came. A call that
 * its caller has given up meanwhile is not made; one that is under way is stopped.
 */
final class HookCalls implements AutoCloseable {
  private static final long IDLE_SECONDS = 30;

  private final ThreadPoolExecutor threads;

  /**
   * @param factory of threads: virtual ones where a call waits for the network and many do at once
   * @param callsMax at least 1
   */
  HookCalls(ThreadFactory factory, int callsMax) {
    this.threads =
        new ThreadPoolExecutor(
            callsMax,
            callsMax,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            factory);
    threads.allowCoreThreadTimeOut(true);
  }

  /** A call. It may block. */
  @FunctionalInterface
  interface Call {
    /**
     * Makes it; returns if the response is saved.
     *
     * @param stop is told how to stop it
     */
    void make(Stop stop) throws Exception;
  }

  /**
   * What stops a call that is under way, on a thread of its own: a database that is told to may be
   * as silent as it was before.
   */
  static final class Stop {
    private @Nullable Runnable how;
    private boolean stopped;

    /** From now on, or at once if it was stopped before. */
    void by(Runnable stopping) {
      synchronized (this) {
        how = stopping;
        if (!stopped) {
          return;
        }
      }
      stopping.run();
    }

    private void now() {
      Runnable stopping;
      synchronized (this) {
        stopped = true;
        stopping = how;
      }
      if (stopping != null) {
        Thread.ofVirtual().name("lastword-hook-stop").start(stopping);
      }
    }
  }

  /**
   * Makes a call when it is its turn.
   *
   * @param begins is run then, before the call
   * @return completed as the call went; cancelling it gives the call up
   */
  CompletionStage<Void> call(Runnable begins, Call call) {
    var result = new CompletableFuture<Void>();
    var stop = new Stop();
    var turn = new Turn(begins, call, stop, result);
    try {
      threads.execute(turn);
    } catch (RejectedExecutionException e) {
      turn.closed();
      return result;
    }
    var unused =
        result.whenComplete(
            (nothing, failure) -> {
              if (result.isCancelled()) {
                turn.drop();
                stop.now();
              }
            });
    return result;
  }

  /** A call's turn. */
  private static final class Turn implements Runnable {
    private final Runnable begins;
    private final Stop stop;
    private final CompletableFuture<Void> result;
    private volatile @Nullable Call call;

    Turn(Runnable begins, Call call, Stop stop, CompletableFuture<Void> result) {
      this.begins = begins;
      this.call = call;
      this.stop = stop;
      this.result = result;
    }

    /** It holds a whole response, and its turn may be long in coming. */
    void drop() {
      call = null;
    }

    @Override
    @SuppressWarnings("IllegalCatch")
    public void run() {
      var made = call;
      if (made == null || result.isDone()) {
        return;
      }
      try {
        begins.run();
        made.make(stop);
        result.complete(null);
      } catch (Exception | LinkageError e) { // a driver that is not there is an error
        result.completeExceptionally(e);
      }
    }

    void closed() {
      result.completeExceptionally(
          new SaveException(SaveException.Kind.UNREACHABLE, "the hook is closed"));
    }
  }

  /** Interrupts what runs, and makes no more calls: those that wait for their turn have failed. */
  @Override
  public void close() {
    threads.shutdownNow().forEach(waiting -> ((Turn) waiting).closed());
  }
}
