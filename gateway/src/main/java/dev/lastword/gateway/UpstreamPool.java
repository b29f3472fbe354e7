package dev.lastword.gateway;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
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
  private final UpstreamConnector connector;

  /** Null where the upstream is never asked in HTTP/2. */
  private final @Nullable UpstreamSharing sharing;

  UpstreamPool(Loop loop, UpstreamContext context) {
    this.loop = loop;
    this.context = context;
    this.connector = new UpstreamConnector(this, context);
    this.sharing = context.mayShare() ? new UpstreamSharing(this, connector) : null;
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

  /** Finds a connection for a call. */
  void take(UpstreamCall call) {
    if (sharing != null && sharing.take(call)) {
      return;
    }
    for (var kept = idle.pollLast(); kept != null; kept = idle.pollLast()) {
      if (kept.usable(System.nanoTime())) {
        lookAt(kept, call);
        return;
      }
      kept.close();
    }
    open(call, call.needsHttp1());
  }

  /**
   * Uses a kept connection once the loop has looked at its sockets: whatever the upstream had said
   * by now, its goodbye or something that nobody asked for, is then seen before anything is asked.
   * The loop runs the second of two tasks without delay after it has looked.
   */
  private void lookAt(UpstreamConnection kept, UpstreamCall call) {
    lookFirst(() -> begin(kept, call));
  }

  /** Runs a task once the loop has looked at its sockets. */
  void lookFirst(Runnable task) {
    loop.schedule(0, () -> loop.schedule(0, task));
  }

  private void begin(UpstreamConnection kept, UpstreamCall call) {
    if (kept.usable(System.nanoTime())) {
      call.begin(kept);
    } else {
      kept.close();
      take(call);
    }
  }

  /** Has a call begin on a connection that is not there yet. */
  void connect(UpstreamCall call) {
    if (sharing == null || call.needsHttp1() || sharing.isRefused()) {
      open(call, call.needsHttp1());
    } else {
      sharing.seek(call);
    }
  }

  private void open(UpstreamCall call, boolean http1) {
    connector.connect(new ForOne(call), http1);
  }

  /** A connection that is opened for one call. */
  private final class ForOne implements UpstreamConnector.Seeker {
    private final UpstreamCall call;

    ForOne(UpstreamCall call) {
      this.call = call;
    }

    @Override
    public boolean isOver() {
      return call.isOver();
    }

    @Override
    public void connecting(Channel channel) {
      call.connecting(channel);
    }

    @Override
    public void connected(UpstreamConnection connection) {
      call.begin(connection);
    }

    @Override
    public void connected(UpstreamHttp2 connection) {
      call.connected();
      if (sharing != null) {
        sharing.adopt(connection, call);
      }
    }

    @Override
    public void failed(UpstreamFailure failure) {
      call.fail(failure);
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

  void forget(UpstreamHttp2 connection) {
    loop.remove(connection);
    if (sharing != null) {
      sharing.forget(connection);
    }
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
