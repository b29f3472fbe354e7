package dev.lastword.gateway;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 connection to the upstream: serves one call at a time, and is kept only after a
 * clean end.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // a failed write or close ends the channel, and channelInactive
// tells
final class UpstreamConnection extends ChannelInboundHandlerAdapter implements Sweepable {
  private final UpstreamPool pool;
  private final Channel channel;
  private @Nullable UpstreamCall call;
  private boolean reused;
  private boolean requestSent;
  private boolean keepAlive;
  private boolean informational;
  private boolean headSeen;
  private int place = -1;
  private long lastByteNanos;

  UpstreamConnection(UpstreamPool pool, Channel channel) {
    this.pool = pool;
    this.channel = channel;
    this.lastByteNanos = System.nanoTime();
  }

  void serve(UpstreamCall next) {
    call = next;
    requestSent = false;
    headSeen = false;
    lastByteNanos = System.nanoTime();
  }

  /** Whether the running call is not this connection's first. */
  boolean reused() {
    return reused;
  }

  void send(HttpObject part) {
    channel.write(part, channel.voidPromise());
    if (part instanceof LastHttpContent) {
      requestSent = true;
    }
  }

  void flush() {
    channel.flush();
  }

  boolean writable() {
    return channel.isWritable();
  }

  boolean usable() {
    return channel.isActive();
  }

  void readWanted(boolean wanted) {
    channel.config().setAutoRead(wanted);
  }

  /** Given back unused. */
  void release() {
    pool.keep(this);
  }

  void close() {
    call = null;
    channel.close();
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
      channel.close(); // nothing was asked
      return;
    }
    if (message.decoderResult().isFailure()) {
      call = null;
      serving.fail(UpstreamFailure.MALFORMED);
      channel.close();
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

  private void takeHead(UpstreamCall serving, HttpResponse response) {
    var status = response.status();
    if (status.codeClass() == HttpStatusClass.INFORMATIONAL && status.code() != 101) {
      informational = true;
      return;
    }
    if (status.code() == 101) {
      call = null;
      serving.fail(UpstreamFailure.MALFORMED); // no upgrade was asked for
      channel.close();
      return;
    }
    headSeen = true;
    keepAlive = HttpUtil.isKeepAlive(response) && delimited(response);
    serving.head(status.code(), response.headers());
  }

  /** Whether the end of the body can be told without the end of the connection. */
  private static boolean delimited(HttpResponse response) {
    return HttpUtil.isTransferEncodingChunked(response)
        || HttpUtil.isContentLengthSet(response)
        || response.status().code() == 204
        || response.status().code() == 304;
  }

  private void takeEnd() {
    if (informational) {
      informational = false;
      return;
    }
    var served = call;
    call = null;
    if (served == null) {
      return;
    }
    if (keepAlive && requestSent && channel.isActive()) {
      reused = true;
      channel.config().setAutoRead(true); // to see the upstream let go
      pool.keep(this);
    } else {
      channel.close();
    }
    served.complete();
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (call != null) {
      call.pause();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (call != null && channel.isWritable()) {
      call.becameWritable();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    pool.forget(this);
    fail(UpstreamFailure.CLOSED);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    pool.failed(cause);
    fail(headSeen || reused ? UpstreamFailure.RESET : UpstreamFailure.CLOSED);
    ctx.close();
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
      if (silentMs > pool.timeouts().keepMs()) {
        channel.close();
      }
    } else if (!call.reading()) {
      lastByteNanos = now; // the silence is ours
    } else if (headSeen && silentMs > pool.timeouts().idleMs()) {
      fail(UpstreamFailure.IDLE);
      channel.close();
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
