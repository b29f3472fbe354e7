package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.ReferenceCountUtil;

/**
 * A client's connection and an upstream's that have become a WebSocket (RFC 6455): bytes pass in
 * both directions, untouched and no faster than the slower side takes them. When one side ends, so
 * does the other. Both are on one loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends the channel, and
// channelInactive tells
final class Tunnel implements Sweepable {
  private final Loop loop;
  private final long stallMs;
  private final End client;
  private final End upstream;
  private int place = -1;

  /**
   * @param stallMs how long a side may take nothing while bytes wait for it
   */
  Tunnel(Loop loop, Channel client, Channel upstream, long stallMs) {
    this.loop = loop;
    this.stallMs = stallMs;
    this.client = new End(client, upstream);
    this.upstream = new End(upstream, client);
  }

  /** Whether a client asks for a WebSocket. */
  static boolean isAsked(RequestHead head) {
    return head.is(HttpMethod.GET) && !head.hasBody() && isUpgrade(head.headers());
  }

  /** Whether a request or a response is about becoming a WebSocket. */
  static boolean isUpgrade(HttpHeaders headers) {
    return headers.containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)
        && headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true);
  }

  /** Puts the fields on again that concern one hop, and so were left out. */
  static void upgrade(HttpHeaders headers) {
    headers.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
    headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
  }

  /** Where the client's connection goes on. */
  ChannelInboundHandlerAdapter client() {
    return client;
  }

  /** Where the upstream's goes on. */
  ChannelInboundHandlerAdapter upstream() {
    return upstream;
  }

  /** Both ends are in their pipelines. */
  void open() {
    loop.add(this);
    client.here.config().setAutoRead(true);
    upstream.here.config().setAutoRead(true);
  }

  private void closed() {
    loop.remove(this);
  }

  @Override
  public void sweep(long now) {
    client.sweep(now);
    upstream.sweep(now);
  }

  @Override
  public int place() {
    return place;
  }

  @Override
  public void place(int newPlace) {
    place = newPlace;
  }

  /** One of the two connections. */
  private final class End extends ChannelInboundHandlerAdapter {
    private final Stall stall = new Stall();
    private final Channel here;
    private final Channel there;

    End(Channel here, Channel there) {
      this.here = here;
      this.there = there;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
      if (msg instanceof ByteBuf) {
        there.write(msg, there.voidPromise());
        if (!there.isWritable()) {
          here.config().setAutoRead(false); // not for all that one read could bring
        }
      } else {
        ReferenceCountUtil.release(msg); // what is left of HTTP
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      there.flush();
      here.config().setAutoRead(there.isWritable());
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      if (here.isWritable()) {
        there.config().setAutoRead(true);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      closed();
      there.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close(); // the peer broke off, which is its right
    }

    private void sweep(long now) {
      var out = here.unsafe().outboundBuffer();
      long pending = out == null ? 0 : out.totalPendingWriteBytes();
      if (stall.stands(pending == 0 ? 0 : pending * 31 + out.currentProgress(), now, stallMs)) {
        here.close();
      }
    }
  }
}
