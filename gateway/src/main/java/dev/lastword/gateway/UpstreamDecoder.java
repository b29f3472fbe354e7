package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reads an upstream's HTTP/1.1 responses, and takes for malformed whatever two readers could cut
 * differently (RFC 9112 §6.3). Bytes to which no request belongs are never decoded: they are told
 * to the connection.
 */
final class UpstreamDecoder extends HttpResponseDecoder {
  private static final Pattern STATUS = Pattern.compile("[1-5][0-9][0-9]");

  private final UpstreamConnection connection;
  private final ChunkSizes sizes = new ChunkSizes();
  private boolean broken;

  UpstreamDecoder(UpstreamConnection connection) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(8 << 10)
            .setMaxHeaderSize(64 << 10)
            .setMaxChunkSize(64 << 10)
            .setStrictLineParsing(true)
            .setUseRfc9112TransferEncoding(true));
    this.connection = connection;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf buffer, List<Object> out)
      throws Exception {
    if (broken || !connection.awaitsBytes()) {
      buffer.skipBytes(buffer.readableBytes());
      connection.spokeUnasked();
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
  protected HttpMessage createMessage(String[] line) {
    var version =
        switch (line[0]) {
          case "HTTP/1.1" -> HttpVersion.HTTP_1_1;
          case "HTTP/1.0" -> HttpVersion.HTTP_1_0;
          default -> throw new IllegalArgumentException("version");
        };
    if (!STATUS.matcher(line[1]).matches()) {
      throw new IllegalArgumentException("status"); // outside of RFC 9110 §15
    }
    var status = HttpResponseStatus.valueOf(Integer.parseInt(line[1]), line[2]);
    return new DefaultHttpResponse(version, status, headersFactory);
  }

  /** Asked when the fields are read, before the body: the place to judge how that is framed. */
  @Override
  protected boolean isContentAlwaysEmpty(HttpMessage message) {
    var codings = message.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
    boolean chunkedAlone = codings.size() == 1 && codings.getFirst().equalsIgnoreCase("chunked");
    if (!codings.isEmpty() && !chunkedAlone) {
      throw new IllegalArgumentException("transfer coding"); // none but chunked was offered
    }
    return super.isContentAlwaysEmpty(message) || connection.askedForHead();
  }
}
