package dev.lastword.gateway;

import dev.lastword.cluster.Shard;
import dev.lastword.cluster.Where;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Stream;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has every request answered by whoever has its stream: this gateway, one beside it in the process,
 * or another node. What another node hands in is answered here, or not at all: nothing goes on from
 * node to node.
 */
final class Front extends Questions {
  private static final Logger log = LoggerFactory.getLogger(Front.class);

  /** Says of which shards an answer knows nothing, because nobody answered for them. */
  static final String MISSING = "lastword-missing-shards";

  private static final long FAILURE_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final AtomicLong failureSaidNanos =
      new AtomicLong(System.nanoTime() - FAILURE_PAUSE_NANOS);
  private final Node node;
  private final NodeCalls calls;
  private final Owners owners;
  private final ResponseBudget budget;
  private final Readers readers;
  private final GatewayMetrics metrics;

  /**
   * @param budget memory for answers that are put together of several
   * @param readers how readers are kept, also those who wait for another node
   */
  Front(
      Node node,
      NodeCalls calls,
      Owners owners,
      ResponseBudget budget,
      Readers readers,
      GatewayMetrics metrics) {
    this.node = node;
    this.calls = calls;
    this.owners = owners;
    this.budget = budget;
    this.readers = readers;
    this.metrics = metrics;
  }

  Node node() {
    return node;
  }

  NodeCalls calls() {
    return calls;
  }

  ResponseBudget budget() {
    return budget;
  }

  Readers readers() {
    return readers;
  }

  // --- which request is whose

  @Override
  public void route(Exchange exchange, Route here) {
    var head = exchange.request();
    if (!head.headers().contains(NodeFields.NODE)) {
      NodeFields.strip(head.headers());
      own(exchange, here);
    } else if (node.sent(head)) {
      handedIn(exchange, here);
    } else {
      log.warn("node.refused client={}", head.clientText());
      Problem.of(
              403,
              "node_refused",
              "this is said by nodes of the cluster alone, and with their secret")
          .member("field", "Lastword-Node")
          .member("setting", "node.secret")
          .send(exchange);
    }
  }

  @Override
  public boolean isVouchedFor(RequestHead head) {
    return node.sent(head);
  }

  @Override
  public void routeAdministrators(Exchange exchange, Route here) {
    var head = exchange.request();
    NodeFields.strip(head.headers());
    head.headers().set(NodeFields.AS, NodeFields.ADMINISTRATOR);
    own(exchange, here);
  }

  /** Another node has looked where this belongs: it is answered here, or said not to be. */
  private void handedIn(Exchange exchange, Route here) {
    var shard = NodeFields.shard(exchange.request().headers());
    var beside = shard.map(node::takenOver);
    if (shard.filter(node::isOwn).isPresent()) {
      here.handle(exchange);
    } else if (beside.isPresent()) {
      beside.get().handle(exchange);
    } else {
      elsewhere(exchange, shard.orElse(node.placement().own()));
    }
  }

  /**
   * What was asked for in a shard is not there: a node is told that, and a client to come again.
   */
  static void elsewhere(Exchange exchange, Shard shard) {
    if (isHandedIn(exchange)) {
      Problem.of(421, "shard_elsewhere", "this node does not have this shard")
          .header(NodeFields.ELSEWHERE, "true")
          .send(exchange);
    } else {
      unreachable(shard).send(exchange);
    }
  }

  private static boolean isHandedIn(Exchange exchange) {
    return exchange.request().headers().contains(NodeFields.NODE);
  }

  /** By the path, where the gateway's own paths tell. */
  private void own(Exchange exchange, Route here) {
    var head = exchange.request();
    if (!OwnRoutes.has(head.path())) {
      here.handle(exchange);
      return;
    }
    var parts = List.of(head.path().substring(1).split("/", -1));
    boolean reads = head.is(HttpMethod.GET);
    if (parts.getFirst().equals("v1")) {
      byId(exchange, here, parts, parts.size() == 3 && reads);
    } else if (parts.get(1).equals("streams") && parts.size() == 2 && reads) {
      gather(exchange, here, head, gathered -> Merged.list(exchange, head, gathered));
    } else if (parts.get(1).equals("streams")) {
      byId(exchange, here, parts, false);
    } else if (parts.get(1).equals("usage") && reads) {
      gather(exchange, here, Merged.inJson(head), gathered -> Merged.usage(exchange, gathered));
    } else if (parts.get(1).equals("conversations") && parts.size() == 3 && reads) {
      gather(
          exchange, here, Merged.whole(head), gathered -> Merged.conversation(exchange, gathered));
    } else if (parts.get(1).equals("conversations")
        && parts.size() == 3
        && head.is(HttpMethod.DELETE)) {
      gather(exchange, here, head, gathered -> Merged.deletion(exchange, gathered));
    } else {
      here.handle(exchange);
    }
  }

  private void byId(Exchange exchange, Route here, List<String> parts, boolean events) {
    var id = parts.size() > 2 ? StreamId.parse(parts.get(2)) : Optional.<StreamId>empty();
    if (id.isEmpty()) {
      here.handle(exchange);
      return;
    }
    var named = id.get();
    locate(
        exchange,
        named,
        found ->
            found.ifPresentOrElse(
                shard -> to(exchange, shard, here, events ? named : null),
                () -> byOwnersId(exchange, here, named, events)));
  }

  /** What an owner has chosen is known in the cluster by an id that is made of both. */
  private void byOwnersId(Exchange exchange, Route here, StreamId named, boolean events) {
    owners.ask(
        exchange,
        asker -> {
          var other = owners.streams().ids().other(asker.owner(), named);
          if (other.isEmpty()) {
            here.handle(exchange);
            return;
          }
          locate(
              exchange,
              other.get(),
              found ->
                  found.ifPresentOrElse(
                      shard -> to(exchange, shard, here, events ? named : null),
                      () -> here.handle(exchange)));
        });
  }

  // --- where it is

  private void locate(Exchange exchange, StreamId id, Consumer<Optional<Shard>> then) {
    answered(exchange, node.placement().find(id), then);
  }

  /** Goes on where the store has answered, at once where it had not to be asked. */
  static <T> void answered(Exchange exchange, CompletionStage<T> asked, Consumer<T> then) {
    var _ =
        asked.whenComplete(
            (value, failure) ->
                exchange
                    .loop()
                    .run(
                        () -> {
                          if (exchange.gone()) {
                            return;
                          }
                          if (failure == null) {
                            then.accept(value);
                          } else {
                            unknown(exchange, failure);
                          }
                        }));
  }

  private static void unknown(Exchange exchange, Throwable failure) {
    var cause = failure.getCause() == null ? failure : failure.getCause();
    if (failure instanceof IllegalArgumentException || cause instanceof IllegalArgumentException) {
      Problem.badField("Lastword-Stream", "an id that names no shard, or one that there is")
          .send(exchange);
      return;
    }
    log.warn("node.placement_unknown cause={}", cause.toString());
    if (exchange.request().is(HttpMethod.GET) && EventsRoute.isEventSource(exchange)) {
      exchange.abort(); // it tries that again, and would take any status for the end of everything
    } else {
      Problem.unavailable(
              "cluster_unavailable", "where this stream is cannot be read from the database now")
          .send(exchange);
    }
  }

  /**
   * Has a request answered by whoever has a shard.
   *
   * @param events the stream whose events its reader follows; null for any other request
   */
  private void to(Exchange exchange, Shard shard, Route here, @Nullable StreamId events) {
    var beside = node.takenOver(shard);
    if (node.isOwn(shard)) {
      here.handle(exchange);
    } else if (beside != null) {
      beside.handle(exchange);
    } else if (events != null) {
      metrics.handedOver();
      FollowedReading.start(this, shard, exchange, here, events.value());
    } else {
      handOver(exchange, shard);
    }
  }

  /** What the store has is there, also where this node has not seen it yet. */
  private void handOver(Exchange exchange, Shard shard) {
    switch (node.of(shard)) {
      case Where.At at -> {
        metrics.handedOver();
        HandedOver.start(this, shard, at, exchange);
      }
      case Where.Here _, Where.Nobody _, Where.Unknown _ -> unreachable(shard).send(exchange);
    }
  }

  /** What is answered for a shard that nobody answers for now. */
  static Problem unreachable(Shard shard) {
    return Problem.unavailable(
            "shard_unreachable",
            "the node that has this stream does not answer; another one takes it over in seconds")
        .member("shard", shard.number());
  }

  /**
   * A node that was asked has not answered, or not to the end. Counted each time, and said once in
   * a while: thousands of readers may wait for one node.
   */
  void failed(Shard shard, UpstreamFailure failure) {
    metrics.nodeFailed(failure.code());
    long now = System.nanoTime();
    long before = failureSaidNanos.get();
    if (now - before >= FAILURE_PAUSE_NANOS && failureSaidNanos.compareAndSet(before, now)) {
      log.warn("node.failed shard={} code={}", shard, failure.code());
    } else {
      log.debug("node.failed shard={} code={}", shard, failure.code());
    }
  }

  // --- what is in several

  private void gather(
      Exchange exchange, Route here, RequestHead head, Consumer<Gathering.Gathered> then) {
    Gathering.start(
        this,
        node.shards(),
        exchange,
        head,
        here,
        gathered -> {
          try (gathered) {
            then.accept(gathered);
          } catch (RuntimeException e) {
            log.error("node.answer_malformed", e);
            Problem.of(502, "node_answer_malformed", "a node's answer was not understood")
                .send(exchange);
          }
        });
  }

  // --- what routes ask

  @Override
  public void find(Exchange exchange, List<StreamId> ids, Runnable here) {
    if (isHandedIn(exchange)) {
      here.run();
    } else {
      findFirst(exchange, ids.iterator(), here);
    }
  }

  private void findFirst(Exchange exchange, Iterator<StreamId> ids, Runnable here) {
    if (!ids.hasNext()) {
      here.run();
      return;
    }
    locate(
        exchange,
        ids.next(),
        found ->
            found.ifPresentOrElse(
                shard -> to(exchange, shard, _ -> here.run(), null),
                () -> findFirst(exchange, ids, here)));
  }

  @Override
  public void claim(Exchange exchange, StreamId id, Runnable here) {
    boolean handedIn = isHandedIn(exchange);
    answered(
        exchange,
        node.placement().claim(id),
        shard -> {
          if (handedIn && !node.isOwn(shard)) {
            elsewhere(exchange, shard); // who handed it in has known it for too long
          } else {
            to(exchange, shard, _ -> here.run(), null);
          }
        });
  }

  @Override
  public void named(
      Exchange exchange,
      boolean anybodys,
      Optional<Stream> found,
      Consumer<Optional<Stream>> then) {
    if (found.isPresent() || isHandedIn(exchange)) {
      super.named(exchange, anybodys, found, then);
    } else {
      askOthers(exchange, anybodys, then);
    }
  }

  private void askOthers(Exchange exchange, boolean anybodys, Consumer<Optional<Stream>> then) {
    var head = exchange.request();
    var headers = NodeFields.withoutBody(head.headers());
    ask(headers, anybodys);
    var others = node.shards().stream().filter(shard -> !node.isOwn(shard)).toList();
    Gathering.start(
        this,
        others,
        exchange,
        head.bodiless(headers),
        OwnRoutes::unknown,
        gathered -> {
          try (gathered) {
            told(exchange, anybodys, gathered, then);
          }
        });
  }

  private void told(
      Exchange exchange,
      boolean anybodys,
      Gathering.Gathered gathered,
      Consumer<Optional<Stream>> then) {
    var newest =
        gathered.answers().stream()
            .filter(answer -> answer.status() == 200)
            .flatMap(
                answer ->
                    Known.of(answer.body()).map(known -> new Has(answer.shard(), known)).stream())
            .max(Comparator.comparingLong(has -> has.known().createdMs()));
    if (newest.isPresent() && !anybodys) {
      to(exchange, newest.get().shard(), OwnRoutes::unknown, null);
    } else if (newest.isPresent()) {
      OwnRoutes.answer(exchange, OwnRoutes::unknown); // another's is not there
    } else if (gathered.unreachable().isEmpty()
        && gathered.answers().stream().allMatch(Front::tells)) {
      then.accept(Optional.empty());
    } else {
      OwnRoutes.answer(exchange, it -> Merged.unreachable(gathered).send(it));
    }
  }

  /** Whether a node has told what it has, and not that it cannot tell now. */
  private static boolean tells(Gathering.Answer answer) {
    return answer.status() == 200 || answer.status() == 404;
  }

  /** Who has what was asked for. */
  private record Has(Shard shard, Known known) {}
}
