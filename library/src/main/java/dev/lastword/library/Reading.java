package dev.lastword.library;

import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.stream.Block;
import dev.lastword.stream.Cursor;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Subscriber;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One reader of a stream: from where it stands to the end, live. It holds no events, so that one
 * who takes his time costs nothing, and leaving changes nothing of the stream.
 *
 * <p>What it gives is what a {@code text/event-stream} consists of: events with their IDs, and a
 * comment where nothing was to be said for a while. A server may learn only by writing that its
 * peer has gone.
 *
 * <p>One thread reads; any may close.
 */
public final class Reading implements AutoCloseable {
  /** What a connection carries that has nothing to say. */
  private static final byte[] HEARTBEAT = ": hb\n\n".getBytes(StandardCharsets.US_ASCII);

  private final Stream stream;
  private final Supplier<Journal.Health> journal;
  private final long heartbeatNanos;
  private final Executor io;
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

  Reading(
      Stream stream,
      long afterSeq,
      boolean atEnd,
      Supplier<Journal.Health> journal,
      Duration heartbeat,
      Executor io) {
    this.stream = stream;
    this.journal = journal;
    this.heartbeatNanos = heartbeat.toNanos();
    this.io = io;
    this.atEnd = atEnd;
    lock.lock();
    try {
      this.cursor = atEnd ? null : stream.subscribe(new Notes(), afterSeq);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether the reader has seen everything, and nothing more will come: an endpoint answers 204, so
   * that an {@code EventSource} stops coming back. Such a reading need not be closed.
   */
  public boolean isAtEnd() {
    return atEnd;
  }

  /**
   * How the stream has ended; empty while it has not. Beside a 204 it goes into {@code
   * Lastword-Outcome}, by which readers tell an answer that is whole from any other.
   */
  public Optional<Outcome> outcome() {
    return Optional.ofNullable(stream.outcome());
  }

  /**
   * The next bytes to write, once there are some: whole events, or a heartbeat after as long a
   * silence.
   *
   * @return empty at the clean end of a completed answer
   * @throws ReadingBrokenException if there is no clean end to come to; what there was to say was
   *     given out before. So it is, {@code closed}, once this was closed before its end
   * @throws InterruptedException if the thread is interrupted
   */
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
        return Optional.of(HEARTBEAT.clone());
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

  /**
   * Writes all of it, and flushes whenever there is nothing more to write at the moment. Returns at
   * the clean end, and nowhere else; closes this in any case.
   *
   * @throws ReadingBrokenException if there is none, or this is closed by somebody before; let it
   *     through, so that the response breaks off
   * @throws IOException if the reader has gone
   * @throws InterruptedException if the thread is interrupted
   */
  public void writeTo(OutputStream out) throws IOException, InterruptedException {
    try (this) {
      for (var bytes = next(); bytes.isPresent(); bytes = next()) {
        out.write(bytes.get());
        out.flush();
      }
    }
  }

  /**
   * The same bytes for who asks for them: to one subscriber, on a virtual thread of its own. It is
   * told the clean end by {@code onComplete}, and any other by {@code onError} with a {@link
   * ReadingBrokenException}.
   */
  public Flow.Publisher<ByteBuffer> publisher() {
    return new ReadingPublisher(this, io);
  }

  /**
   * Leaves. Whoever waits in {@link #next} is told by a {@link ReadingBrokenException} of the code
   * {@code closed}; after the end nothing happens.
   */
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
