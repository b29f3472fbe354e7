package dev.lastword.gateway;

import dev.lastword.stream.Home;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One request to the upstream and its response. Used on its loop only; once over, its methods are
 * without effect.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the attempt that is given up
final class UpstreamCall {
  private static final Set<HttpMethod> IDEMPOTENT =
      Set.of(
          HttpMethod.GET,
          HttpMethod.HEAD,
          HttpMethod.OPTIONS,
          HttpMethod.TRACE,
          HttpMethod.PUT,
          HttpMethod.DELETE);

  /** How often it is asked again after it was not answered, where that does no harm. */
  private static final int ATTEMPTS_MAX = 3;

  private final UpstreamPool pool;
  private final HttpRequest request;
  private final boolean withBody;
  private final UpstreamListener listener;
  private final Quota calls;
  private @Nullable Channel connecting;
  private @Nullable UpstreamCarrier connection;
  private Home.@Nullable Timer headTimer;
  private boolean answered;
  private boolean readWanted = true;
  private boolean over;
  private boolean http1;
  private int attempts;

  UpstreamCall(
      UpstreamPool pool,
      HttpRequest request,
      boolean withBody,
      UpstreamListener listener,
      Quota calls) {
    this.pool = pool;
    this.request = request;
    this.withBody = withBody;
    this.listener = listener;
    this.calls = calls;
  }

  HttpRequest request() {
    return request;
  }

  /** Whether no stream of HTTP/2 can carry it. */
  boolean needsHttp1() {
    return http1 || Tunnel.isUpgrade(request.headers());
  }

  /** A connection is being opened for it. */
  void connecting(Channel opening) {
    connecting = opening;
  }

  /** What was opened for it is others' as well. */
  void connected() {
    connecting = null;
  }

  /** Runs on a connection from now on: sends the head. */
  void begin(UpstreamCarrier on) {
    connecting = null;
    if (over) {
      on.release();
      return;
    }
    connection = on;
    on.serve(this);
    on.send(request);
    if (withBody) {
      on.flush();
    } else {
      finish();
    }
    listener.connected(this);
  }

  /** Sends a part of the body; the buffer stays the caller's. */
  void write(ByteBuf part) {
    if (connection != null && part.isReadable()) {
      connection.send(new DefaultHttpContent(part.retain()));
    }
  }

  void flush() {
    if (connection != null) {
      connection.flush();
    }
  }

  /** The request is complete; the upstream's time to answer begins. */
  void finish() {
    if (connection != null) {
      connection.send(LastHttpContent.EMPTY_LAST_CONTENT);
      connection.flush();
      headTimer = pool.loop().schedule(pool.timeouts().headMs(), this::headTimedOut);
    }
  }

  boolean writable() {
    return connection != null && connection.writable();
  }

  /** Whether nothing more will come of it. */
  boolean isOver() {
    return over;
  }

  /** Stops or goes on reading the response. */
  void readWanted(boolean wanted) {
    readWanted = wanted;
    if (connection != null) {
      connection.readWanted(wanted);
    }
  }

  /** Whether silence now would be the upstream's. */
  boolean reading() {
    return readWanted;
  }

  /** Lets go: the connection is closed, and nothing more is told. */
  void abort() {
    if (!over) {
      end();
      if (connection != null) {
        connection.close();
        connection = null;
      }
    }
  }

  private void headTimedOut() {
    if (!answered) {
      fail(UpstreamFailure.NO_HEAD);
    }
  }

  // --- told by the connection

  void head(int status, HttpHeaders headers) {
    answered = true;
    cancelTimer();
    if (!over) {
      listener.head(this, status, headers);
    }
  }

  /** Whether it asked for what a response with status 101 agrees to. */
  boolean askedFor(HttpHeaders response) {
    return Tunnel.isUpgrade(request.headers()) && Tunnel.isUpgrade(response);
  }

  /** Its connection is no connection of HTTP any more; it counts as a call until that ends. */
  void switched(UpstreamConnection on, Channel channel, HttpHeaders headers) {
    cancelTimer();
    answered = true;
    connection = null;
    if (over) {
      channel.close();
      return;
    }
    over = true;
    channel.closeFuture().addListener(_ -> calls.ended());
    listener.switched(on, channel, headers);
  }

  void part(ByteBuf part) {
    if (!over) {
      listener.part(part);
    }
  }

  void pause() {
    if (!over) {
      listener.pause();
    }
  }

  void becameWritable() {
    if (!over) {
      listener.writable();
    }
  }

  /** The response is complete; the connection has been given back. */
  void complete() {
    if (!over) {
      end();
      connection = null;
      listener.complete();
    }
  }

  void fail(UpstreamFailure failure) {
    if (over) {
      return;
    }
    var told = failure;
    var failing = connection;
    connection = null;
    if (failing != null) {
      failing.close();
      if (failing.reused() && !answered && failure.isGoodbye()) {
        if (repeatable() && attempts++ < ATTEMPTS_MAX) {
          cancelTimer();
          pool.connect(this); // the upstream had let go of a kept connection; nothing was answered
          return;
        }
        told = UpstreamFailure.KEPT_CLOSED;
      }
    }
    end();
    listener.failed(told);
  }

  /**
   * The upstream has said that it has not worked on it (RFC 9113 §8.7): it is asked once more, on
   * another connection.
   *
   * @param inHttp1 whether it wants to be asked in HTTP/1.1
   */
  void refused(boolean inHttp1) {
    if (over) {
      return;
    }
    connection = null;
    cancelTimer();
    if (!answered && attempts++ < ATTEMPTS_MAX && listener.again()) {
      http1 |= inHttp1;
      pool.connect(this);
    } else {
      end();
      listener.failed(UpstreamFailure.REFUSED);
    }
  }

  /**
   * Whether asking twice means what asking once does (RFC 9110 §9.2.2), and all that was asked is
   * still at hand.
   */
  private boolean repeatable() {
    return !withBody && IDEMPOTENT.contains(request.method());
  }

  private void end() {
    over = true;
    cancelTimer();
    if (connecting != null) {
      connecting.close();
      connecting = null;
    }
    calls.ended();
  }

  private void cancelTimer() {
    if (headTimer != null) {
      headTimer.cancel();
      headTimer = null;
    }
  }
}
