package dev.lastword.gateway;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The upstream connections of one loop: kept between requests, opened when none is idle. */
final class UpstreamPool {
  private static final Logger log = LoggerFactory.getLogger(UpstreamPool.class);
  private static final int IDLE_MAX = 256;
  private static final Pattern TIMEOUT =
      Pattern.compile("(?i)(?:^|[,\\s])timeout\\s*=\\s*\"?([0-9]{1,9})");

  /** How long before its end an upstream's own timeout is taken for over. */
  private static final long EARLIER_S = 1;

  private final Loop loop;
  private final UpstreamContext context;
  private final ArrayDeque<UpstreamConnection> idle = new ArrayDeque<>();

  UpstreamPool(Loop loop, UpstreamContext context) {
    this.loop = loop;
    this.context = context;
  }

  Loop loop() {
    return loop;
  }

  UpstreamTimeouts timeouts() {
    return context.timeouts();
  }

  /**
   * Makes a call on this pool's loop.
   *
   * @param calls where it has been counted by {@link Quota#begin}
   */
  UpstreamCall call(HttpRequest request, boolean withBody, UpstreamListener listener, Quota calls) {
    var call = new UpstreamCall(this, request, withBody, listener, calls);
    take(call);
    return call;
  }

  private void take(UpstreamCall call) {
    for (var kept = idle.pollLast(); kept != null; kept = idle.pollLast()) {
      if (kept.usable(System.nanoTime())) {
        lookAt(kept, call);
        return;
      }
      kept.close();
    }
    connect(call);
  }

  /**
   * Uses a kept connection once the loop has looked at its sockets: whatever the upstream had said
   * by now, its goodbye or something that nobody asked for, is then seen before anything is asked.
   * The loop runs the second of two tasks without delay after it has looked.
   */
  private void lookAt(UpstreamConnection kept, UpstreamCall call) {
    loop.schedule(0, () -> loop.schedule(0, () -> begin(kept, call)));
  }

  private void begin(UpstreamConnection kept, UpstreamCall call) {
    if (kept.usable(System.nanoTime())) {
      call.begin(kept);
    } else {
      kept.close();
      take(call);
    }
  }

  /** Opens a connection for a call. */
  void connect(UpstreamCall call) {
    context
        .resolving()
        .execute(
            () -> {
              List<InetAddress> addresses;
              try {
                addresses = List.of(InetAddress.getAllByName(context.target().host()));
              } catch (UnknownHostException e) {
                addresses = List.of();
              }
              var found = addresses;
              loop.execute(() -> connect(call, found, 0));
            });
  }

  private void connect(UpstreamCall call, List<InetAddress> addresses, int next) {
    if (call.isOver()) {
      return;
    }
    if (next == addresses.size()) {
      call.fail(UpstreamFailure.UNREACHABLE);
      return;
    }
    if (!context.descriptors().roomToConnect()) {
      call.fail(UpstreamFailure.NO_ROOM);
      return;
    }
    var target = context.target();
    var bootstrap =
        new Bootstrap()
            .group(loop.eventLoop())
            .channelFactory(context.transport().clientChannels())
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeouts().connectMs())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(
                ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(32 << 10, 64 << 10))
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    context.descriptors().opened(channel);
                    context.transport().keepAlive(channel);
                    open(channel, call);
                  }
                });
    var connecting = bootstrap.connect(new InetSocketAddress(addresses.get(next), target.port()));
    call.connecting(connecting.channel());
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
    var tls = context.tls();
    if (tls != null) {
      var target = context.target();
      var handler = tls.newHandler(channel.alloc(), target.host(), target.port());
      handler.setHandshakeTimeoutMillis(timeouts().connectMs());
      pipeline.addLast(handler);
    }
    pipeline.addLast(new UpstreamDecoder(connection));
    pipeline.addLast(new HttpRequestEncoder());
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
              context.target().authority(),
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

  /**
   * How long a connection may be kept after a response: as configured, or less if the upstream says
   * so itself ({@code Keep-Alive: timeout=5}, in seconds).
   */
  long keepNanos(HttpHeaders response) {
    long ours = TimeUnit.MILLISECONDS.toNanos(timeouts().keepMs());
    var said = TIMEOUT.matcher(response.get("keep-alive", ""));
    return said.find()
        ? Math.min(ours, TimeUnit.SECONDS.toNanos(Long.parseLong(said.group(1)) - EARLIER_S))
        : ours;
  }

  void keep(UpstreamConnection connection) {
    if (idle.size() < IDLE_MAX && connection.usable(System.nanoTime())) {
      idle.addLast(connection);
    } else {
      connection.close();
    }
  }

  void forget(UpstreamConnection connection) {
    loop.remove(connection);
    idle.remove(connection);
  }

  void spokeUnasked() {
    context.spokeUnasked();
  }

  void failed(Throwable cause) {
    log.debug(
        "upstream.connection_failed upstream={} cause={}",
        context.target().authority(),
        cause.toString());
  }
}
