package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One client connection that speaks HTTP/1.1: one exchange after the other.
 *
 * <pre>
 *   IDLE --byte--> HEAD --head read--> EXCHANGE --response ended--> IDLE
 *                    '---refused-----------'------> LINGERING ----> closed
 * </pre>
 *
 * While a response stays open for long the decoder is out of the pipeline; what a pipelining client
 * sends meanwhile is kept, up to {@link #HELD_BYTES_MAX}, then no longer read.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // a failed write or close ends the channel, and channelInactive
// tells
final class Http1Connection extends ChannelInboundHandlerAdapter implements Sweepable {
  static final int HELD_BYTES_MAX = 64 << 10;
  private static final long BREAK_OFF_MS = 100;
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(5);

  private enum Phase {
    IDLE,
    HEAD,
    EXCHANGE,
    LINGERING
  }

  private final Loop loop;
  private final ServerContext server;
  private @Nullable ChannelHandlerContext ctx;
  private @Nullable Http1RequestDecoder decoder;
  private @Nullable Http1Exchange exchange;
  private @Nullable ArrayDeque<HttpObject> queued;
  private @Nullable CompositeByteBuf held;
  private Phase phase = Phase.IDLE;
  private boolean draining;
  private boolean emptyLastDue; // the decoder says the end of a body also where there is none
  private int heldBytes;
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

  @Override
  public void channelRead(ChannelHandlerContext context, Object msg) {
    if (phase == Phase.LINGERING) {
      ReferenceCountUtil.release(msg);
    } else if (msg instanceof ByteBuf bytes) {
      hold(bytes);
    } else if (emptyLastDue && msg instanceof LastHttpContent) {
      emptyLastDue = false;
      ReferenceCountUtil.release(msg);
    } else if (exchange != null && exchange.requestComplete()) {
      queue((HttpObject) msg);
    } else {
      take((HttpObject) msg);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (exchange != null) {
      exchange.readComplete();
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
    phase = Phase.EXCHANGE;
    sinceNanos = System.nanoTime();
    switch (RequestHeads.read(request, server.limits())) {
      case RequestHeads.Refused(Problem problem) -> refuse(problem);
      case RequestHeads.Accepted(RequestHead head) -> {
        emptyLastDue = !head.hasBody();
        var fresh = new Http1Exchange(this, head, RequestHeads.traits(request));
        exchange = fresh;
        server.router().handle(fresh);
      }
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

  private void queue(HttpObject message) {
    if (queued == null) {
      queued = new ArrayDeque<>();
    }
    queued.add(message);
    heldBytes += message instanceof HttpContent content ? content.content().readableBytes() : 1_024;
    readOnlyIfRoom();
  }

  private void hold(ByteBuf bytes) {
    if (held == null) {
      held = context().alloc().compositeBuffer(64);
    }
    heldBytes += bytes.readableBytes();
    held.addComponent(true, bytes);
    readOnlyIfRoom();
  }

  private void readOnlyIfRoom() {
    if (heldBytes > HELD_BYTES_MAX) {
      channel().config().setAutoRead(false);
    }
  }

  /**
   * Takes the decoder out: the running response needs nothing of it. Later, for now it may be in
   * the middle of a read.
   */
  void settle(Http1Exchange settling) {
    loop.execute(
        () -> {
          var here = decoder;
          if (here != null && exchange == settling && queued == null && channel().isActive()) {
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
    if (!reusable) {
      lingerAndClose(over.requestComplete());
      return;
    }
    phase = Phase.IDLE;
    sinceNanos = System.nanoTime();
    if (!draining) {
      drain();
    }
  }

  /** Goes on with what arrived during the last exchange. */
  private void drain() {
    draining = true;
    try {
      while (exchange == null && phase != Phase.LINGERING && queued != null && !queued.isEmpty()) {
        takeUntilAnswering(queued);
      }
      if (exchange == null && phase == Phase.IDLE) {
        readOn();
      }
    } finally {
      draining = false;
    }
  }

  private void takeUntilAnswering(ArrayDeque<HttpObject> messages) {
    while (!messages.isEmpty() && phase != Phase.LINGERING) {
      boolean answering = exchange != null && exchange.requestComplete();
      if (answering && !emptyLastDue) {
        return;
      }
      bytesArrived();
      var message = messages.poll();
      if (emptyLastDue && message instanceof LastHttpContent) {
        emptyLastDue = false;
        ReferenceCountUtil.release(message);
      } else {
        take(message);
      }
    }
  }

  private void readOn() {
    heldBytes = 0;
    channel().config().setAutoRead(true);
    var bytes = held;
    held = null;
    if (decoder == null && channel().isActive()) {
      var fresh = addDecoder();
      if (bytes != null) {
        var before = context().pipeline().context(fresh);
        try {
          fresh.channelRead(before, bytes);
          fresh.channelReadComplete(before);
        } catch (Exception e) {
          exceptionCaught(context(), e);
        }
      }
    } else if (bytes != null) {
      bytes.release();
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
          if (channel() instanceof DuplexChannel duplex && done.isSuccess()) {
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
              channel().close();
            });
  }

  /** Closes once everything written so far is with the kernel. */
  void close() {
    phase = Phase.LINGERING;
    sinceNanos = System.nanoTime();
    context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  private void letGoOfHeld() {
    if (queued != null) {
      queued.forEach(ReferenceCountUtil::release);
      queued = null;
    }
    if (held != null) {
      held.release();
      held = null;
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (exchange != null && context.channel().isWritable()) {
      exchange.becameWritable();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    loop.remove(this);
    server.disconnected(context.channel());
    phase = Phase.LINGERING;
    letGoOfHeld();
    var running = exchange;
    exchange = null;
    if (running != null) {
      running.lost();
    }
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
      case IDLE -> closeAfter(now, TimeUnit.MILLISECONDS.toNanos(limits.keepAliveMs()));
      case HEAD -> {
        if (now - sinceNanos > TimeUnit.MILLISECONDS.toNanos(limits.headerReadMs())) {
          refuse(RequestHeads.headTooSlow(limits));
        }
      }
      case EXCHANGE -> sweepExchange(now, limits);
      case LINGERING -> {
        if (pendingBytes() == 0 || stuck(now, limits)) {
          closeAfter(now, LINGER_NANOS);
        }
      }
    }
  }

  private void sweepExchange(long now, Limits limits) {
    if (stuck(now, limits)) {
      server.stalled();
      channel().close();
      return;
    }
    var running = exchange;
    if (running == null) {
      return;
    }
    if (running.bodyTooSlow(TimeUnit.NANOSECONDS.toMillis(now - sinceNanos), limits)) {
      refuse(RequestHeads.bodyTooSlow(limits));
      return;
    }
    running.tick(now);
  }

  /**
   * Whether bytes have waited for this peer, and it has taken none, for the whole of the stall
   * limit.
   */
  private boolean stuck(long now, Limits limits) {
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
    return now - stuckSinceNanos > TimeUnit.MILLISECONDS.toNanos(limits.stallMs());
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
