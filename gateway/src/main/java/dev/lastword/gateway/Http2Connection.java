package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One client connection that speaks HTTP/2 (RFC 9113): exchanges beside each other, one for each
 * stream.
 *
 * <p>What exchanges write is flushed once for all of them that write in one turn of the loop. An
 * exchange that found no room waits in a queue and is told when there is some, the longest waiting
 * first, so that one whose peer does not take its bytes keeps none of the others from writing.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends the stream, or the
// channel, and its listeners tell
final class Http2Connection extends Http2ConnectionHandler implements Sweepable {
  /** In these many seconds a client may take back {@link Limits#http2ResetsMax} requests. */
  static final int RESETS_SECONDS = 10;

  /** What a peer may send of one request's body before anybody has taken it. */
  static final int WINDOW_BYTES = (64 << 10) - 1;

  /** Bytes that may wait for the next flush; of one stream, for its window. */
  private static final int UNFLUSHED_MAX = 64 << 10;

  private static final long CROWDED_IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Loop loop;
  private final ServerContext server;
  private final Http2Requests requests;
  private final ArrayDeque<Http2Exchange> blocked = new ArrayDeque<>(0);
  private final Stall stall = new Stall();
  private final Http2FrameWatch watch = new Http2FrameWatch();
  private @Nullable ChannelHandlerContext ctx;
  private int exchanges;
  private int unflushed;
  private boolean flushDue;
  private boolean wakeDue;
  private boolean leaving;
  private boolean slow;
  private int place = -1;
  private long idleSinceNanos = System.nanoTime();

  private Http2Connection(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Loop loop,
      ServerContext server) {
    super(decoder, encoder, settings);
    this.loop = loop;
    this.server = server;
    this.requests = new Http2Requests(this);
  }

  static Http2Connection of(Loop loop, ServerContext server) {
    return new Builder(loop, server).made();
  }

  /** Puts Netty's codec together; its bounds are this server's. */
  private static final class Builder
      extends AbstractHttp2ConnectionHandlerBuilder<Http2Connection, Builder> {
    private final Loop loop;
    private final ServerContext server;

    Builder(Loop loop, ServerContext server) {
      this.loop = loop;
      this.server = server;
      var limits = server.limits();
      var connection = new DefaultHttp2Connection(true);
      connection
          .remote()
          .flowController(
              new DefaultHttp2RemoteFlowController(
                  connection, new UniformStreamByteDistributor(connection)));
      connection(connection);
      initialSettings(
          new Http2Settings()
              .maxConcurrentStreams(limits.http2StreamsMax())
              .initialWindowSize(WINDOW_BYTES)
              .maxHeaderListSize(limits.headerBytesMax()));
      decoderEnforceMaxRstFramesPerWindow(limits.http2ResetsMax(), RESETS_SECONDS);
      // Ours: what a peer makes us reset. All streams may break off at once, and that twice.
      encoderEnforceMaxRstFramesPerWindow(
          limits.http2ResetsMax() + 2 * limits.http2StreamsMax(), RESETS_SECONDS);
    }

    Http2Connection made() {
      return build();
    }

    @Override
    protected Http2Connection build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
      var built = new Http2Connection(decoder, encoder, settings, loop, server);
      decoder.frameListener(built.requests);
      built.connection().addListener(built.requests.closings());
      return built;
    }
  }

  Loop loop() {
    return loop;
  }

  ServerContext server() {
    return server;
  }

  ChannelHandlerContext context() {
    var here = ctx;
    if (here == null) {
      throw new IllegalStateException("the connection is in no pipeline");
    }
    return here;
  }

  /** Added once the channel is active: behind TLS, or in place of an HTTP/1.1 connection. */
  @Override
  public void handlerAdded(ChannelHandlerContext context) throws Exception {
    ctx = context;
    super.handlerAdded(context);
    loop.add(this);
    server.connected(context.channel());
    // As much for all streams together as for each: none that is not read stops another.
    decoder()
        .flowController()
        .incrementWindowSize(
            connection().connectionStream(),
            (server.limits().http2StreamsMax() - 1) * WINDOW_BYTES);
    context.flush();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    loop.remove(this);
    server.disconnected(context.channel());
    super.channelInactive(context);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object msg) throws Exception {
    if (msg instanceof ByteBuf bytes) {
      watch.read(bytes, System.nanoTime());
    }
    super.channelRead(context, msg);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) throws Exception {
    requests.readComplete();
    super.channelReadComplete(context);
  }

  // --- exchanges that come and go

  void opened(Http2Exchange exchange) {
    exchanges++;
    loop.add(exchange);
  }

  void closed(Http2Exchange exchange) {
    exchanges--;
    idleSinceNanos = System.nanoTime();
    loop.remove(exchange);
    exchange.lost();
  }

  /** Ends one stream as not complete; the others go on. */
  void reset(Http2Stream stream, Http2Error why) {
    if (connection().stream(stream.id()) != null) {
      resetStream(context(), stream.id(), why.code(), context().newPromise());
      flushSoon();
    }
  }

  // --- writing

  void head(Http2Stream stream, Http2Headers head, boolean end) {
    encoder().writeHeaders(context(), stream.id(), head, 0, end, context().newPromise());
  }

  ChannelFuture data(Http2Stream stream, ByteBuf part, boolean end) {
    unflushed += part.readableBytes();
    return encoder().writeData(context(), stream.id(), part, 0, end, context().newPromise());
  }

  /** Whether an exchange may write more; see {@link #block}. */
  boolean hasRoom(Http2Exchange exchange) {
    var flow = encoder().flowController();
    long waiting = exchange.waiting(flow.hasFlowControlled(exchange.stream()));
    return context().channel().isWritable()
        && unflushed < UNFLUSHED_MAX
        && waiting < UNFLUSHED_MAX
        && waiting < flow.windowSize(exchange.stream())
        && flow.windowSize(connection().connectionStream()) > 0;
  }

  boolean holdsBytesOf(Http2Exchange exchange) {
    return encoder().flowController().hasFlowControlled(exchange.stream());
  }

  long windowOf(Http2Exchange exchange) {
    return encoder().flowController().windowSize(exchange.stream());
  }

  /** Tells an exchange once it has room. */
  void block(Http2Exchange exchange) {
    blocked.add(exchange);
  }

  void flushSoon() {
    if (!flushDue) {
      flushDue = true;
      loop.execute(
          () -> {
            flushDue = false;
            flush(context());
          });
    }
  }

  /**
   * Also called by the codec: after each read, which may have brought room, and when the socket has
   * room.
   */
  @Override
  public void flush(ChannelHandlerContext context) {
    super.flush(context);
    unflushed = 0;
    if (!blocked.isEmpty() && !wakeDue) {
      wakeDue = true;
      loop.execute(this::wakeBlocked); // later: the codec may be in the middle of handing out bytes
    }
  }

  private void wakeBlocked() {
    wakeDue = false;
    for (int i = blocked.size(); i > 0; i--) {
      var exchange = blocked.remove();
      if (exchange.gone() || hasRoom(exchange)) {
        exchange.unblocked();
      } else {
        blocked.add(exchange);
      }
    }
  }

  // --- what goes wrong

  @Override
  protected void onConnectionError(
      ChannelHandlerContext context,
      boolean outbound,
      Throwable cause,
      @Nullable Http2Exception error) {
    if (error == null) {
      server.failed(cause);
    } else {
      server.brokenOff(codeOf(error.error()));
    }
    super.onConnectionError(context, outbound, cause, error);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
    if (Http2Requests.isProtocols(cause)) {
      super.exceptionCaught(context, cause);
    } else {
      server.failed(cause);
      context.close();
    }
  }

  // --- the clock

  @Override
  public void sweep(long now) {
    var limits = server.limits();
    var out = context().channel().unsafe().outboundBuffer();
    long pending = out == null ? 0 : out.totalPendingWriteBytes();
    long at = pending == 0 ? 0 : pending * 31 + out.currentProgress();
    if (stall.stands(at, now, server.stallMs())) {
      server.stalled();
      context().close(); // not with a goodbye, which would wait for the rest
    } else if (!slow && watch.isLate(now, limits.headerReadMs())) {
      slow = true;
      onError(
          context(),
          true,
          Http2Exception.connectionError(
              Http2Error.ENHANCE_YOUR_CALM,
              "a head took longer than %d ms",
              limits.headerReadMs()));
    } else if (exchanges == 0 && now - idleSinceNanos > idleNanos(now, limits)) {
      leave();
    } else if (server.leaving()) {
      leave();
    }
  }

  private String codeOf(Http2Error error) {
    if (slow) {
      return "head_too_slow";
    }
    return error == Http2Error.ENHANCE_YOUR_CALM ? "http2_flood" : "http2_error";
  }

  private long idleNanos(long now, Limits limits) {
    long kept = TimeUnit.MILLISECONDS.toNanos(limits.keepAliveMs());
    return server.crowded(now) ? Math.min(CROWDED_IDLE_NANOS, kept) : kept;
  }

  /** Takes no more requests (GOAWAY), and closes once the running ones have been answered. */
  private void leave() {
    if (!leaving) {
      leaving = true;
      gracefulShutdownTimeoutMillis(-1);
      context().channel().close(); // by way of this handler, which says goodbye and waits
    }
  }

  @Override
  public int place() {
    return place;
  }

  @Override
  public void place(int newPlace) {
    place = newPlace;
  }
}
