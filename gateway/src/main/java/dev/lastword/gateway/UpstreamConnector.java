package dev.lastword.gateway;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens connections to one upstream on one loop: finds its addresses, tries them in turn, secures
 * what stands, and learns which protocol it speaks.
 */
final class UpstreamConnector {
  private static final Logger log = LoggerFactory.getLogger(UpstreamConnector.class);

  private final UpstreamPool pool;
  private final UpstreamContext context;

  /** Who wants a connection; told once, on the loop. */
  interface Seeker {
    /** Whether nobody waits for it any more. */
    boolean isOver();

    /** An attempt has begun on this channel. */
    default void connecting(Channel channel) {}

    void connected(UpstreamConnection connection);

    void connected(UpstreamHttp2 connection);

    void failed(UpstreamFailure failure);
  }

  UpstreamConnector(UpstreamPool pool, UpstreamContext context) {
    this.pool = pool;
    this.context = context;
  }

  /**
   * Opens one connection.
   *
   * @param http1 whether only HTTP/1.1 is of use on it
   */
  void connect(Seeker seeker, boolean http1) {
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
              var attempt = new Attempt(seeker, http1, addresses);
              pool.loop().execute(() -> attempt.begin(0));
            });
  }

  private boolean negotiates(boolean http1) {
    return !http1 && context.mayShare();
  }

  /** One connection on its way to stand. */
  private final class Attempt {
    private final Seeker seeker;
    private final boolean http1;
    private final List<InetAddress> addresses;

    Attempt(Seeker seeker, boolean http1, List<InetAddress> addresses) {
      this.seeker = seeker;
      this.http1 = http1;
      this.addresses = addresses;
    }

    /** Whatever goes wrong here is told: nobody else ends the wait of who asked. */
    void begin(int next) {
      try {
        connect(next);
      } catch (RuntimeException e) {
        log.error("upstream.connect_failed upstream={}", context.target().authority(), e);
        seeker.failed(UpstreamFailure.UNREACHABLE);
      }
    }

    private void connect(int next) {
      if (seeker.isOver()) {
        seeker.failed(UpstreamFailure.CLOSED);
        return;
      }
      if (next == addresses.size()) {
        seeker.failed(UpstreamFailure.UNREACHABLE);
        return;
      }
      if (!context.descriptors().roomToConnect()) {
        seeker.failed(UpstreamFailure.NO_ROOM);
        return;
      }
      var target = context.target();
      var bootstrap =
          new Bootstrap()
              .group(pool.loop().eventLoop())
              .channelFactory(context.transport().clientChannels())
              .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, context.timeouts().connectMs())
              .option(ChannelOption.TCP_NODELAY, true)
              .option(
                  ChannelOption.WRITE_BUFFER_WATER_MARK,
                  new WriteBufferWaterMark(32 << 10, 64 << 10))
              .handler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      context.descriptors().opened(channel);
                      context.transport().keepAlive(channel);
                      open(channel);
                    }
                  });
      var connecting = bootstrap.connect(new InetSocketAddress(addresses.get(next), target.port()));
      seeker.connecting(connecting.channel());
      connecting.addListener(
          done -> {
            if (!done.isSuccess()) {
              log.debug(
                  "upstream.connect_failed upstream={} cause={}",
                  target.authority(),
                  done.cause().getClass().getSimpleName());
              begin(next + 1);
            }
          });
    }

    private void open(Channel channel) {
      var tls = negotiates(http1) ? context.negotiatingTls() : context.tls();
      if (tls != null) {
        channel.pipeline().addLast(secured(channel, tls));
      }
      var connection = negotiates(http1) ? null : http1(channel);
      channel.pipeline().addLast(new Greeting(seeker, connection, tls != null));
    }
  }

  private SslHandler secured(Channel channel, SslContext tls) {
    var target = context.target();
    var handler = tls.newHandler(channel.alloc(), target.host(), target.port());
    handler.setHandshakeTimeoutMillis(context.timeouts().connectMs());
    return handler;
  }

  private UpstreamConnection http1(Channel channel) {
    var connection = new UpstreamConnection(pool, channel);
    channel
        .pipeline()
        .addLast(new UpstreamDecoder(connection), new HttpRequestEncoder(), connection);
    return connection;
  }

  /**
   * Hands the connection over when it stands: connected, and where it is secured, with its
   * handshake done.
   */
  private final class Greeting extends ChannelInboundHandlerAdapter {
    private final Seeker seeker;
    private final @Nullable UpstreamConnection http1;
    private final boolean secured;

    /**
     * @param http1 where it is known that nothing else will be spoken
     */
    Greeting(Seeker seeker, @Nullable UpstreamConnection http1, boolean secured) {
      this.seeker = seeker;
      this.http1 = http1;
      this.secured = secured;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      if (!secured) {
        begin(ctx, context.protocol() == UpstreamProtocol.PRIOR_KNOWLEDGE);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof SslHandshakeCompletionEvent handshake) {
        if (handshake.isSuccess()) {
          var tls = ctx.pipeline().get(SslHandler.class);
          begin(ctx, ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol()));
        } else {
          log.warn(
              "upstream.tls_failed upstream={} cause={}",
              context.target().authority(),
              handshake.cause().getMessage());
          seeker.failed(UpstreamFailure.UNREACHABLE);
        }
      }
    }

    private void begin(ChannelHandlerContext ctx, boolean http2) {
      var known = http1;
      if (known == null && http2) {
        ctx.pipeline().replace(this, null, UpstreamHttp2.of(pool, seeker, secured));
        return;
      }
      var connection = known == null ? UpstreamConnector.this.http1(ctx.channel()) : known;
      ctx.pipeline().remove(this);
      // What it still has to say is read also where it takes no more of the request.
      ctx.channel().config().setAutoClose(false);
      pool.loop().add(connection);
      seeker.connected(connection);
    }
  }
}
