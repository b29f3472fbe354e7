package dev.lastword.gateway;

/**
 * What one peer may ask of this process.
 *
 * @param connectionsMax open client connections; more are answered 503
 * @param requestLineBytesMax longest request line, answered 414 beyond
 * @param headerBytesMax all header fields together, answered 431 beyond
 * @param headerFieldsMax number of header fields, answered 431 beyond
 * @param headerReadMs time for a request's head from its first byte, answered 408 beyond
 * @param bodyBytesMax longest request body, answered 413 beyond
 * @param bodyReadMs time for a request's body, answered 408 beyond
 * @param keepAliveMs time between two requests of one connection
 * @param stallMs time that a reader may take nothing while bytes wait for it
 * @param heartbeatMs time without a byte after which a reader gets a comment
 * @param rolloverMs longest time that the connection of a reader who comes back by itself is open,
 *     0 for any
 * @param addressConnectionsMax open connections of one address, answered 429 beyond
 * @param http2StreamsMax requests at once on one HTTP/2 connection; more are refused by the
 *     protocol
 * @param http2ResetsMax requests that an HTTP/2 client may take back in {@link
 *     Http2Connection#RESETS_SECONDS} seconds; then its connection ends
 */
record Limits(
    int connectionsMax,
    int requestLineBytesMax,
    int headerBytesMax,
    int headerFieldsMax,
    long headerReadMs,
    long bodyBytesMax,
    long bodyReadMs,
    long keepAliveMs,
    long stallMs,
    long heartbeatMs,
    long rolloverMs,
    int addressConnectionsMax,
    int http2StreamsMax,
    int http2ResetsMax) {
  static final Limits DEFAULT =
      new Limits(
          10_000, 8 << 10, 32 << 10, 100, 10_000, 32L << 20, 60_000, 60_000, 30_000, 15_000, 0, 256,
          100, 100);

  /** Bytes a second that a body must arrive with once {@link #BODY_GRACE_MS} has passed. */
  static final long BODY_BYTES_PER_SECOND_MIN = 1 << 10;

  static final long BODY_GRACE_MS = 10_000;

  /** Whether a peer owes more of its body than it has sent by now. */
  boolean bodyTooSlow(long elapsedMs, long bodyBytes) {
    long owed = Math.max(0, elapsedMs - BODY_GRACE_MS) / 1_000 * BODY_BYTES_PER_SECOND_MIN;
    return elapsedMs > bodyReadMs || bodyBytes < owed;
  }
}
