package dev.lastword.checker;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A chat endpoint that speaks HTTP/2 and nothing else: {@code POST /chat} streams, {@code GET
 * /messages/ID} shows what was saved.
 */
final class Http2Endpoint implements AutoCloseable {
  private static final int WORDS = 10;

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
  private final Map<String, String> saved = new ConcurrentHashMap<>();
  private final AtomicInteger ids = new AtomicInteger();
  private final boolean savesFirst;
  private final boolean secure;
  private final Channel server;

  /** Streams that were reset, and streams whose connection was closed, before their end. */
  final AtomicInteger resets = new AtomicInteger();

  final AtomicInteger closes = new AtomicInteger();

  /**
   * @param savesFirst saves ahead of the terminal event; else a while after it, if the reader stays
   * @param ca for TLS; null for plain TCP
   */
  Http2Endpoint(boolean savesFirst, @Nullable PrivateCa ca) throws Exception {
    this.savesFirst = savesFirst;
    this.secure = ca != null;
    var tls = ca == null ? null : tls(ca);
    this.server =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    if (tls != null) {
                      channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                    }
                    channel
                        .pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forServer().build(),
                            new Http2MultiplexHandler(new Streams()));
                  }
                })
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();
  }

  private static SslContext tls(PrivateCa ca) throws Exception {
    return SslContextBuilder.forServer(ca.keys())
        .applicationProtocolConfig(
            new ApplicationProtocolConfig(
                ApplicationProtocolConfig.Protocol.ALPN,
                ApplicationProtocolConfig.SelectorFailureBehavior.FATAL_ALERT,
                ApplicationProtocolConfig.SelectedListenerFailureBehavior.FATAL_ALERT,
                "h2"))
        .build();
  }

  String url(String path) {
    return (secure ? "https" : "http")
        + "://127.0.0.1:"
        + ((InetSocketAddress) server.localAddress()).getPort()
        + path;
  }

  @Override
  public void close() throws InterruptedException {
    server.close().sync();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }

  private final class Streams extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel stream) {
      stream.pipeline().addLast(new Answer());
    }
  }

  /** Answers one stream. */
  private final class Answer extends SimpleChannelInboundHandler<Object> {
    private final String id = "m" + ids.incrementAndGet();
    private boolean over;
    private boolean reset;

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, Object frame) {
      if (!(frame instanceof Http2HeadersFrame request)) {
        return; // the body says nothing that matters
      }
      var path = String.valueOf(request.headers().path());
      if (path.startsWith("/messages/")) {
        var text = saved.get(path.substring("/messages/".length()));
        head(ctx, text == null ? "404" : "200", "text/plain");
        data(ctx, text == null ? "" : text, true);
        over = true;
        return;
      }
      head(ctx, "200", "text/event-stream");
      word(ctx, 0);
    }

    private void word(ChannelHandlerContext ctx, int i) {
      if (i < WORDS) {
        data(ctx, "data: " + id + "-word-" + i + "\n\n", false);
        later(ctx, 5, () -> word(ctx, i + 1));
        return;
      }
      if (savesFirst) {
        save();
      }
      data(ctx, "data: [DONE]\n\n", false);
      later(
          ctx,
          300,
          () -> {
            if (ctx.channel().isActive()) {
              save();
              over = true;
              data(ctx, "", true);
            }
          });
    }

    /** The work goes on without its reader only where that is right. */
    private void later(ChannelHandlerContext ctx, int ms, Runnable work) {
      ctx.executor()
          .schedule(
              () -> {
                if (savesFirst || ctx.channel().isActive()) {
                  work.run();
                }
              },
              ms,
              TimeUnit.MILLISECONDS);
    }

    private void save() {
      var text = new StringBuilder();
      for (int i = 0; i < WORDS; i++) {
        text.append(id).append("-word-").append(i);
      }
      saved.put(id, text.toString());
    }

    private void head(ChannelHandlerContext ctx, String status, String type) {
      var fields = new DefaultHttp2Headers().status(status);
      fields.add("content-type", type).add("x-message-id", id);
      ctx.writeAndFlush(new DefaultHttp2HeadersFrame(fields));
    }

    private void data(ChannelHandlerContext ctx, String text, boolean last) {
      ctx.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.copiedBuffer(text, UTF_8), last));
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof Http2ResetFrame) {
        reset = true;
        resets.incrementAndGet();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (!over && !reset) {
        closes.incrementAndGet();
      }
    }
  }
}
