package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpObject;

/** What carries a call: an HTTP/1.1 connection, one at a time, or a stream of HTTP/2. */
sealed interface UpstreamCarrier permits UpstreamConnection, UpstreamStream {
  /** Carries this call from now on. */
  void serve(UpstreamCall next);

  /** Sends the head, a part or the end of the request; it takes the part over. */
  void send(HttpObject part);

  void flush();

  /** Whether it takes more of the request now; if not, the call is told when it does. */
  boolean writable();

  void readWanted(boolean wanted);

  /** Whether the running call is not the first on its connection. */
  boolean reused();

  /** Given back unused. */
  void release();

  /** Gives the call up; nothing more is told to it. */
  void close();
}
