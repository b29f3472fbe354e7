package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.PlainDialect;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Streams;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The route of everything that is not the gateway's own: to the upstream and back. */
final class Relay implements OwnedRoute {
  private static final Logger log = LoggerFactory.getLogger(Relay.class);

  private final Streams streams;
  private final Readers readers;
  private final GatewayMetrics metrics;
  private final RelayRoutes routes;
  private final Supplier<Access> access;
  private final Owners owners;
  private final QuotasOfOwners quotas;
  private final HeapPressure heap;
  private final ResponseBudget budget;
  private final Resumes resumes;
  private final Replay replay;
  private final Elsewhere elsewhere;
  private final Retries retries = new Retries(System::nanoTime);
  private final Turns<StreamId> keyTurns = new Turns<>();
  private final String pseudonym = newPseudonym();

  /**
   * Puts the route together.
   *
   * @param quotas what each owner has going on
   * @param budget memory for what is kept of requests
   * @param resumes who answer requests that come back to a response
   * @param replay answers what was asked before
   * @param elsewhere whose streams are answered for by others
   */
  Relay(
      Streams streams,
      Readers readers,
      GatewayMetrics metrics,
      RelayRoutes routes,
      Supplier<Access> access,
      Owners owners,
      QuotasOfOwners quotas,
      HeapPressure heap,
      ResponseBudget budget,
      Resumes resumes,
      Replay replay,
      Elsewhere elsewhere) {
    this.elsewhere = elsewhere;
    this.streams = streams;
    this.readers = readers;
    this.metrics = metrics;
    this.routes = routes;
    this.access = access;
    this.owners = owners;
    this.quotas = quotas;
    this.heap = heap;
    this.budget = budget;
    this.resumes = resumes;
    this.replay = replay;
  }

  private static String newPseudonym() {
    var random = new byte[4];
    new SecureRandom().nextBytes(random);
    return "lastword-" + HexFormat.of().formatHex(random);
  }

  @Override
  public void handle(Exchange exchange, Asker asker) {
    var request = exchange.request();
    var found = routes.of(request.path());
    if (found.isEmpty()) {
      Refusals.noRoute().send(exchange);
      return;
    }
    var route = found.get();
    resumes.handle(exchange, asker, route, (same, order) -> relay(same, asker, route, order));
  }

  private void relay(
      Exchange exchange, Asker asker, RelayRoute route, UnaryOperator<StreamOrder> ordered) {
    var request = exchange.request();
    if (elsewhere.isQuestion(request)) {
      OwnRoutes.answer(exchange, OwnRoutes::unknown); // whoever asked relays it
      return;
    }
    StreamOrder order;
    try {
      order =
          ordered.apply(
              StreamOrder.of(
                  request, route.policy().onDisconnect(), route.policy().unattendedMs()));
    } catch (StreamOrder.MalformedException e) {
      e.problem().send(exchange);
      return;
    }
    boolean admission =
        order.id().isPresent() || order.key().isPresent() || asksForStream(route, request);
    var counts = new RequestQuotas(route.quotas(), quotas.of(asker.owner()));
    var refusal = refusal(route, request, counts);
    if (refusal.isPresent()) {
      refuse(exchange, request.clientText(), refusal.get());
    } else {
      var beginning = new Beginning(exchange, asker, route, order, counts, admission);
      idOf(request, asker, order)
          .ifPresentOrElse(
              id -> elsewhere.claim(exchange, id, () -> begin(beginning)), () -> begin(beginning));
    }
  }

  /** The id that its stream will have, where that is decided already; a WebSocket is none. */
  private Optional<StreamId> idOf(RequestHead request, Asker asker, StreamOrder order) {
    return Tunnel.isAsked(request) ? Optional.empty() : idOf(asker, order);
  }

  private Optional<StreamId> idOf(Asker asker, StreamOrder order) {
    return order
        .id()
        .map(id -> owners.idOf(asker, id))
        .or(() -> order.key().map(key -> owners.idOf(asker, key)));
  }

  /** A request that is to be relayed from here. */
  private record Beginning(
      Exchange exchange,
      Asker asker,
      RelayRoute route,
      StreamOrder order,
      RequestQuotas counts,
      boolean admission) {}

  private void begin(Beginning one) {
    one.counts()
        .beginCall()
        .ifPresentOrElse(
            refusal -> refuse(one.exchange(), one.exchange().request().clientText(), refusal),
            () ->
                new RelayExchange(
                        this,
                        one.route(),
                        one.counts(),
                        one.exchange(),
                        one.asker(),
                        one.order(),
                        one.admission())
                    .start());
  }

  /** Why the upstream is not asked, if it is not. */
  private Optional<Problem> refusal(RelayRoute route, RequestHead request, RequestQuotas counts) {
    if (streams.isDraining()) {
      return Optional.of(Refusals.DRAINING.get());
    }
    if (RelayHeaders.cameBy(request.headers(), pseudonym)) {
      return Optional.of(Refusals.loop());
    }
    var refusal = route.refusal(request);
    if (refusal.isPresent()) {
      return refusal;
    }
    if (Tunnel.isAsked(request)) {
      return refusalOfTunnel(route, request);
    }
    if (!asksForStream(route, request)) {
      return Optional.empty();
    }
    if (access.get().isForeign(request)) {
      return Optional.of(Access.foreign());
    }
    return heap.refusal().or(counts::refusalOfUnattended);
  }

  /** No browser asks before it opens a WebSocket to another site: we have to look. */
  private Optional<Problem> refusalOfTunnel(RelayRoute route, RequestHead request) {
    if (access.get().isForeign(request)) {
      return Optional.of(Access.foreign());
    }
    return route.policy().webSockets()
        ? Optional.empty()
        : Optional.of(
            Problem.of(403, "websocket_refused", "no WebSocket is relayed here")
                .member("setting", Setting.WEBSOCKET.key()));
  }

  /**
   * Whether the answer will probably be a stream: then it is refused before the upstream is asked,
   * and paid.
   */
  private static boolean asksForStream(RelayRoute route, RequestHead head) {
    boolean vendors =
        head.is(HttpMethod.POST)
            && !(Dialects.ofPath(route.askedPath(head)) instanceof PlainDialect);
    return vendors
        || route.isConfigured(head.path())
        || head.headers().get("accept", "").contains("text/event-stream");
  }

  /** Whether a page of another site asks, which may not start a stream. */
  boolean isForeign(RequestHead request) {
    return access.get().isForeign(request);
  }

  /**
   * How a request may be one that was made before.
   *
   * @param request as the upstream is to see it
   */
  Recurrence recurrence(
      Exchange exchange, RequestHead request, Asker asker, RelayRoute route, StreamOrder order) {
    Function<Dialect, Face> faces = dialect -> resumes.of(route).face(dialect, order.withIds());
    if (order.key().isPresent()) {
      return new KeyedRequest(
          this,
          exchange,
          request,
          asker,
          new KeyedRequest.Ids(
              idOf(asker, order).orElseThrow(),
              owners.idOf(asker, order.key().get()),
              resumes.of(route).namesRuns()),
          faces);
    }
    return order.id().isEmpty() && Retries.isCounted(request)
        ? new CountedRequest(this, exchange, request, asker, faces)
        : new Recurrence.Never();
  }

  Replay replay() {
    return replay;
  }

  Retries retries() {
    return retries;
  }

  /** Of requests under one key, which may name several runs. */
  Turns<StreamId> keyTurns() {
    return keyTurns;
  }

  Owners owners() {
    return owners;
  }

  ResponseBudget budget() {
    return budget;
  }

  /** How this process is named in {@code Via} (RFC 9110 §7.6.3): no other has the same name. */
  String pseudonym() {
    return pseudonym;
  }

  Resumes resumes() {
    return resumes;
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

  void refuse(Exchange exchange, String client, OpenRefusal why) {
    refuse(exchange, client, Refusals.of(why));
  }

  /**
   * Says why the upstream was not asked, or its stream not begun.
   *
   * @param client its address, for the log
   */
  void refuse(Exchange exchange, String client, Problem problem) {
    metrics.refused(problem.code());
    log.warn("relay.refused code={} client={}", problem.code(), client);
    problem.send(exchange);
  }

  /** The next upstream is asked. */
  void failedOver(String path, UpstreamTarget failed, UpstreamTarget next, String code) {
    metrics.failedOver(code);
    log.warn(
        "relay.failover path={} upstream={} next={} code={}",
        path,
        failed.authority(),
        next.authority(),
        code);
  }

  /** Answers with what an upstream said in an event, before anything of an answer. */
  void answerError(Exchange exchange, String path, int status, HttpHeaders headers, ByteBuf body) {
    metrics.upstreamFailed("upstream_error");
    metrics.relayed(status);
    log.warn("relay.failed path={} code=upstream_error status={}", path, status);
    exchange.respond(status, headers, body);
  }

  /**
   * Says that no upstream answered.
   *
   * @param retryAfter what one that refused before said of when to come again
   */
  void upstreamFailed(
      Exchange exchange, String path, UpstreamFailure failure, @Nullable String retryAfter) {
    answerFailure(exchange, path, failure.code(), failure.problem(), retryAfter);
  }

  void upstreamFailed(
      Exchange exchange, String path, String code, String detail, @Nullable String retryAfter) {
    answerFailure(exchange, path, code, Problem.of(502, code, detail), retryAfter);
  }

  private void answerFailure(
      Exchange exchange, String path, String code, Problem problem, @Nullable String retryAfter) {
    metrics.upstreamFailed(code);
    metrics.relayed(problem.status());
    log.warn("relay.failed path={} code={}", path, code);
    (retryAfter == null ? problem : problem.header("retry-after", retryAfter)).send(exchange);
  }
}
