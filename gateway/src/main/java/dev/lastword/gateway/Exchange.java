package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.function.Consumer;

/**
 * One request and its response, whatever protocol carries them. Routes know only this. Used on its
 * loop only; once the peer has gone or the response has ended, every call is without effect
 * (buffers handed in are still released).
 */
interface Exchange {
  /** How the body of a response is cut on the wire. */
  enum Framing {
    /** Chunked transfer coding. */
    CHUNKED,
    /**
     * None: the length is announced, the connection's end is the end, or the protocol frames by
     * itself.
     */
    NONE
  }

  /** The loop that everything about this exchange runs on. */
  Loop loop();

  /** What was asked. Not to be called after {@link #settle}. */
  RequestHead request();

  /** Who is told about the peer and the socket; the last one given. */
  void listen(ExchangeListener listener);

  /**
   * Has the fields of the response changed when it is started, after all changes that were asked
   * for before.
   */
  void amend(Consumer<HttpHeaders> change);

  /**
   * Hands the request's body over, from its first byte; lets a peer that waits for {@code 100
   * Continue} go on.
   */
  void receive(BodyReceiver receiver);

  /** Stops or goes on handing out the request's body. */
  void bodyWanted(boolean wanted);

  /**
   * Starts the response. With a {@code Content-Length} the body has that length; without, it ends
   * with {@link #end}. Hop-by-hop fields are this exchange's own business.
   */
  void start(int status, HttpHeaders headers);

  /** How the body of the started response is cut. */
  Framing framing();

  /** Writes a part of the body; takes the buffer over. */
  void write(ByteBuf part);

  /** Writes bytes that already carry {@link #framing}; takes the buffer over. */
  void writeFramed(ByteBuf framed);

  /** Hands what was written to the socket. */
  void flush();

  /** Whether less than the high water mark waits for the socket. */
  boolean writable();

  /** Bytes that wait for the socket. */
  long pendingBytes();

  /** The response may stay open for long: lets go of what only its beginning needed. */
  void settle();

  /** Ends the response as complete. */
  void end();

  /** Ends it so that no client can take it for complete; what was written still goes out first. */
  void abort();

  /**
   * A whole response in one piece; takes the buffer over. Without effect on the wire if one was
   * already started.
   */
  void respond(int status, HttpHeaders headers, ByteBuf body);

  /**
   * Answers that the connection is a WebSocket from now on, and hands it over. Only where a request
   * came that {@linkplain Tunnel#isAsked asks for one}.
   *
   * @param headers of the answer
   * @param upstream the connection that it is joined with, on the same loop
   * @param then puts the other side of it in place
   */
  void tunnel(HttpHeaders headers, Channel upstream, Consumer<Tunnel> then);

  /** Whether the response has been started. */
  boolean started();

  /** Whether the peer has gone or the response has ended. */
  boolean gone();
}
