package dev.lastword.library;

import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.stream.Block;
import dev.lastword.stream.Cursor;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Subscriber;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stream of this process, by a cursor: it holds no events. One thread reads; any closes.
 */
final class StreamReading implements ReadingSource {
  private final Stream stream;
  private final Supplier<Journal.Health> journal;
  private final long heartbeatNanos;
  private final boolean atEnd;

  /** Guards the cursor: whoever runs its tasks, or closes it, holds this. */
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * What the engine wants done on this reader's executor, which is whoever reads. A few at most.
   */
  private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

  /**
   * Null for one that has seen everything: it is at no place, and the stream knows nothing of it.
   */
  private final @Nullable Cursor cursor;

  private boolean closed;
  private boolean ended;
  private @Nullable ReadingBrokenException broken;

  StreamReading(
      Stream stream,
      long afterSeq,
      boolean atEnd,
      Supplier<Journal.Health> journal,
      Duration heartbeat) {
    this.stream = stream;
    this.journal = journal;
    this.heartbeatNanos = heartbeat.toNanos();
    this.atEnd = atEnd;
    lock.lock();
    try {
      this.cursor = atEnd ? null : stream.subscribe(new Notes(), afterSeq);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isAtEnd() {
    return atEnd;
  }

  @Override
  public Optional<Outcome> outcome() {
    return Optional.ofNullable(stream.outcome());
  }

  @Override
  public Optional<byte[]> next() throws ReadingBrokenException, InterruptedException {
    long deadline = System.nanoTime() + heartbeatNanos;
    while (true) {
      lock.lock();
      try {
        for (var task = tasks.poll(); task != null; task = tasks.poll()) {
          task.run();
        }
        if (closed) {
          return closed();
        }
        var block = cursor == null ? null : cursor.next();
        if (block != null) {
          return Optional.of(bytes(block));
        }
        if (broken != null) {
          leave();
          throw broken;
        }
        var status = cursor == null ? Cursor.Status.ENDED : cursor.status();
        if (status == Cursor.Status.ENDED) {
          leave();
          broken = end();
          return closed();
        }
        if (status == Cursor.Status.WAITING && journal.get() == Journal.Health.CLOSED) {
          leave();
          broken = lost();
          throw broken;
        }
      } finally {
        lock.unlock();
      }
      var task = tasks.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (task == null) {
        return Optional.of(ReadingSource.heartbeat());
      }
      run(task);
    }
  }

  private void run(Runnable task) {
    lock.lock();
    try {
      task.run();
    } finally {
      lock.unlock();
    }
  }

  private static byte[] bytes(Block block) {
    var events = block.events();
    var bytes = new byte[events.lengthWithIds(block.epoch(), block.firstSeq())];
    events.writeWithIds(bytes, 0, block.epoch(), block.firstSeq());
    return bytes;
  }

  /** Null for a clean one. */
  private @Nullable ReadingBrokenException end() {
    ended = true;
    var outcome = stream.outcome();
    return outcome == null || outcome == Outcome.COMPLETED
        ? null
        : new ReadingBrokenException(outcome.word(), "the answer did not come to a clean end");
  }

  /** Those who read when the disk has failed were told; whoever comes later finds it so. */
  private static ReadingBrokenException lost() {
    return new ReadingBrokenException(
        "journal_closed", "nothing more can come of the answer; a restart decides it");
  }

  /** Whoever closes it early makes no clean end of it. */
  private Optional<byte[]> closed() throws ReadingBrokenException {
    if (broken != null) {
      throw broken;
    }
    if (!ended) {
      throw new ReadingBrokenException("closed", "the reading was closed before its end");
    }
    return Optional.empty();
  }

  @Override
  public void close() {
    lock.lock();
    try {
      leave();
    } finally {
      lock.unlock();
    }
    tasks.add(() -> {}); // wakes whoever reads
  }

  private void leave() {
    closed = true;
    if (cursor != null) {
      cursor.close();
    }
  }

  /** What the engine tells this reader: all of it runs with the lock held. */
  private final class Notes implements Subscriber {
    private final Executor executor = tasks::add;

    @Override
    public Executor executor() {
      return executor;
    }

    /** The task that brings this has ended the wait. */
    @Override
    public void wake() {}

    @Override
    public void notice(String code, String message) {
      broken = new ReadingBrokenException(code, message);
    }
  }
}
