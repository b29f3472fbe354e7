package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;

/** Told what becomes of one call to the upstream, on the loop that made it. */
interface UpstreamListener {
  /** The connection stands and the head is sent: the body may be written. */
  void connected(UpstreamCall call);

  /**
   * The upstream has not worked on the request; returns whether all of it can be sent again. Then
   * {@link #connected} is told once more.
   */
  boolean again();

  /** The upstream takes more of the request's body. */
  default void writable() {}

  /** The final head; informational ones are not told. */
  void head(UpstreamCall call, int status, HttpHeaders headers);

  /**
   * The upstream agreed to become a WebSocket, for which it was asked: the connection is the
   * listener's from now on. Nothing else is told.
   *
   * @param connection whose place another handler is to {@linkplain UpstreamConnection#handOver
   *     take}
   */
  @SuppressWarnings("FutureReturnValueIgnored") // nobody needs it
  default void switched(UpstreamConnection connection, Channel channel, HttpHeaders headers) {
    channel.close();
  }

  /** A part of the body; the buffer stays the caller's. */
  void part(ByteBuf part);

  /** No more parts at hand for now. */
  default void pause() {}

  /** The body ended as announced. Nothing follows. */
  void complete();

  /** The call failed, before or after its head. Nothing follows. */
  void failed(UpstreamFailure failure);
}
