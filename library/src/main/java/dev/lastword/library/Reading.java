package dev.lastword.library;

import dev.lastword.journal.Outcome;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;

/**
 * One reader of a stream: from where it stands to the end, live. It holds next to nothing, so that
 * one who takes his time costs nothing, and leaving changes nothing of the stream.
 *
 * <p>What it gives is what a {@code text/event-stream} consists of: events with their IDs, and a
 * comment where nothing was to be said for a while. A server may learn only by writing that its
 * peer has gone.
 *
 * <p>One thread reads; any may close.
 */
public final class Reading implements AutoCloseable {
  private final ReadingSource source;
  private final Executor io;

  Reading(ReadingSource source, Executor io) {
    this.source = source;
    this.io = io;
  }

  /**
   * Whether the reader has seen everything, and nothing more will come: an endpoint answers 204, so
   * that an {@code EventSource} stops coming back. Such a reading need not be closed.
   */
  public boolean isAtEnd() {
    return source.isAtEnd();
  }

  /**
   * How the stream has ended; empty while it has not. Beside a 204 it goes into {@code
   * Lastword-Outcome}, by which readers tell an answer that is whole from any other.
   */
  public Optional<Outcome> outcome() {
    return source.outcome();
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
    return source.next();
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
    source.close();
  }
}
