package dev.lastword.library;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.reader.LastwordReader;
import dev.lastword.reader.ReaderException;
import dev.lastword.reader.ReaderOptions;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.Owner;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Reads a gateway's stream, over as many connections as it takes. A few events at the most are
 * ahead of whoever takes them.
 */
final class RemoteReading implements ReadingSource {
  private static final int AHEAD_MAX = 8;

  private final RemoteBackend backend;
  private final StreamId id;
  private final Owner owner;
  private final long heartbeatNanos;
  private final LastwordReader reader;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<byte[]> ahead = new ArrayDeque<>();
  private boolean ended;
  private boolean closed;
  private @Nullable ReadingBrokenException broken;

  /** One that has seen everything. */
  record Over(Optional<Outcome> outcome) implements ReadingSource {
    @Override
    public boolean isAtEnd() {
      return true;
    }

    @Override
    public Optional<byte[]> next() throws ReadingBrokenException {
      if (outcome.isPresent() && outcome.get() != Outcome.COMPLETED) {
        throw unclean(outcome.get().word());
      }
      return Optional.empty();
    }

    @Override
    public void close() {
      // there is nothing to leave
    }
  }

  RemoteReading(
      RemoteBackend backend,
      StreamId id,
      Owner owner,
      String lastEventId,
      Duration heartbeat,
      Executor io) {
    this.backend = backend;
    this.id = id;
    this.owner = owner;
    this.heartbeatNanos = heartbeat.toNanos();
    this.reader =
        LastwordReader.of(
            backend.client().http(),
            backend.client().request("/v1/stream/" + id.value(), owner).GET().build(),
            lastEventId,
            ReaderOptions.DEFAULT);
    io.execute(this::read);
  }

  @Override
  public boolean isAtEnd() {
    return false;
  }

  @Override
  public Optional<Outcome> outcome() {
    return backend.find(id, owner).flatMap(view -> Optional.ofNullable(view.outcome()));
  }

  // --- reading ahead

  private void read() {
    try {
      for (var event = reader.next(); event.isPresent(); event = reader.next()) {
        if (!put(encoded(event.get()))) {
          return;
        }
      }
      end(null);
    } catch (ReaderException e) {
      end(brokenBy(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      end(new ReadingBrokenException("draining", "this Lastword is closed"));
    } catch (IllegalStateException e) {
      end(new ReadingBrokenException("closed", "the reading was closed before its end"));
    } finally {
      reader.close();
    }
  }

  private static byte[] encoded(SseEvent event) {
    var one = EncodedEvents.of(List.of(event));
    var bytes = ByteBuffer.allocate(one.lengthWithUpstreamIds());
    one.writeWithUpstreamIds(bytes);
    return bytes.array();
  }

  private ReadingBrokenException brokenBy(ReaderException e) {
    return switch (e.kind()) {
      case ENDED -> unclean(word());
      case REFUSED ->
          new ReadingBrokenException(
              e.status() == 404 ? "deleted" : "read_failed", String.valueOf(e.getMessage()));
      case UNREACHABLE, BROKEN, GAP ->
          new ReadingBrokenException("read_failed", String.valueOf(e.getMessage()));
    };
  }

  /** How it has ended, as far as the gateway says. */
  private String word() {
    try {
      return outcome().map(Outcome::word).orElse(Outcome.FAILED.word());
    } catch (GatewayException | LastwordClosedException e) {
      return Outcome.FAILED.word();
    }
  }

  private static ReadingBrokenException unclean(String outcome) {
    return new ReadingBrokenException(outcome, "the answer did not come to a clean end");
  }

  /** Waits for room; false once nobody takes anything any more. */
  private boolean put(byte[] bytes) throws InterruptedException {
    lock.lock();
    try {
      while (ahead.size() >= AHEAD_MAX && !closed) {
        changed.await();
      }
      ahead.add(bytes);
      changed.signalAll();
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private void end(@Nullable ReadingBrokenException how) {
    lock.lock();
    try {
      ended = true;
      broken = how;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  // --- taking

  @Override
  public Optional<byte[]> next() throws ReadingBrokenException, InterruptedException {
    lock.lock();
    try {
      long leftNanos = heartbeatNanos;
      while (ahead.isEmpty() && !ended && !closed) {
        if (leftNanos <= 0) {
          return Optional.of(ReadingSource.heartbeat());
        }
        leftNanos = changed.awaitNanos(leftNanos);
      }
      if (closed) {
        return closed();
      }
      if (!ahead.isEmpty()) {
        changed.signalAll();
        return Optional.of(all());
      }
      if (broken != null) {
        throw broken;
      }
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  private byte[] all() {
    if (ahead.size() == 1) {
      return ahead.remove();
    }
    var bytes = new ByteArrayOutputStream();
    while (!ahead.isEmpty()) {
      bytes.writeBytes(ahead.remove());
    }
    return bytes.toByteArray();
  }

  /** Whoever closes it early makes no clean end of it. */
  private Optional<byte[]> closed() throws ReadingBrokenException {
    if (ended && broken == null && ahead.isEmpty()) {
      return Optional.empty();
    }
    if (ended && broken != null) {
      throw broken;
    }
    throw new ReadingBrokenException("closed", "the reading was closed before its end");
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    reader.close();
  }
}
