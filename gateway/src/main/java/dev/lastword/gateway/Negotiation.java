package dev.lastword.gateway;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;

/** Waits for the handshake of a secured connection, and goes on with what was agreed on (ALPN). */
@SuppressWarnings("FutureReturnValueIgnored") // it is closed, whatever becomes of the close
final class Negotiation extends ApplicationProtocolNegotiationHandler {
  private final Loop loop;
  private final ServerContext server;

  Negotiation(Loop loop, ServerContext server) {
    super(ApplicationProtocolNames.HTTP_1_1); // what a client means that offers nothing
    this.loop = loop;
    this.server = server;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    server.connected(ctx.channel());
    ctx.fireChannelActive();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    server.disconnected(ctx.channel());
    super.channelInactive(ctx);
  }

  @Override
  protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
    if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
      ctx.pipeline().addLast(Http2Connection.of(loop, server));
    } else {
      var connection = new Http1Connection(loop, server);
      ctx.pipeline().addLast(connection);
      connection.channelActive(ctx.pipeline().context(connection));
    }
  }

  @Override
  protected void handshakeFailure(ChannelHandlerContext ctx, Throwable cause) {
    server.handshakeFailed(cause);
    ctx.close();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    server.handshakeFailed(cause);
    ctx.close();
  }
}
