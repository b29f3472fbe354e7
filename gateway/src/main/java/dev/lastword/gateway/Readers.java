package dev.lastword.gateway;

import dev.lastword.stream.Stream;

/**
 * Makes readers of exchanges, and counts them.
 *
 * @param heartbeatMs silence after which a reader gets a comment
 */
record Readers(long heartbeatMs, GatewayMetrics metrics) {
  /** Reads a stream into an exchange whose response has been started. */
  void start(Exchange exchange, Stream stream, Face face, long afterSeq) {
    SubscriberChannel.start(exchange, stream, face, afterSeq, this);
  }
}
