package dev.lastword.gateway;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 connection to the upstream: serves one call at a time.
 *
 * <pre>
 *   SERVING --end of the response--> ENDING --nothing more in this read--> kept --> SERVING
 *      '--any doubt----------------------'--more bytes-------------------'--------> closed
 * </pre>
 *
 * It is kept only if nobody can doubt where the response ended: framed by a length or by chunks,
 * its request sent whole, nothing behind it. Where a response has no body by rule (HEAD, 204, 304)
 * many servers send one all the same, perhaps a moment later, so those connections are not kept.
 *
 * <p>One that takes no more of its request may have answered all the same: a request that is too
 * large is refused before it is whole, and its connection closed. What it has said is read to its
 * end before that counts.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // a failed write or close ends the channel, and channelInactive
// tells
final class UpstreamConnection extends ChannelInboundHandlerAdapter
    implements UpstreamCarrier, Sweepable {
  /** How long one that takes no more may be silent: what it has said is here already. */
  private static final long LAST_WORD_MS = 1_000;

  private final UpstreamPool pool;
  private final Channel channel;
  private @Nullable UpstreamCall call;
  private boolean reused;
  private boolean requestSent;
  private boolean keepAlive;
  private boolean informational;
  private boolean headSeen;

  /** Whether nothing but the connection's end tells that of the body. */
  private boolean endsByClose;

  /** Whether it takes no more, since when {@link #lastByteNanos} says. */
  private boolean deaf;

  private @Nullable UpstreamCall ending;

  /** Whether the upstream takes the request. */
  private final Stall upload = new Stall();

  private int place = -1;
  private long lastByteNanos;
  private long keepNanos;

  UpstreamConnection(UpstreamPool pool, Channel channel) {
    this.pool = pool;
    this.channel = channel;
    this.lastByteNanos = System.nanoTime();
  }

  @Override
  public void serve(UpstreamCall next) {
    call = next;
    requestSent = false;
    headSeen = false;
    lastByteNanos = System.nanoTime();
  }

  /** Whether the running call is not this connection's first. */
  @Override
  public boolean reused() {
    return reused;
  }

  @Override
  public void send(HttpObject part) {
    if (deaf) {
      ReferenceCountUtil.release(part);
      return;
    }
    channel.write(part, channel.voidPromise());
    if (part instanceof LastHttpContent) {
      requestSent = true;
    }
  }

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public boolean writable() {
    return !deaf && channel.isWritable();
  }

  /** Whether another call may be made on it now. */
  boolean usable(long now) {
    return channel.isActive() && call == null && fresh(now);
  }

  /** Whether the upstream has probably not begun to let go of it. */
  private boolean fresh(long now) {
    return now - lastByteNanos < keepNanos;
  }

  @Override
  public void readWanted(boolean wanted) {
    channel.config().setAutoRead(wanted);
  }

  /** Given back unused. */
  @Override
  public void release() {
    pool.keep(this);
  }

  @Override
  public void close() {
    call = null;
    channel.close();
  }

  // --- asked by the decoder

  /** Whether bytes that arrive now belong to a response that was asked for. */
  boolean awaitsBytes() {
    return call != null;
  }

  boolean askedForHead() {
    return call != null && call.request().method().equals(HttpMethod.HEAD);
  }

  /** Bytes arrived that nobody has asked for: whose they are cannot be told, so nothing follows. */
  void spokeUnasked() {
    if (channel.isOpen()) {
      pool.spokeUnasked();
      channel.close();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    try {
      lastByteNanos = System.nanoTime();
      take((HttpObject) msg);
    } finally {
      ReferenceCountUtil.release(msg);
    }
  }

  private void take(HttpObject message) {
    var serving = call;
    if (serving == null) {
      return; // it was let go of in the middle of this read
    }
    if (message.decoderResult().isFailure()) {
      malformed(serving);
      return;
    }
    if (message instanceof HttpResponse response) {
      takeHead(serving, response);
    }
    if (message instanceof HttpContent content
        && !informational
        && content.content().isReadable()) {
      serving.part(content.content());
    }
    if (message instanceof LastHttpContent) {
      takeEnd();
    }
  }

  private void malformed(UpstreamCall serving) {
    call = null;
    serving.fail(UpstreamFailure.MALFORMED);
    channel.close();
  }

  private void takeHead(UpstreamCall serving, HttpResponse response) {
    int status = response.status().code();
    if (status == 101) {
      switchOver(serving, response);
      return;
    }
    if (status < 200) {
      informational = true;
      return;
    }
    headSeen = true;
    keepAlive = HttpUtil.isKeepAlive(response) && delimited(response) && !askedForHead();
    endsByClose = !delimited(response) && !askedForHead() && status != 204 && status != 304;
    keepNanos = pool.keepNanos(response.headers());
    serving.head(status, response.headers());
  }

  private void switchOver(UpstreamCall serving, HttpResponse response) {
    if (!serving.askedFor(response.headers())) {
      malformed(serving);
      return;
    }
    call = null;
    pool.forget(this);
    serving.switched(this, channel, response.headers());
  }

  /** Another handler takes the place of those that speak HTTP, and what they have left. */
  void handOver(ChannelHandler next) {
    channel.config().setAutoClose(true);
    var pipeline = channel.pipeline();
    pipeline.replace(this, null, next);
    pipeline.remove(HttpRequestEncoder.class);
    pipeline.remove(UpstreamDecoder.class);
  }

  /** Whether the end of the body can be told, by its framing and by nothing else. */
  private static boolean delimited(HttpResponse response) {
    int status = response.status().code();
    return status != 204
        && status != 304
        && (HttpUtil.isTransferEncodingChunked(response) || HttpUtil.isContentLengthSet(response));
  }

  private void takeEnd() {
    if (informational) {
      informational = false;
      return;
    }
    if (deaf && endsByClose) { // a broken connection ends nothing
      fail(broken());
      channel.close();
      return;
    }
    var served = call;
    call = null;
    if (served == null) {
      return;
    }
    keepAlive &= requestSent && !deaf;
    ending = served;
    channel.config().setAutoRead(true); // to see the upstream speak, or let go
  }

  /** What one read brought has been looked at to its last byte. */
  private void settle(UpstreamCall ended) {
    ending = null;
    if (keepAlive && channel.isActive()) {
      reused = true;
      pool.keep(this);
    } else {
      channel.close();
    }
    ended.complete();
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (call != null) {
      call.pause();
    } else if (ending != null) {
      settle(ending);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (call != null && writable()) {
      call.becameWritable();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    pool.forget(this);
    if (ending != null) {
      settle(ending);
    }
    fail(deaf ? broken() : UpstreamFailure.CLOSED);
  }

  /** A read that fails closes the channel as well; a write that fails leaves what can be read. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException && call != null && ctx.channel().isOpen()) {
      if (!deaf) {
        deaf = true;
        lastByteNanos = System.nanoTime();
        pool.failed(cause);
      }
      return;
    }
    pool.failed(cause);
    fail(broken());
    ctx.close();
  }

  private UpstreamFailure broken() {
    return headSeen || reused ? UpstreamFailure.RESET : UpstreamFailure.CLOSED;
  }

  private void fail(UpstreamFailure failure) {
    var failing = call;
    call = null;
    if (failing != null) {
      failing.fail(failure);
    }
  }

  @Override
  public void sweep(long now) {
    long silentMs = TimeUnit.NANOSECONDS.toMillis(now - lastByteNanos);
    if (call == null) {
      if (!fresh(now)) {
        channel.close();
      }
    } else if (!call.reading()) {
      lastByteNanos = now; // the silence is ours
    } else if (deaf && silentMs > LAST_WORD_MS) {
      fail(broken());
      channel.close();
    } else if (headSeen && silentMs > pool.timeouts().idleMs()) {
      fail(UpstreamFailure.IDLE);
      channel.close();
    } else if (upload.stands(headSeen ? 0 : unsentAt(), now, pool.timeouts().headMs())) {
      fail(UpstreamFailure.NO_HEAD); // a request that is never whole would be waited for for ever
      channel.close();
    }
  }

  /** How far the upstream is with what waits for it; 0 where nothing does. */
  private long unsentAt() {
    var out = channel.unsafe().outboundBuffer();
    return out == null || out.totalPendingWriteBytes() == 0
        ? 0
        : out.totalPendingWriteBytes() * 31 + out.currentProgress();
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
