package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Tells the calls on one connection what its frames say. */
final class UpstreamFrames extends Http2FrameAdapter {
  private final UpstreamHttp2 connection;
  private final io.netty.handler.codec.http2.Http2Connection.PropertyKey key;
  private final ArrayList<UpstreamStream> fed = new ArrayList<>(0);

  UpstreamFrames(UpstreamHttp2 connection) {
    this.connection = connection;
    this.key = connection.connection().newKey();
  }

  /** A call runs on a stream from now on. */
  void carry(Http2Stream stream, UpstreamStream call) {
    stream.setProperty(key, call);
  }

  private @Nullable UpstreamStream of(int streamId) {
    var stream = connection.connection().stream(streamId);
    return stream == null ? null : stream.getProperty(key);
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
    connection.settled();
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int streamId,
      Http2Headers headers,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean end) {
    onHeadersRead(ctx, streamId, headers, padding, end);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean end) {
    var call = of(streamId);
    if (call != null) {
      try {
        call.head(headers, end);
      } catch (RuntimeException e) { // one call's, not those of the others
        broken(call, e);
      }
    }
  }

  /** Told by the codec that bytes came; what is returned it may give the peer back as window. */
  @Override
  public int onDataRead(
      ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean end) {
    int bytes = data.readableBytes() + padding;
    var call = of(streamId);
    if (call == null) {
      return bytes;
    }
    try {
      int taken = call.part(data, bytes);
      if (end) {
        call.end();
      } else if (call.feed()) {
        fed.add(call);
      }
      return taken;
    } catch (RuntimeException e) {
      broken(call, e);
      return bytes;
    }
  }

  private void broken(UpstreamStream call, RuntimeException cause) {
    connection.unexpected(cause);
    call.breakOff();
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long error) {
    var call = of(streamId);
    if (call != null) {
      call.reset(error);
    }
  }

  /** No more at hand for now. */
  void readComplete() {
    for (int i = 0; i < fed.size(); i++) {
      fed.get(i).pause();
    }
    fed.clear();
  }

  /** The codec will reset a stream, for what it was told on it. */
  void malformed(Http2Stream stream) {
    UpstreamStream call = stream.getProperty(key);
    if (call != null) {
      connection.retire();
      call.fail(UpstreamFailure.MALFORMED);
    }
  }

  /** Fails all calls that run. */
  void failAll(UpstreamFailure failure) {
    running(_ -> true).forEach(call -> call.fail(failure));
  }

  private List<UpstreamStream> running(IntPredicate which) {
    var calls = new ArrayList<UpstreamStream>();
    try {
      connection
          .connection()
          .forEachActiveStream(
              stream -> {
                UpstreamStream call = stream.getProperty(key);
                if (call != null && which.test(stream.id())) {
                  calls.add(call);
                }
                return true;
              });
    } catch (Http2Exception e) {
      throw new IllegalStateException(e); // declared for visitors that throw it
    }
    return calls;
  }

  /** Told of every stream that ends, whoever has ended it, and of the upstream's goodbye. */
  Http2ConnectionAdapter endings() {
    return new Http2ConnectionAdapter() {
      @Override
      public void onGoAwayReceived(int lastStreamId, long error, ByteBuf debug) {
        connection.retire();
        running(id -> id > lastStreamId).forEach(UpstreamStream::refused);
      }

      @Override
      public void onStreamClosed(Http2Stream stream) {
        UpstreamStream call = stream.removeProperty(key);
        if (call != null) {
          connection.closed(call);
        }
      }
    };
  }
}
