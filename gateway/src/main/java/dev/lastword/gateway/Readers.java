package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.stream.Stream;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes readers of exchanges, and counts them.
 *
 * @param heartbeat milliseconds of silence after which a reader gets a comment
 * @param rollover milliseconds after which a reader who comes back by itself is let go, 0 for never
 * @param attendance told of everybody who comes and goes
 * @param receipts whether a stream's receipt goes out with its last event
 */
record Readers(
    LongSupplier heartbeat,
    LongSupplier rollover,
    GatewayMetrics metrics,
    Attendance attendance,
    boolean receipts) {
  long heartbeatMs() {
    return heartbeat.getAsLong();
  }

  /**
   * When the connection of a reader ends that begins now; null for never. A node that reads for a
   * client lets that go itself.
   */
  @Nullable Rollover rolloverOf(Exchange exchange, Face face) {
    long ms = rollover.getAsLong();
    return ms > 0
            && face.reconnecting()
            && EventsRoute.isEventSource(exchange)
            && !exchange.request().headers().contains(NodeFields.NODE)
        ? Rollover.after(ms)
        : null;
  }

  /**
   * Reads a stream into an exchange whose response has been started.
   *
   * @param faces how it is shown in each dialect, which the first events may have to tell
   * @param expiresMs wall-clock time at which the reader has to go, or {@link Asker#NEVER}
   */
  void start(
      Exchange exchange,
      Stream stream,
      Function<Dialect, Face> faces,
      long afterSeq,
      long expiresMs) {
    SubscriberChannel.start(exchange, stream, faces, afterSeq, expiresMs, this);
  }
}
