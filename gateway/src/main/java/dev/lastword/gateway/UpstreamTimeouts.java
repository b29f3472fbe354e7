package dev.lastword.gateway;

/**
 * How long the upstream may take.
 *
 * @param connectMs for one address to accept
 * @param headMs from the end of the request to the head of the response
 * @param idleMs without a byte in the middle of a response that is no event stream
 * @param keepMs that a connection is kept for the next request; below the five seconds after which
 *     common servers close theirs
 * @param pingMs without a byte on an HTTP/2 connection with calls before it is asked for one, and
 *     from then until it is taken for lost; 0 to never ask
 */
record UpstreamTimeouts(int connectMs, long headMs, long idleMs, long keepMs, long pingMs) {
  static final UpstreamTimeouts DEFAULT =
      new UpstreamTimeouts(10_000, 600_000, 600_000, 4_000, 30_000);
}
