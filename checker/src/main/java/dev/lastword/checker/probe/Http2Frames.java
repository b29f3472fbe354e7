package dev.lastword.checker.probe;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The frames that the peer has sent, as far as they matter to who reads one stream. Room in the
 * flow-control windows is given back at once: who wants to stall a peer does not read the socket.
 */
final class Http2Frames extends Http2FrameAdapter {
  private final Queue<Frame> arrived = new ArrayDeque<>();

  /** A frame. */
  sealed interface Frame {}

  /** A frame that is part of a response. */
  sealed interface Part extends Frame {}

  /**
   * A head, or trailers.
   *
   * @param status 0 for trailers
   */
  record Fields(int status, List<Header> headers, boolean last) implements Part {}

  /** Some of the body. */
  @SuppressWarnings("ArrayRecordComponent") // handed on as it is, never compared
  record Data(byte[] bytes, boolean last) implements Part {}

  /** The peer gives the stream up. */
  record Reset(long code) implements Frame {}

  /** The peer takes no stream above this one. */
  record GoAway(int lastStream, long code) implements Frame {}

  /** The next one; null if none has arrived. */
  @Nullable Frame poll() {
    return arrived.poll();
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int stream,
      Http2Headers fields,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean last) {
    onHeadersRead(ctx, stream, fields, padding, last);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int stream, Http2Headers fields, int padding, boolean last) {
    var status = fields.status();
    var headers =
        StreamSupport.stream(fields.spliterator(), false)
            .filter(each -> each.getKey().charAt(0) != ':')
            .map(each -> new Header(each.getKey().toString(), each.getValue().toString()))
            .toList();
    arrived.add(
        new Fields(status == null ? 0 : Integer.parseInt(status.toString()), headers, last));
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext ctx, int stream, ByteBuf data, int padding, boolean last) {
    arrived.add(new Data(ByteBufUtil.getBytes(data), last));
    return data.readableBytes() + padding;
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext ctx, int stream, long code) {
    arrived.add(new Reset(code));
  }

  @Override
  public void onGoAwayRead(ChannelHandlerContext ctx, int lastStream, long code, ByteBuf reason) {
    arrived.add(new GoAway(lastStream, code));
  }
}
