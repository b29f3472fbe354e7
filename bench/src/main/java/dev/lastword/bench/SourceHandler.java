package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/// One connection of the source: answers each request with a stream of the shape that its query
/// asks for.
///
/// The head goes out at once. What is sent passes no codec: every event is one write of bytes that
/// were made before.
final class SourceHandler extends ChannelInboundHandlerAdapter {
  private static final byte[] HEAD =
      """
      HTTP/1.1 200 OK\r
      Content-Type: text/event-stream; charset=utf-8\r
      Cache-Control: no-cache\r
      Transfer-Encoding: chunked\r
      \r
      """
          .getBytes(US_ASCII);

  private final Pacer pacer;
  private String uri = "";
  private @Nullable PacedStream stream;

  SourceHandler(Pacer pacer) {
    this.pacer = pacer;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (message instanceof HttpRequest request) {
        uri = request.uri();
      }
      if (message instanceof LastHttpContent) {
        answer(context);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (stream != null) {
      pacer.abort(stream);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    var _ = context.close();
  }

  private void answer(ChannelHandlerContext context) {
    StreamShape shape;
    try {
      shape = StreamShape.ofUri(uri);
    } catch (IllegalArgumentException e) {
      refuse(context, 400, e.getMessage() + " in " + uri);
      return;
    }
    if (stream != null) {
      refuse(context, 409, "a request came before the last one was answered");
      return;
    }
    var started =
        new PacedStream(
            context.channel(), shape, pacer.template(shape.bytes()), () -> stream = null);
    stream = started;
    var _ = context.writeAndFlush(Unpooled.wrappedBuffer(HEAD), context.voidPromise());
    pacer.add(started);
  }

  private static void refuse(ChannelHandlerContext context, int status, String reason) {
    var answer =
        "HTTP/1.1 "
            + status
            + " Refused\r\nConnection: close\r\nContent-Length: "
            + reason.length()
            + "\r\n\r\n";
    var _ =
        context
            .writeAndFlush(Unpooled.copiedBuffer(answer + reason, US_ASCII))
            .addListener(ChannelFutureListener.CLOSE);
  }
}
