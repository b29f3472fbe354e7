package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.util.List;

/**
 * Reads HTTP/1.1 requests, and refuses every form that two readers could cut differently (RFC 9112
 * §6.3, §11.2).
 */
final class Http1RequestDecoder extends HttpRequestDecoder {
  private final Http1Connection connection;
  private final ChunkSizes sizes = new ChunkSizes();
  private boolean broken;
  private boolean decoding;

  Http1RequestDecoder(Http1Connection connection, Limits limits) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(limits.requestLineBytesMax())
            .setMaxHeaderSize(limits.headerBytesMax())
            .setInitialBufferSize(256)
            .setStrictLineParsing(true)
            .setUseRfc9112TransferEncoding(true));
    this.connection = connection;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
    connection.bytesArrived();
    read(ctx, msg);
  }

  private void read(ChannelHandlerContext ctx, Object bytes) throws Exception {
    decoding = true;
    try {
      super.channelRead(ctx, bytes);
    } finally {
      decoding = false;
    }
    connection.held(actualReadableBytes());
  }

  /** Goes on with what was left while the connection was {@linkplain Http1Connection#busy busy}. */
  void goOn() {
    if (!decoding && actualReadableBytes() > 0) { // a running loop goes on by itself
      goOnWith(Unpooled.EMPTY_BUFFER);
    }
  }

  /** Begins with bytes that arrived while this decoder was out of the pipeline. */
  void goOnWith(ByteBuf bytes) {
    var here = connection.channel().pipeline().context(this);
    if (bytes.isReadable() || actualReadableBytes() > 0) {
      connection.bytesArrived();
    }
    try {
      read(here, bytes);
      channelReadComplete(here);
    } catch (Exception e) {
      connection.exceptionCaught(connection.context(), e);
    }
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf buffer, List<Object> out)
      throws Exception {
    if (broken) {
      buffer.skipBytes(buffer.readableBytes());
      return;
    }
    if (connection.busy()) {
      return;
    }
    if (!sizes.proper(buffer)) {
      broken = true;
      buffer.skipBytes(buffer.readableBytes());
      out.add(ChunkSizes.malformed());
      return;
    }
    int before = buffer.readableBytes();
    super.decode(ctx, buffer, out);
    sizes.decoded(before - buffer.readableBytes(), out);
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException("both Content-Length and Transfer-Encoding");
  }
}
