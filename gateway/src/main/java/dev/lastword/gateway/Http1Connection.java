package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One client connection that speaks HTTP/1.1: one exchange after the other.
 *
 * <pre>
 *   IDLE --byte--> HEAD --head read--> EXCHANGE --response written--> IDLE
 *                    |                    |'--but not taken by the peer--> FLUSHING --taken--> IDLE
 *                    '---refused----------'--> LINGERING ----> closed
 * </pre>
 *
 * The next request is looked at only once the peer has taken most of the last response: who
 * pipelines and does not read costs no more than one response. Until then its bytes stay bytes, up
 * to {@link #HELD_BYTES_MAX}, and beyond that they stay in the kernel. While a response stays open
 * for long the decoder is out of the pipeline.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // a failed write or close ends the channel, and channelInactive
// tells
final class Http1Connection extends ChannelInboundHandlerAdapter implements Sweepable {
  static final int HELD_BYTES_MAX = 64 << 10;
  private static final long BREAK_OFF_MS = 100;

  /** Of HTTP/2, as far as it looks like a request. */
  private static final String HTTP2_PREFACE = "PRI * HTTP/2.0\r\n\r\n";

  /**
   * Kept so long while others wait to be accepted: the request of one just accepted is on its way.
   */
  private static final long CROWDED_IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(5);

  private enum Phase {
    IDLE,
    HEAD,
    EXCHANGE,
    FLUSHING,
    LINGERING,
    SWITCHED
  }

  private final Loop loop;
  private final ServerContext server;
  private @Nullable ChannelHandlerContext ctx;
  private @Nullable Http1RequestDecoder decoder;
  private @Nullable Http1Exchange exchange;
  private @Nullable CompositeByteBuf held;
  private @Nullable Runnable entered;
  private Phase phase = Phase.IDLE;
  private boolean used;
  private boolean emptyLastDue; // the decoder says the end of a body also where there is none
  private int place = -1;
  private long sinceNanos = System.nanoTime();
  private long stuckAt;
  private long stuckSinceNanos;

  Http1Connection(Loop loop, ServerContext server) {
    this.loop = loop;
    this.server = server;
  }

  Loop loop() {
    return loop;
  }

  ServerContext server() {
    return server;
  }

  Channel channel() {
    return context().channel();
  }

  ChannelHandlerContext context() {
    var here = ctx;
    if (here == null) {
      throw new IllegalStateException("the connection is in no pipeline");
    }
    return here;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
    addDecoder();
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    loop.add(this);
    server.connected(context.channel());
  }

  private Http1RequestDecoder addDecoder() {
    var fresh = new Http1RequestDecoder(this, server.limits());
    context().pipeline().addBefore(context().name(), null, fresh);
    decoder = fresh;
    return fresh;
  }

  void bytesArrived() {
    if (phase == Phase.IDLE) {
      phase = Phase.HEAD;
      sinceNanos = System.nanoTime();
    }
  }

  /** Whether the decoder has to wait with what follows the request that is being answered. */
  boolean busy() {
    boolean answering = exchange != null && exchange.requestComplete() && !emptyLastDue;
    return answering || phase == Phase.FLUSHING;
  }

  /** So many bytes wait that no request has been made of. */
  void held(int bytes) {
    if (bytes > HELD_BYTES_MAX) {
      channel().config().setAutoRead(false);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object msg) {
    if (phase == Phase.LINGERING) {
      ReferenceCountUtil.release(msg);
    } else if (phase == Phase.SWITCHED) {
      passOn(context, msg);
    } else if (msg instanceof ByteBuf bytes) {
      hold(bytes);
    } else if (emptyLastDue && msg instanceof LastHttpContent) {
      emptyLastDue = false;
      ReferenceCountUtil.release(msg);
    } else {
      take((HttpObject) msg);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (exchange != null) {
      exchange.readComplete();
    } else if (phase == Phase.SWITCHED) {
      context.fireChannelReadComplete();
    }
  }

  private void take(HttpObject message) {
    try {
      var failure = message.decoderResult().cause();
      if (failure != null) {
        refuse(RequestHeads.problemOf(failure, server.limits()));
      } else if (message instanceof HttpRequest request) {
        begin(request);
      } else if (message instanceof HttpContent content && exchange != null) {
        exchange.content(content.content());
        if (message instanceof LastHttpContent && exchange != null) {
          exchange.contentComplete();
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void begin(HttpRequest request) {
    if (!used && isHttp2Preface(request)) {
      becomeHttp2();
      return;
    }
    used = true;
    phase = Phase.EXCHANGE;
    sinceNanos = System.nanoTime();
    switch (RequestHeads.read(request, server.limits())) {
      case RequestHeads.Refused(Problem problem) -> refuse(problem);
      case RequestHeads.Accepted(RequestHead read) -> {
        emptyLastDue = !read.hasBody();
        var head = server.seen(read, channel());
        var fresh = new Http1Exchange(this, head, RequestHeads.traits(request));
        exchange = fresh;
        entered = server.enter(head, channel());
        if (entered == null) {
          server.tooManyOfAddress("requests").send(fresh);
        } else {
          server.router().handle(fresh);
        }
      }
    }
  }

  /** Whether a client begins HTTP/2 with prior knowledge (RFC 9113 §3.3). */
  private static boolean isHttp2Preface(HttpRequest request) {
    return request.method().name().equals("PRI")
        && request.uri().equals("*")
        && request.protocolVersion().majorVersion() == 2;
  }

  /** Hands the connection over, and to begin with what has been read of the preface. */
  private void becomeHttp2() {
    var preface = Unpooled.copiedBuffer(HTTP2_PREFACE, StandardCharsets.US_ASCII);
    handOver(Http2Connection.of(loop, server), preface);
  }

  /** The connection is another handler's from now on, with all that was read and not looked at. */
  void handOver(ChannelHandler next) {
    exchange = null;
    channel()
        .closeFuture()
        .addListener(
            _ -> {
              server.disconnected(channel());
              leaveAddress();
            });
    handOver(next, Unpooled.EMPTY_BUFFER);
  }

  private void handOver(ChannelHandler next, ByteBuf first) {
    phase = Phase.SWITCHED;
    loop.remove(this);
    var here = context();
    here.pipeline().addAfter(here.name(), null, next);
    here.fireChannelRead(first);
    var reading = decoder;
    decoder = null;
    if (reading != null) {
      here.pipeline().remove(reading); // what it has left comes by here
    }
    loop.execute(
        () -> { // now it may be in the middle of a read
          if (!here.isRemoved()) {
            here.pipeline().remove(this);
          }
        });
  }

  private static void passOn(ChannelHandlerContext context, Object msg) {
    if (msg instanceof ByteBuf) {
      context.fireChannelRead(msg);
    } else {
      ReferenceCountUtil.release(msg); // the end of the request that was none
    }
  }

  /**
   * Answers what is no proper request, and ends the connection: where the next request begins
   * cannot be told.
   */
  void refuse(Problem problem) {
    phase = Phase.EXCHANGE;
    var running = exchange;
    if (running != null && running.started()) {
      running.lost();
      close();
      return;
    }
    if (running != null) {
      running.lost();
    }
    server.refused(problem);
    var answer = Http1Exchange.refusing(this);
    exchange = answer;
    problem.send(answer);
  }

  /** Keeps what arrives while the decoder is out of the pipeline. */
  private void hold(ByteBuf bytes) {
    if (held == null) {
      held = context().alloc().compositeBuffer(64);
    }
    held.addComponent(true, bytes);
    held(held.readableBytes());
  }

  /**
   * Takes the decoder out: the running response needs nothing of it. Later, for now it may be in
   * the middle of a read.
   */
  void settle(Http1Exchange settling) {
    loop.execute(
        () -> {
          var here = decoder;
          if (here != null && exchange == settling && channel().isActive()) {
            decoder = null;
            context().pipeline().remove(here);
          }
        });
  }

  /** The response of an exchange has been written to its end. */
  void ended(Http1Exchange over, boolean reusable) {
    if (over != exchange) {
      return;
    }
    exchange = null;
    leaveAddress();
    if (!reusable) {
      lingerAndClose(over.requestComplete());
      return;
    }
    sinceNanos = System.nanoTime();
    if (channel().isWritable()) {
      goOn();
    } else {
      phase = Phase.FLUSHING;
      channel().config().setAutoRead(false);
    }
  }

  /** Reads on, beginning with what arrived meanwhile. */
  private void goOn() {
    phase = Phase.IDLE;
    channel().config().setAutoRead(true);
    var bytes = held;
    held = null;
    var here = decoder;
    if (!channel().isActive()) {
      if (bytes != null) {
        bytes.release();
      }
    } else if (here != null) {
      here.goOn();
    } else {
      addDecoder().goOnWith(bytes == null ? Unpooled.EMPTY_BUFFER : bytes);
    }
  }

  /** Closes so that the peer can still read what was said: it may be in the middle of sending. */
  private void lingerAndClose(boolean requestComplete) {
    phase = Phase.LINGERING;
    sinceNanos = System.nanoTime();
    letGoOfHeld();
    if (requestComplete) {
      close();
      return;
    }
    channel().config().setAutoRead(true);
    var flushed = context().writeAndFlush(Unpooled.EMPTY_BUFFER);
    flushed.addListener(
        done -> {
          var tls = channel().pipeline().get(SslHandler.class);
          if (tls != null && done.isSuccess()) {
            tls.closeOutbound();
          } else if (channel() instanceof DuplexChannel duplex && done.isSuccess()) {
            duplex.shutdownOutput();
          } else {
            channel().close();
          }
        });
  }

  /**
   * Queues bytes for the peer; a failure to write ends the connection, so nobody waits for its
   * result.
   */
  void write(ByteBuf bytes) {
    var here = context();
    here.write(bytes, here.voidPromise());
  }

  long pendingBytes() {
    var out = channel().unsafe().outboundBuffer();
    return out == null ? 0 : out.totalPendingWriteBytes();
  }

  /**
   * Ends the connection in the middle of a response, a moment after what was said last: a browser
   * throws away what it has not handed to its page when the connection breaks, the error event too.
   *
   * @param reset whether only a reset says that the response is not complete
   */
  void breakOff(boolean reset) {
    phase = Phase.LINGERING;
    sinceNanos = System.nanoTime();
    context().flush();
    loop.schedule(BREAK_OFF_MS, reset ? this::reset : this::close);
  }

  /**
   * Resets the connection: the only way to say "not complete" where its end would say "complete".
   */
  private void reset() {
    phase = Phase.LINGERING;
    sinceNanos = System.nanoTime();
    context()
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            done -> {
              if (done.isSuccess()) {
                channel().config().setOption(ChannelOption.SO_LINGER, 0);
              }
              closeWithoutGoodbye();
            });
  }

  /** TLS would say "that was all" before it closes (close_notify). */
  private void closeWithoutGoodbye() {
    var tls = channel().pipeline().context(SslHandler.class);
    if (tls == null) {
      channel().close();
    } else {
      tls.close(); // from there on to the socket
    }
  }

  /** Closes once everything written so far is with the kernel. */
  void close() {
    phase = Phase.LINGERING;
    sinceNanos = System.nanoTime();
    context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  /** The request that was counted has been answered. */
  private void leaveAddress() {
    var leaving = entered;
    entered = null;
    if (leaving != null) {
      leaving.run();
    }
  }

  private void letGoOfHeld() {
    if (held != null) {
      held.release();
      held = null;
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (phase == Phase.SWITCHED) {
      context.fireChannelWritabilityChanged();
    }
    if (!context.channel().isWritable()) {
      return;
    }
    if (exchange != null) {
      exchange.becameWritable();
    } else if (phase == Phase.FLUSHING) {
      sinceNanos = System.nanoTime();
      goOn();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    loop.remove(this);
    server.disconnected(context.channel());
    phase = Phase.LINGERING;
    letGoOfHeld();
    leaveAddress();
    var running = exchange;
    exchange = null;
    if (running != null) {
      running.lost();
    }
    context.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    server.failed(cause);
    context.close();
  }

  @Override
  public void sweep(long now) {
    var limits = server.limits();
    switch (phase) {
      case IDLE ->
          closeAfter(
              now,
              server.crowded(now)
                  ? Math.min(CROWDED_IDLE_NANOS, keepAliveNanos(limits))
                  : keepAliveNanos(limits));
      case HEAD -> {
        if (now - sinceNanos > TimeUnit.MILLISECONDS.toNanos(limits.headerReadMs())) {
          refuse(RequestHeads.headTooSlow(limits));
        }
      }
      case EXCHANGE -> sweepExchange(now);
      case FLUSHING -> closeIfStuck(now);
      case SWITCHED -> {} // another one's from now on
      case LINGERING -> {
        if (pendingBytes() == 0 || stuck(now)) {
          closeAfter(now, LINGER_NANOS);
        }
      }
    }
  }

  private static long keepAliveNanos(Limits limits) {
    return TimeUnit.MILLISECONDS.toNanos(limits.keepAliveMs());
  }

  private void sweepExchange(long now) {
    var running = exchange;
    if (closeIfStuck(now) || running == null) {
      return;
    }
    if (running.bodyTooSlow(now)) {
      refuse(RequestHeads.bodyTooSlow(running.limits()));
      return;
    }
    running.tick(now);
  }

  private boolean closeIfStuck(long now) {
    boolean stuck = stuck(now);
    if (stuck) {
      server.stalled();
      channel().close();
    }
    return stuck;
  }

  /**
   * Whether bytes have waited for this peer, and it has taken none, for the whole of the stall
   * limit.
   */
  private boolean stuck(long now) {
    var out = channel().unsafe().outboundBuffer();
    if (out == null || out.totalPendingWriteBytes() == 0) {
      stuckAt = 0;
      return false;
    }
    long at = out.totalPendingWriteBytes() * 31 + out.currentProgress();
    if (at != stuckAt) {
      stuckAt = at;
      stuckSinceNanos = now;
      return false;
    }
    return now - stuckSinceNanos > TimeUnit.MILLISECONDS.toNanos(server.stallMs());
  }

  private void closeAfter(long now, long nanos) {
    if (now - sinceNanos > nanos) {
      channel().close();
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
