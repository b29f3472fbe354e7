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
import io.netty.handler.codec.http2.Http2Exception.StreamException;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection to the upstream (RFC 9113): calls beside each other, a stream for each.
 *
 * <p>It is used once the upstream has told its settings, for as many streams as they allow. It
 * takes no more calls when the upstream has said goodbye, or anything malformed; those that run go
 * on.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends the stream, or the
// channel, and its listeners tell
final class UpstreamHttp2 extends Http2ConnectionHandler implements Sweepable {
  /** Streams at once, however many the upstream takes. */
  static final int STREAMS_MAX = 100;

  /** What the upstream may send of one response before anybody has taken it. */
  static final int WINDOW_BYTES = 128 << 10;

  /** The number of a connection's first request; the codec keeps 1 for an upgrade. */
  static final int FIRST_STREAM = 3;

  /** How long one is kept that nobody has used yet. */
  private static final long UNUSED_MS = 1_000;

  private static final int WINDOW_BYTES_AT_FIRST = 65_535;
  private static final int HEADER_BYTES_MAX = 64 << 10;

  /** Some servers flush when there is nothing. */
  private static final int EMPTY_FRAMES_MAX = 100;

  /** Beyond it another connection is opened: numbers are used once, and end. */
  private static final int STREAM_ID_MAX = 1 << 30;

  private final UpstreamPool pool;
  private final UpstreamConnector.Seeker seeker;
  private final boolean secured;
  private final UpstreamFrames frames;
  private @Nullable ChannelHandlerContext ctx;
  private boolean ready;
  private boolean leaving;
  private int place = -1;
  private boolean pinged;
  private long pingNanos;
  private long lastReadNanos = System.nanoTime();
  private long idleSinceNanos = System.nanoTime();

  private UpstreamHttp2(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Builder from) {
    super(decoder, encoder, settings);
    this.pool = from.pool;
    this.seeker = from.seeker;
    this.secured = from.secured;
    this.frames = new UpstreamFrames(this);
  }

  /**
   * One that is put into a pipeline whose channel is active.
   *
   * @param seeker told when it can be used
   * @param secured whether it is over TLS
   */
  static UpstreamHttp2 of(UpstreamPool pool, UpstreamConnector.Seeker seeker, boolean secured) {
    return new Builder(pool, seeker, secured).made();
  }

  /** Puts Netty's codec together; its bounds are those of HTTP/1.1's responses. */
  private static final class Builder
      extends AbstractHttp2ConnectionHandlerBuilder<UpstreamHttp2, Builder> {
    private final UpstreamPool pool;
    private final UpstreamConnector.Seeker seeker;
    private final boolean secured;

    Builder(UpstreamPool pool, UpstreamConnector.Seeker seeker, boolean secured) {
      this.pool = pool;
      this.seeker = seeker;
      this.secured = secured;
      var connection = new DefaultHttp2Connection(false);
      connection
          .remote()
          .flowController(
              new DefaultHttp2RemoteFlowController(
                  connection, new UniformStreamByteDistributor(connection)));
      connection(connection);
      headerSensitivityDetector(UpstreamHeads.SECRETS);
      initialSettings(
          new Http2Settings()
              .pushEnabled(false)
              .initialWindowSize(WINDOW_BYTES)
              .maxHeaderListSize(HEADER_BYTES_MAX));
      decoderEnforceMaxConsecutiveEmptyDataFrames(EMPTY_FRAMES_MAX);
    }

    UpstreamHttp2 made() {
      return build();
    }

    @Override
    protected UpstreamHttp2 build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
      var built = new UpstreamHttp2(decoder, encoder, settings, this);
      decoder.frameListener(built.frames);
      built.connection().addListener(built.frames.endings());
      return built;
    }
  }

  private ChannelHandlerContext context() {
    var here = ctx;
    if (here == null) {
      throw new IllegalStateException("the connection is in no pipeline");
    }
    return here;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) throws Exception {
    ctx = context;
    super.handlerAdded(context);
    // As much for all streams together as for each: none that is not read stops another.
    decoder()
        .flowController()
        .incrementWindowSize(
            connection().connectionStream(), STREAMS_MAX * WINDOW_BYTES - WINDOW_BYTES_AT_FIRST);
    context.flush();
    pool.loop().schedule(pool.timeouts().connectMs(), this::settingsAreLate);
  }

  private void settingsAreLate() {
    if (!ready && context().channel().isActive()) {
      seeker.failed(UpstreamFailure.UNREACHABLE);
      context().close();
    }
  }

  /** The upstream has told its settings. */
  void settled() {
    if (!ready) {
      ready = true;
      idleSinceNanos = System.nanoTime();
      pool.loop().add(this);
      seeker.connected(this);
    }
  }

  // --- calls that come and go

  boolean secured() {
    return secured;
  }

  long idleMs() {
    return pool.timeouts().idleMs();
  }

  long headMs() {
    return pool.timeouts().headMs();
  }

  /** How many streams it takes at once, as the upstream says now. */
  int streamsMax() {
    return Math.min(STREAMS_MAX, connection().local().maxActiveStreams());
  }

  /** Whether one more call may be made on it now. */
  boolean hasRoom() {
    int running = connection().local().numActiveStreams();
    return ready
        && !leaving
        && context().channel().isActive()
        && running < streamsMax()
        && connection().local().lastStreamCreated() < STREAM_ID_MAX
        && (running > 0 || isUnused() || isFresh(System.nanoTime(), 0));
  }

  private boolean isUnused() {
    return connection().local().lastStreamCreated() == 0;
  }

  private boolean isFresh(long now, long leastMs) {
    long keptMs = Math.max(leastMs, pool.timeouts().keepMs());
    return now - idleSinceNanos < TimeUnit.MILLISECONDS.toNanos(keptMs);
  }

  /** Opens a stream with the head of a request; null if there is no room for it any more. */
  @Nullable Http2Stream open(UpstreamStream call, Http2Headers head, boolean end) {
    int id = connection().local().incrementAndGetNextStreamId();
    var written = encoder().writeHeaders(context(), id, head, 0, end, context().newPromise());
    var stream = connection().stream(id);
    if (stream == null || written.cause() != null) {
      return null;
    }
    frames.carry(stream, call);
    pool.loop().add(call);
    return stream;
  }

  /** Its stream is closed. */
  void closed(UpstreamStream call) {
    pool.loop().remove(call);
    idleSinceNanos = System.nanoTime();
    call.closed();
    later(this::closeIfDone);
  }

  ChannelFuture data(Http2Stream stream, ByteBuf part, boolean end) {
    return encoder().writeData(context(), stream.id(), part, 0, end, context().newPromise());
  }

  void flushNow() {
    flush(context());
  }

  /** Gives the peer back what it has used up of a stream's window. */
  void consumed(Http2Stream stream, int bytes) {
    try {
      decoder().flowController().consumeBytes(stream, bytes);
      flushNow();
    } catch (Http2Exception e) {
      onError(context(), true, e);
    }
  }

  /** Ends one stream; the others go on. */
  void reset(Http2Stream stream, Http2Error why) {
    if (connection().stream(stream.id()) != null) {
      resetStream(context(), stream.id(), why.code(), context().newPromise());
      flushNow();
    }
  }

  /** Runs a task when the codec is done with what it does now. */
  void later(Runnable task) {
    pool.loop().execute(task);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) throws Exception {
    lastReadNanos = System.nanoTime();
    pinged = false;
    frames.readComplete();
    super.channelReadComplete(context);
  }

  // --- its end

  /** Something of ours failed on one stream. */
  void unexpected(Throwable cause) {
    pool.failed(cause);
  }

  /** Takes no more calls, and closes once those that run are over. */
  void retire() {
    leaving = true;
    later(this::closeIfDone);
  }

  private void closeIfDone() {
    if (leaving && connection().numActiveStreams() == 0) {
      context().channel().close(); // by way of this handler, which says goodbye
    }
  }

  private void lost(UpstreamFailure failure) {
    leaving = true;
    frames.failAll(failure);
    if (!ready) {
      seeker.failed(failure);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    pool.forget(this);
    lost(UpstreamFailure.CLOSED);
    super.channelInactive(context);
  }

  @Override
  protected void onConnectionError(
      ChannelHandlerContext context,
      boolean outbound,
      Throwable cause,
      @Nullable Http2Exception error) {
    pool.failed(cause);
    lost(error == null || outbound ? UpstreamFailure.RESET : UpstreamFailure.MALFORMED);
    super.onConnectionError(context, outbound, cause, error);
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext context, boolean outbound, Throwable cause, StreamException error) {
    var stream = connection().stream(error.streamId());
    if (stream == null && !outbound && error.error() == Http2Error.STREAM_CLOSED) {
      return; // on its way when we reset that stream: the peer has been told once
    }
    if (stream != null && !outbound) {
      frames.malformed(stream);
    }
    super.onStreamError(context, outbound, cause, error);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
    if (Http2Requests.isProtocols(cause)) {
      super.exceptionCaught(context, cause);
    } else {
      pool.failed(cause);
      lost(UpstreamFailure.RESET);
      context.close();
    }
  }

  @Override
  public void sweep(long now) {
    if (connection().numActiveStreams() == 0) {
      if (!isFresh(now, UNUSED_MS)) {
        retire();
      }
    } else if (pool.timeouts().pingMs() > 0) {
      askIfThere(now, TimeUnit.MILLISECONDS.toNanos(pool.timeouts().pingMs()));
    }
  }

  /** A call that is put on a connection whose peer has gone would wait for long. */
  private void askIfThere(long now, long patience) {
    if (!pinged && now - lastReadNanos > patience) {
      pinged = true;
      pingNanos = now;
      encoder().writePing(context(), false, now, context().newPromise());
      flushNow();
    } else if (pinged && now - pingNanos > patience) {
      lost(UpstreamFailure.RESET);
      context().close(); // not with a goodbye, which nobody would hear
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
