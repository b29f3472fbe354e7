package dev.lastword.archive.sql;

import dev.lastword.archive.ArchiveFailedException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Platform threads, each with a connection of its own, that do what callers wait for. Work may be
 * done twice: on a connection that turns out to be gone, and on another.
 *
 * <p>SQLite blocks in native code, where a virtual thread holds its carrier: a few that waited for
 * the disk would hold up all others of the process. Here callers wait for a future, which costs
 * nobody a thread. Each waits for its own call, so the queue is never longer than callers are many.
 *
 * @see "docs/decisions/0007-the-archive-has-threads-of-its-own.md"
 */
public final class Workers {
  private static final Logger log = LoggerFactory.getLogger(SqlArchive.class);

  /** Pause between two tries while another program holds a lock. */
  private static final long BUSY_PAUSE_MS = 10;

  private final Flavour flavour;
  private final long lockWaitNanos;
  private final LinkedBlockingQueue<Job> queue = new LinkedBlockingQueue<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final List<Worker> workers;

  /** Something done with a connection. */
  @FunctionalInterface
  public interface Work<T extends @Nullable Object> {
    /** Does it. */
    T on(Session session) throws SQLException;
  }

  /** Something that a worker is to do. */
  private interface Job {
    void run(Worker worker);

    void refuse();
  }

  /**
   * Starts the threads.
   *
   * @param opensAhead the threads open their connections at once, not when they are needed
   * @param lockWait how long work is tried while another program holds a lock
   */
  public Workers(
      String name,
      int threads,
      boolean opensAhead,
      Duration lockWait,
      Flavour flavour,
      Worker.Opening opening) {
    this.flavour = flavour;
    this.lockWaitNanos = lockWait.toNanos();
    this.workers =
        IntStream.rangeClosed(1, threads)
            .mapToObj(i -> threads == 1 ? name : name + "-" + i)
            .map(each -> Worker.start(each, flavour, opening, opensAhead, this::workOnce))
            .toList();
  }

  /**
   * Has something done and waits for it.
   *
   * @throws SQLException as the work does; that the database is busy after the lock wait
   * @throws ArchiveFailedException if these workers are closed, or the caller is interrupted: then
   *     it may be done all the same
   */
  public <T extends @Nullable Object> T call(Work<T> work) throws SQLException {
    var call = new Call<T>(work, true);
    submit(call);
    try {
      return call.result.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ArchiveFailedException("the caller was interrupted", e);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case SQLException sql -> throw sql;
        case RuntimeException unchecked -> throw unchecked;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  /** Has something done once what was asked for before is. That it failed is a line in the log. */
  public void later(Work<?> work) {
    submit(new Call<>(work, false));
  }

  private void submit(Job job) {
    queue.add(job);
    if (closing.getCount() == 0 && queue.remove(job)) {
      job.refuse(); // it came behind the last look of the workers
    }
  }

  /** Takes one job; false once there are no more. */
  private boolean workOnce(Worker worker) {
    try {
      var job = queue.take();
      job.run(worker);
      return !(job instanceof Stop);
    } catch (InterruptedException e) {
      return false; // nobody but these workers has their threads
    }
  }

  /** Refuses what waits and what comes, and lets running work end. */
  public void close() {
    closing.countDown();
    for (var job = queue.poll(); job != null; job = queue.poll()) {
      job.refuse();
    }
    workers.forEach(worker -> queue.add(new Stop()));
  }

  /**
   * Waits for running work to end; after half of the time it is interrupted.
   *
   * @return whether all threads have ended
   */
  public boolean awaitEnd(Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    long half = end - patience.toNanos() / 2;
    for (var worker : workers) {
      if (!worker.joinUntil(half)) {
        worker.interrupt();
      }
    }
    return workers.stream().allMatch(worker -> worker.joinUntil(end));
  }

  /** Ends a worker. */
  private record Stop() implements Job {
    @Override
    public void run(Worker worker) {}

    @Override
    public void refuse() {}
  }

  /** A caller's work. */
  private final class Call<T extends @Nullable Object> implements Job {
    private final Work<T> work;
    private final boolean awaited;
    private final CompletableFuture<T> result = new CompletableFuture<>();

    Call(Work<T> work, boolean awaited) {
      this.work = work;
      this.awaited = awaited;
    }

    @Override
    public void run(Worker worker) {
      try {
        result.complete(patiently(worker));
      } catch (SQLException | RuntimeException | Error e) {
        result.completeExceptionally(e);
        if (!awaited) {
          log.info("archive.put_off cause={}", e.toString());
        }
      }
    }

    private T patiently(Worker worker) throws SQLException {
      long deadline = System.nanoTime() + lockWaitNanos;
      boolean mayBeStale = worker.isOpen();
      while (true) {
        try {
          return work.on(worker.session());
        } catch (SQLException e) {
          if (!flavour.isBusy(e)) {
            worker.failed(e);
            if (mayBeStale && flavour.isBroken(e) && closing.getCount() > 0) {
              mayBeStale = false;
              continue; // it broke while nobody used it, or under this work: once more on another
            }
            throw e;
          }
          if (System.nanoTime() - deadline >= 0 || isClosedAfterPause()) {
            throw e;
          }
        }
      }
    }

    @Override
    public void refuse() {
      result.completeExceptionally(new ArchiveFailedException("the archive is closed"));
    }
  }

  private boolean isClosedAfterPause() {
    try {
      return closing.await(BUSY_PAUSE_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }
}
