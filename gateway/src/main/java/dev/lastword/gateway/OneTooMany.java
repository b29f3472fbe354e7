package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Answers one connection too many, and ends it; a secured one without the handshake's cost. So it
 * does to an EventSource that comes back, which would take the answer for the end of everything,
 * and tries a closed connection again.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // the connection is closed, whatever became of the answer
final class OneTooMany extends ChannelInboundHandlerAdapter {
  /** What a client may take to say what it wants; then it is answered whatever that is. */
  private static final long SAYING_MS = 1_000;

  private final Problem problem;
  private final boolean secured;
  private boolean over;

  OneTooMany(Problem problem, boolean secured) {
    this.problem = problem;
    this.secured = secured;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    if (secured) {
      ctx.close();
    } else {
      ctx.executor().schedule(() -> answer(ctx), SAYING_MS, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    var said = (ByteBuf) message;
    var head = said.toString(StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
    said.release();
    if (head.contains("\r\nlast-event-id:") && head.contains("text/event-stream")) {
      over = true;
      ctx.close();
    } else {
      answer(ctx);
    }
  }

  private void answer(ChannelHandlerContext ctx) {
    if (over) {
      return;
    }
    over = true;
    var body = problem.json();
    var head =
        "HTTP/1.1 "
            + HttpResponseStatus.valueOf(problem.status())
            + "\r\nContent-Type: application/problem+json\r\nRetry-After: 5\r\n"
            + "Connection: close\r\nContent-Length: "
            + body.length
            + "\r\n\r\n";
    ctx.write(Unpooled.copiedBuffer(head, StandardCharsets.US_ASCII));
    ctx.writeAndFlush(Unpooled.wrappedBuffer(body)).addListener(ChannelFutureListener.CLOSE);
  }
}
