package dev.lastword.gateway;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The upstream connections of one loop: kept between requests, opened when none is idle. */
final class UpstreamPool {
  private static final Logger log = LoggerFactory.getLogger(UpstreamPool.class);
  private static final int IDLE_MAX = 256;

  private final Loop loop;
  private final UpstreamTarget target;
  private final UpstreamTimeouts timeouts;
  private final Transport transport;
  private final @Nullable SslContext tls;
  private final Executor resolving;
  private final ArrayDeque<UpstreamConnection> idle = new ArrayDeque<>();

  UpstreamPool(
      Loop loop,
      UpstreamTarget target,
      UpstreamTimeouts timeouts,
      Transport transport,
      @Nullable SslContext tls,
      Executor resolving) {
    this.loop = loop;
    this.target = target;
    this.timeouts = timeouts;
    this.transport = transport;
    this.tls = tls;
    this.resolving = resolving;
  }

  Loop loop() {
    return loop;
  }

  UpstreamTimeouts timeouts() {
    return timeouts;
  }

  UpstreamTarget target() {
    return target;
  }

  /** Makes a call on this pool's loop. */
  UpstreamCall call(HttpRequest request, boolean withBody, UpstreamListener listener) {
    var call = new UpstreamCall(this, request, withBody, listener);
    UpstreamConnection kept;
    while ((kept = idle.pollLast()) != null) {
      if (kept.usable()) {
        call.begin(kept);
        return call;
      }
    }
    connect(call);
    return call;
  }

  /** Opens a connection for a call. */
  void connect(UpstreamCall call) {
    resolving.execute(
        () -> {
          List<InetAddress> addresses;
          try {
            addresses = List.of(InetAddress.getAllByName(target.host()));
          } catch (UnknownHostException e) {
            addresses = List.of();
          }
          var found = addresses;
          loop.execute(() -> connect(call, found, 0));
        });
  }

  private void connect(UpstreamCall call, List<InetAddress> addresses, int next) {
    if (next == addresses.size()) {
      call.fail(UpstreamFailure.UNREACHABLE);
      return;
    }
    var bootstrap =
        new Bootstrap()
            .group(loop.eventLoop())
            .channelFactory(transport.clientChannels())
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeouts.connectMs())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(
                ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(32 << 10, 64 << 10))
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    open(channel, call);
                  }
                });
    var connecting = bootstrap.connect(new InetSocketAddress(addresses.get(next), target.port()));
    connecting.addListener(
        done -> {
          if (!done.isSuccess()) {
            log.debug(
                "upstream.connect_failed upstream={} cause={}",
                target.authority(),
                done.cause().getClass().getSimpleName());
            connect(call, addresses, next + 1);
          }
        });
  }

  private void open(Channel channel, UpstreamCall call) {
    var connection = new UpstreamConnection(this, channel);
    var pipeline = channel.pipeline();
    if (tls != null) {
      var handler = tls.newHandler(channel.alloc(), target.host(), target.port());
      handler.setHandshakeTimeoutMillis(timeouts.connectMs());
      pipeline.addLast(handler);
    }
    pipeline.addLast(
        new HttpClientCodec(
            new HttpDecoderConfig()
                .setMaxInitialLineLength(8 << 10)
                .setMaxHeaderSize(64 << 10)
                .setMaxChunkSize(64 << 10),
            false,
            false));
    pipeline.addLast(connection);
    pipeline.addLast(new Greeting(connection, call, tls != null));
  }

  /**
   * Begins the call when the connection stands: connected, and where it is secured, with its
   * handshake done.
   */
  private final class Greeting extends ChannelInboundHandlerAdapter {
    private final UpstreamConnection connection;
    private final UpstreamCall call;
    private final boolean secured;

    Greeting(UpstreamConnection connection, UpstreamCall call, boolean secured) {
      this.connection = connection;
      this.call = call;
      this.secured = secured;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      if (!secured) {
        begin(ctx);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof SslHandshakeCompletionEvent handshake) {
        if (handshake.isSuccess()) {
          begin(ctx);
        } else {
          log.warn(
              "upstream.tls_failed upstream={} cause={}",
              target.authority(),
              handshake.cause().getMessage());
          call.fail(UpstreamFailure.UNREACHABLE);
        }
      }
    }

    private void begin(ChannelHandlerContext ctx) {
      ctx.pipeline().remove(this);
      loop.add(connection);
      call.begin(connection);
    }
  }

  void keep(UpstreamConnection connection) {
    if (idle.size() < IDLE_MAX && connection.usable()) {
      idle.addLast(connection);
    } else {
      connection.close();
    }
  }

  void forget(UpstreamConnection connection) {
    loop.remove(connection);
    idle.remove(connection);
  }

  void failed(Throwable cause) {
    log.debug(
        "upstream.connection_failed upstream={} cause={}", target.authority(), cause.toString());
  }
}
