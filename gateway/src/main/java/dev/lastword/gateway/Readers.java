package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.stream.Stream;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Makes readers of exchanges, and counts them.
 *
 * @param heartbeat milliseconds of silence after which a reader gets a comment
 * @param attendance told of everybody who comes and goes
 */
record Readers(LongSupplier heartbeat, GatewayMetrics metrics, Attendance attendance) {
  long heartbeatMs() {
    return heartbeat.getAsLong();
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
