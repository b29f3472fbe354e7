package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.PlainDialect;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Streams;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Map;
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

  Relay(
      Streams streams,
      Map<Loop, UpstreamPool> pools,
      Readers readers,
      GatewayMetrics metrics,
      DialectRules dialects) {
    this.streams = streams;
    this.pools = pools;
    this.readers = readers;
    this.metrics = metrics;
    this.dialects = dialects;
  }

  @Override
  public void handle(Exchange exchange) {
    if (streams.isDraining()) {
      Refusals.DRAINING.get().send(exchange);
      return;
    }
    StreamOrder order;
    try {
      order = StreamOrder.of(exchange.request().headers());
    } catch (StreamOrder.MalformedException e) {
      e.problem().send(exchange);
      return;
    }
    boolean admission = order.id().isPresent() || asksForStream(exchange.request());
    new RelayExchange(this, exchange, order, admission).start();
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
