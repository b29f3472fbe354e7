package dev.lastword.journal;

import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jctools.queues.atomic.MpscUnboundedAtomicArrayQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends queue up here. One task at a time takes what has queued, up to a batch, and makes it
 * durable with one write and one force; whatever queues meanwhile is the next batch. A write or
 * force that fails is final. Thread-safe.
 *
 * <pre>
 *   OPEN --close()--> closing --flushed, a closing mark--> CLOSED
 *     '------a write or force fails-----------------------> CLOSED
 * </pre>
 */
final class GroupCommit {
  /** With nothing written for so long, an empty batch keeps the journal's time. */
  static final long TIME_KEPT_MS = TimeUnit.HOURS.toMillis(6);

  private static final Logger log = LoggerFactory.getLogger(FileJournal.class);
  private static final int QUEUE_CHUNK = 1024;
  private static final String CLOSED = "the journal is closed";

  private final String name;
  private final long epoch;
  private final Executor executor;
  private final SegmentWriter writer;
  private final Batch batch;
  private final JournalClock clock;
  private final Pace pace;

  private final MpscUnboundedAtomicArrayQueue<Pending> queue =
      new MpscUnboundedAtomicArrayQueue<>(QUEUE_CHUNK);

  /** Whether a batch is scheduled or running: whoever appends meanwhile need not wake anybody. */
  private final AtomicBoolean scheduled = new AtomicBoolean();

  /**
   * Held for one batch, or by whoever closes: it guards the batch and the taking end of the queue.
   */
  private final ReentrantLock writing = new ReentrantLock();

  /** Taken from the queue, but did not fit into the batch. */
  private @Nullable Pending held;

  /** When the last batch was written, in the journal's time. */
  private volatile long writtenMs;

  private volatile boolean closing;

  /** Why nothing is taken any more; null while it is. */
  private volatile Journal.@Nullable Refusal closed;

  /**
   * @param name of the journal, for the log
   * @param executor runs one batch at a time
   */
  GroupCommit(
      String name,
      long epoch,
      Executor executor,
      SegmentWriter writer,
      Batch batch,
      JournalClock clock,
      Pace pace) {
    this.name = name;
    this.epoch = epoch;
    this.executor = executor;
    this.writer = writer;
    this.batch = batch;
    this.clock = clock;
    this.pace = pace;
    this.writtenMs = writer.timeMs();
  }

  /** Takes an append; it is told what came of it, once. */
  void append(Pending pending) {
    if (closing) {
      pending.refusal = new Journal.Refusal.Closed(CLOSED);
      tell(pending);
      return;
    }
    queue.add(pending);
    if (isClosed()) {
      refuseQueued();
    } else {
      wake();
    }
  }

  /** The journal's time, and sees to it that not much of it is lost with the power. */
  long timeMs() {
    long now = clock.ms();
    if (now - writtenMs > TIME_KEPT_MS && !closing && !isClosed()) {
      wake();
    }
    return now;
  }

  /** Whether nothing is taken any more. */
  boolean isClosed() {
    return closed != null;
  }

  private void wake() {
    if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
      schedule();
    }
  }

  private void schedule() {
    try {
      executor.execute(this::commitBatch);
    } catch (RejectedExecutionException e) {
      if (!isClosed()) {
        throw e;
      }
      refuseQueued();
    }
  }

  /** One batch. If more has queued meanwhile, another is scheduled, so that others get a turn. */
  private void commitBatch() {
    pace.await(); // not under the lock: whoever closes need not wait for it
    writing.lock();
    try {
      if (!isClosed()) {
        takeBatch();
        pace.took(batch.taken().size());
        commit();
      }
    } finally {
      writing.unlock();
    }
    if (isClosed()) {
      refuseQueued();
    } else if (closing) {
      scheduled.set(false);
    } else if (held != null || !queue.isEmpty()) {
      schedule();
    } else {
      scheduled.set(false);
      if (!queue.isEmpty()) { // it was added before the flag fell, and nobody was woken for it
        wake();
      }
    }
  }

  private void takeBatch() {
    for (var pending = take(); pending != null; pending = take()) {
      boolean admitted;
      try {
        admitted = batch.admit(pending);
      } catch (IOException | RuntimeException | Error e) {
        fail(e);
        batch.taken().add(pending);
        return;
      }
      if (!admitted) {
        held = pending;
        return;
      }
    }
  }

  private @Nullable Pending take() {
    var pending = held;
    held = null;
    return pending != null ? pending : queue.poll();
  }

  private void commit() {
    if (!isClosed()) {
      try {
        batch.commit();
        keepTime();
      } catch (IOException | RuntimeException | Error e) {
        fail(e);
      }
    }
    for (var pending : batch.taken()) {
      if (isClosed() && pending.refusal == null) {
        pending.refusal = closed;
      }
      tell(pending);
    }
    batch.taken().clear();
  }

  private void keepTime() throws IOException {
    writtenMs = writer.timeMs();
    if (clock.ms() - writtenMs > TIME_KEPT_MS) {
      batch.mark(BatchMark.Why.TIME);
      writtenMs = clock.ms(); // also where there was no room for it: not to be tried all the time
    }
  }

  /**
   * What was not flushed is not known to be there; a second try could succeed without the bytes.
   */
  private void fail(Throwable cause) {
    closed =
        cause instanceof FencedException fenced
            ? new Journal.Refusal.Fenced(fenced.current())
            : new Journal.Refusal.Closed("the journal failed: " + cause);
    log.error("journal.failed dir={} cause={}", name, cause.toString(), cause);
  }

  private void tell(Pending pending) {
    try {
      if (pending.refusal == null) {
        pending.ack.durable(pending.position, epoch, writer.timeMs());
      } else {
        pending.ack.refused(pending.refusal);
      }
    } catch (RuntimeException | Error e) {
      log.error("journal.ack_failed dir={} stream={}", name, pending.entry.stream(), e);
    }
  }

  private void refuseQueued() {
    writing.lock();
    try {
      for (var pending = take(); pending != null; pending = take()) {
        pending.refusal = closed;
        tell(pending);
      }
    } finally {
      writing.unlock();
    }
  }

  /**
   * Flushes what was appended, refuses the rest, and does {@code release} before anybody else gets
   * a turn. What is still queued is acknowledged from the thread that closes, never at the same
   * time as from the writer's. Called by an acknowledgement it returns at once and closes behind
   * the batch.
   */
  void close(Runnable release) {
    closing = true;
    if (writing.isHeldByCurrentThread()) {
      executor.execute(() -> close(release));
      return;
    }
    boolean interrupted = Thread.interrupted(); // it would close the file under the last flush
    writing.lock();
    try {
      try {
        flushQueued();
      } finally {
        release.run();
      }
    } finally {
      writing.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Under the lock; behind it nothing is taken any more. Whatever fails is told, and not thrown.
   */
  private void flushQueued() {
    while (!isClosed() && (held != null || !queue.isEmpty())) {
      takeBatch();
      commit();
    }
    if (!isClosed()) {
      vouch();
    }
    if (!isClosed()) {
      closed = new Journal.Refusal.Closed(CLOSED);
    }
    refuseQueued();
  }

  /** A mark behind the last entries tells the next opening that they were flushed. */
  private void vouch() {
    try {
      batch.mark(BatchMark.Why.CLOSING);
    } catch (IOException | RuntimeException | Error e) {
      fail(e);
    }
  }
}
