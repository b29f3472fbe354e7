package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.PlainDialect;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Streams;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The route of everything that is not the gateway's own: to the upstream and back. */
final class Relay implements Route {
  private static final Logger log = LoggerFactory.getLogger(Relay.class);

  private final Streams streams;
  private final Map<Loop, UpstreamPool> pools;
  private final Readers readers;
  private final GatewayMetrics metrics;
  private final DialectRules dialects;
  private final UpstreamContext upstream;
  private final Access access;
  private final OnDisconnect onDisconnect;
  private final ResponseBudget budget;
  private final boolean webSockets;

  /**
   * Puts the route together.
   *
   * @param onDisconnect what becomes of responses whose client does not say
   * @param budget memory for what is kept of requests
   * @param webSockets whether a request to become one is passed on
   */
  Relay(
      Streams streams,
      Map<Loop, UpstreamPool> pools,
      Readers readers,
      GatewayMetrics metrics,
      DialectRules dialects,
      UpstreamContext upstream,
      Access access,
      OnDisconnect onDisconnect,
      ResponseBudget budget,
      boolean webSockets) {
    this.streams = streams;
    this.pools = pools;
    this.readers = readers;
    this.metrics = metrics;
    this.dialects = dialects;
    this.upstream = upstream;
    this.access = access;
    this.onDisconnect = onDisconnect;
    this.budget = budget;
    this.webSockets = webSockets;
  }

  @Override
  public void handle(Exchange exchange) {
    var request = exchange.request();
    StreamOrder order;
    try {
      order = StreamOrder.of(request, onDisconnect);
    } catch (StreamOrder.MalformedException e) {
      e.problem().send(exchange);
      return;
    }
    boolean admission = order.id().isPresent() || asksForStream(request);
    var refusal = refusal(request);
    if (refusal.isPresent()) {
      refusal.get().send(exchange);
    } else if (upstream.begin()) {
      new RelayExchange(this, exchange, order, admission).start();
    } else {
      Refusals.tooManyCalls(upstream.callsMax()).send(exchange);
    }
  }

  /** Why the upstream is not asked, if it is not. */
  private Optional<Problem> refusal(RequestHead request) {
    if (streams.isDraining()) {
      return Optional.of(Refusals.DRAINING.get());
    }
    if (RelayHeaders.cameBy(request.headers(), upstream.pseudonym())) {
      return Optional.of(Refusals.loop());
    }
    if (Tunnel.isAsked(request)) {
      return refusalOfTunnel(request);
    }
    if (!asksForStream(request)) {
      return Optional.empty();
    }
    if (access.isForeign(request)) {
      return Optional.of(Access.foreign());
    }
    var attendance = readers.attendance();
    return attendance.full()
        ? Optional.of(Refusals.unattended(attendance.max()))
        : Optional.empty();
  }

  /** No browser asks before it opens a WebSocket to another site: we have to look. */
  private Optional<Problem> refusalOfTunnel(RequestHead request) {
    if (access.isForeign(request)) {
      return Optional.of(Access.foreign());
    }
    return webSockets
        ? Optional.empty()
        : Optional.of(
            Problem.of(403, "websocket_refused", "no WebSocket is relayed here")
                .member("setting", Setting.WEBSOCKET.key()));
  }

  /**
   * Whether the answer will probably be a stream: then it is refused before the upstream is asked,
   * and paid.
   */
  private boolean asksForStream(RequestHead head) {
    boolean vendors =
        head.is(HttpMethod.POST) && !(Dialects.ofPath(head.path()) instanceof PlainDialect);
    return vendors
        || isConfigured(head.path())
        || head.headers().get("accept", "").contains("text/event-stream");
  }

  /** Whether the configuration names the dialect of a path, and so says that it streams. */
  boolean isConfigured(String path) {
    return dialects.isNamed(path);
  }

  /** Whether a page of another site asks, which may not start a stream. */
  boolean isForeign(RequestHead request) {
    return access.isForeign(request);
  }

  ResponseBudget budget() {
    return budget;
  }

  UpstreamContext upstream() {
    return upstream;
  }

  Streams streams() {
    return streams;
  }

  GatewayMetrics metrics() {
    return metrics;
  }

  Readers readers() {
    return readers;
  }

  UpstreamPool poolOf(Loop loop) {
    var pool = pools.get(loop);
    if (pool == null) {
      throw new IllegalStateException("a loop without a pool");
    }
    return pool;
  }

  /**
   * The dialect of a response whose head is there.
   *
   * @param body what was kept of the request's body
   */
  Dialect dialectOf(RequestHead request, byte[] body, HttpHeaders response) {
    return dialects.of(request.path(), body, response);
  }

  void refuse(Exchange exchange, OpenRefusal why) {
    var problem = Refusals.of(why);
    log.warn("relay.refused code={}", problem.code());
    problem.send(exchange);
  }

  void upstreamFailed(Exchange exchange, String path, UpstreamFailure failure) {
    answerFailure(exchange, path, failure.code(), failure.problem());
  }

  void upstreamFailed(Exchange exchange, String path, String code, String detail) {
    answerFailure(exchange, path, code, Problem.of(502, code, detail));
  }

  private void answerFailure(Exchange exchange, String path, String code, Problem problem) {
    metrics.upstreamFailed(code);
    metrics.relayed(problem.status());
    log.warn("relay.failed path={} code={}", path, code);
    problem.send(exchange);
  }
}
