package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** Makes exchanges of the frames that a client sends. */
final class Http2Requests extends Http2FrameAdapter {
  private final Http2Connection connection;
  private final io.netty.handler.codec.http2.Http2Connection.PropertyKey key;
  private final ArrayList<Http2Exchange> fed = new ArrayList<>(0);

  Http2Requests(Http2Connection connection) {
    this.connection = connection;
    this.key = connection.connection().newKey();
  }

  /** Whether what was thrown is the codec's, and says itself what it ends. */
  static boolean isProtocols(Throwable cause) {
    for (Throwable at = cause; at != null; at = at.getCause()) {
      if (at instanceof Http2Exception) {
        return true;
      }
    }
    return false;
  }

  private @Nullable Http2Exchange of(Http2Stream stream) {
    return stream.getProperty(key);
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
    var stream = connection.connection().stream(streamId);
    var running = of(stream);
    if (running == null) {
      begin(stream, headers, end);
    } else if (end) { // trailers, which nobody reads
      running.contentComplete();
    }
  }

  private void begin(Http2Stream stream, Http2Headers headers, boolean end) {
    switch (Http2Heads.read(headers, end, connection.server().limits())) {
      case RequestHeads.Refused(Problem problem) -> {
        connection.server().refused(problem);
        problem.send(begin(new Http2Exchange(connection, stream, this, end)));
      }
      case RequestHeads.Accepted(RequestHead read) -> {
        var channel = connection.context().channel();
        var head = connection.server().seen(read, channel);
        var exchange = begin(new Http2Exchange(connection, stream, this, head, end));
        var entered = connection.server().enter(head, channel);
        if (entered == null) {
          connection.server().tooManyOfAddress("requests").send(exchange);
          return;
        }
        exchange.entered(entered);
        try {
          connection.server().router().handle(exchange);
        } catch (RuntimeException e) { // one exchange's, not those of the others
          connection.server().failed(e);
          connection.reset(stream, Http2Error.INTERNAL_ERROR);
        }
      }
    }
  }

  /** An exchange stands for a stream from now on, in place of another one if there was one. */
  Http2Exchange begin(Http2Exchange exchange) {
    Http2Exchange replaced = of(exchange.stream());
    exchange.stream().setProperty(key, exchange);
    if (replaced != null) {
      connection.closed(replaced);
    }
    connection.opened(exchange);
    return exchange;
  }

  /** Told by the codec that bytes came; what is returned it may give the peer back as window. */
  @Override
  public int onDataRead(
      ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean end) {
    int bytes = data.readableBytes() + padding;
    var running = of(connection.connection().stream(streamId));
    if (running == null) {
      return bytes;
    }
    int taken = running.content(data, bytes);
    if (end) {
      running.contentComplete();
    } else if (running.feed()) {
      fed.add(running);
    }
    return taken;
  }

  /** No more at hand for now. */
  void readComplete() {
    for (int i = 0; i < fed.size(); i++) {
      fed.get(i).readComplete();
    }
    fed.clear();
  }

  /** Told of every stream that ends, whoever has ended it. */
  Http2ConnectionAdapter closings() {
    return new Http2ConnectionAdapter() {
      @Override
      public void onStreamClosed(Http2Stream stream) {
        Http2Exchange running = stream.removeProperty(key);
        if (running != null) {
          connection.closed(running);
        }
      }
    };
  }
}
