package dev.lastword.gateway;

import dev.lastword.dialect.RequestFacts;
import dev.lastword.gateway.StreamOrder.MalformedException;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.Framing;
import dev.lastword.stream.Admission;
import dev.lastword.stream.Answer;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Place;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamRequest;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Streams;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Streams that applications write themselves, by requests: they are opened, given their events,
 * sealed, saved by the application where it has said so, and then said; docs/protocols/http.md has
 * the surface.
 */
final class ProducersApi {
  private static final Logger log = LoggerFactory.getLogger(ProducersApi.class);

  private final Parts parts;
  private final Streams streams;
  private final OwnedStreams owned;
  private final ConcurrentHashMap<StreamId, RemoteProducer> running = new ConcurrentHashMap<>();

  /**
   * What it stands on.
   *
   * @param saves where responses wait for their applications
   * @param rules what else has to save a response, as it is now
   * @param eventBytesMax largest event
   * @param leaseMs how long an application may be silent
   */
  record Parts(
      Owners owners,
      QuotasOfOwners quotas,
      RouteQuotas all,
      HeapPressure heap,
      ResponseBudget budget,
      Elsewhere elsewhere,
      RemoteSaves saves,
      Waits waits,
      Supplier<SaveRules> rules,
      GatewayMetrics metrics,
      Executor io,
      int eventBytesMax,
      long leaseMs) {}

  ProducersApi(Parts parts) {
    this.parts = parts;
    this.owned = parts.owners().streams();
    this.streams = owned.streams();
    parts
        .metrics()
        .gauge(
            "lastword.producers", "Streams that applications write by requests now", running::size);
  }

  Streams streams() {
    return streams;
  }

  RemoteSaves saves() {
    return parts.saves();
  }

  Waits waits() {
    return parts.waits();
  }

  ResponseBudget budget() {
    return parts.budget();
  }

  Executor io() {
    return parts.io();
  }

  // --- opening

  /** {@code POST /api/streams}. */
  void open(Exchange exchange, Asker asker) {
    var refusal = parts.owners().rules().refusalToProduce(asker);
    if (refusal.isPresent()) {
      OwnRoutes.answer(exchange, _ -> refuse(exchange, refusal.get()));
      return;
    }
    var head = exchange.request();
    String producer;
    Optional<StreamId> chosen;
    Optional<String> conversation;
    try {
      producer = ProducerFields.producer(head);
      chosen = StreamOrder.id(head.headers()).map(id -> parts.owners().idOf(asker, id));
      conversation = StreamOrder.conversation(head.headers());
    } catch (MalformedException e) {
      e.problem().send(exchange);
      return;
    }
    Runnable here =
        () ->
            SmallBody.receive(
                exchange,
                ProducerOrder.BODY_BYTES_MAX,
                budget(),
                body -> order(exchange, asker, producer, chosen, conversation, body));
    chosen.ifPresentOrElse(id -> parts.elsewhere().claim(exchange, id, here), here);
  }

  private void order(
      Exchange exchange,
      Asker asker,
      String producer,
      Optional<StreamId> chosen,
      Optional<String> conversation,
      byte[] body) {
    ProducerOrder order;
    try {
      order = ProducerOrder.of(body);
    } catch (MalformedException e) {
      e.problem().send(exchange);
      return;
    }
    var written = order.written(producer, parts.rules().get(), exchange.request(), body);
    conversation.ifPresent(key -> written.put(Attributes.CONVERSATION, key));
    ByToken.tenant(asker.owner()).ifPresent(name -> written.put(Attributes.TENANT, name));
    if (order.saves() != ProducerOrder.Saves.NONE) {
      parts.metrics().hook(RemoteSaves.NAME);
    }
    var wanted =
        new StreamRequest(
            asker.owner(), order.dialect(), Framing.EVENTS, RequestFacts.NONE, written);
    var opening =
        new Opening(
            exchange,
            asker,
            producer,
            chosen,
            wanted,
            new RequestQuotas(parts.all(), parts.quotas().of(asker.owner())));
    again(opening, () -> begin(opening));
  }

  /** One that is being opened. */
  private record Opening(
      Exchange exchange,
      Asker asker,
      String producer,
      Optional<StreamId> chosen,
      StreamRequest wanted,
      RequestQuotas quotas) {
    /** Whether it is this one that a stream was opened by, which was not heard of. */
    boolean isOf(Map<String, String> attributes) {
      return isSame(ProducerFields.OF_PRODUCER, attributes)
          && isSame(ProducerFields.OF_OPENING, attributes);
    }

    private boolean isSame(String name, Map<String, String> attributes) {
      return Objects.equals(wanted.attributes().get(name), attributes.get(name));
    }

    boolean isSavedByItsApplication() {
      return wanted.attributes().containsKey(ProducerFields.OF_SAVES);
    }
  }

  /** Who asks for what was opened before, and did not hear that, is told. */
  private void again(Opening opening, Runnable otherwise) {
    var known = opening.chosen().map(running::get);
    if (known.isPresent()
        && known.get().isOf(opening.asker().owner())
        && known.get().isNamed(opening.producer())) {
      known.get().ask(it -> it.whenOpened(() -> opened(opening, it)));
    } else {
      otherwise.run();
    }
  }

  /** On the producer's home. */
  private void opened(Opening opening, RemoteProducer producer) {
    var exchange = opening.exchange();
    var refusal = producer.refusal();
    if (refusal != null) {
      exchange.loop().run(() -> Refusals.of(refusal).send(exchange));
    } else if (opening.isOf(producer.view().attributes())) {
      position(exchange, producer);
    } else {
      exchange.loop().run(() -> refuse(exchange, Refusals.ID_TAKEN.get()));
    }
  }

  private void begin(Opening opening) {
    var refusal =
        streams.isDraining() ? Optional.of(Refusals.DRAINING.get()) : parts.heap().refusal();
    if (refusal.isPresent()) {
      refuse(opening.exchange(), refusal.get());
    } else if (opening.quotas().boundsBytes()) {
      opening.quotas().kept().whenKnown(() -> opening.exchange().loop().run(() -> admit(opening)));
    } else {
      admit(opening);
    }
  }

  private void admit(Opening opening) {
    var refusal = opening.quotas().beginGeneration();
    if (refusal.isPresent()) {
      refuse(opening.exchange(), refusal.get());
      return;
    }
    streams.admit(
        opening.chosen().orElse(null),
        told -> opening.exchange().loop().run(() -> admitted(opening, told)));
  }

  private void admitted(Opening opening, Admission admission) {
    switch (admission) {
      case Admission.Admitted(Place place) -> compose(opening, place);
      case Admission.Refused(OpenRefusal why) -> {
        opening.quotas().generations().ended();
        if (why instanceof OpenRefusal.IdTaken && opening.chosen().isPresent()) {
          again(opening, () -> taken(opening, opening.chosen().get()));
        } else {
          refuse(opening.exchange(), Refusals.of(why));
        }
      }
    }
  }

  /** There is a stream of this id: perhaps the one that was asked for, and has ended since. */
  private void taken(Opening opening, StreamId id) {
    var exchange = opening.exchange();
    streams.find(
        opening.asker().owner(),
        id,
        answering(
            exchange,
            found -> {
              var own = found.filter(stream -> opening.isOf(stream.attributes()));
              own.ifPresentOrElse(
                  stream -> over(stream).send(exchange),
                  () -> refuse(exchange, Refusals.ID_TAKEN.get()));
            }));
  }

  private void compose(Opening opening, Place place) {
    var loop = opening.exchange().loop();
    var id = place.id();
    var producer =
        new RemoteProducer(
            id,
            opening.asker().owner(),
            opening.producer(),
            RemoteSaves.NAME.equals(opening.wanted().attributes().get(Attributes.SAVE)),
            loop,
            opening.wanted().dialect(),
            parts.eventBytesMax(),
            parts.leaseMs(),
            new Composing(opening, id));
    running.put(id, producer);
    producer.fills(streams.compose(place, opening.wanted(), loop, producer, producer));
  }

  /** What becomes of one. On its home, which is the loop that has opened it. */
  private final class Composing implements RemoteProducer.Told {
    private final Opening opening;
    private final StreamId id;
    private boolean seated = true;

    Composing(Opening opening, StreamId id) {
      this.opening = opening;
      this.id = id;
    }

    @Override
    public void opened() {
      var exchange = opening.exchange();
      var producer = running.get(id);
      if (producer != null && !exchange.gone()) {
        var headers = OwnHeaders.of("application/json");
        headers.set(StreamOrder.STREAM, id.value());
        headers.set("link", "</v1/stream/" + id.value() + ">; rel=\"alternate\"");
        parts.owners().link(opening.asker(), id).ifPresent(url -> RelayHeaders.link(headers, url));
        exchange.respond(201, headers, Unpooled.wrappedBuffer(json(producer)));
      }
    }

    @Override
    public void refused(OpenRefusal why) {
      refuse(opening.exchange(), Refusals.of(why));
    }

    /** Where the application saves it, what it leaves unsaved is still something that it has. */
    @Override
    public void over() {
      if (!opening.isSavedByItsApplication()) {
        seatIsFree();
      }
      waits().news(id);
    }

    @Override
    public void settled() {
      running.remove(id);
      saves().settled(id);
      waits().news(id);
    }

    @Override
    public void saveIsOver() {
      seatIsFree();
    }

    private void seatIsFree() {
      if (seated) {
        seated = false;
        opening.quotas().generations().ended();
      }
    }
  }

  private void refuse(Exchange exchange, Problem problem) {
    parts.metrics().refused(problem.code());
    log.warn("producer.refused code={} client={}", problem.code(), exchange.request().clientText());
    problem.send(exchange);
  }

  // --- writing

  /** {@code POST /api/streams/{id}/events}. */
  void append(Exchange exchange, Asker asker, String id) {
    fill(
        exchange,
        asker,
        id,
        (producer, name) ->
            producer.whenDurable(
                () -> {
                  var by = producer.ended();
                  if (by == null || by.outcome() == Outcome.COMPLETED) {
                    position(exchange, producer);
                  } else {
                    var problem = Feeding.over(by, producer.next());
                    exchange.loop().run(() -> problem.send(exchange));
                  }
                }),
        (stream, name) -> over(stream).send(exchange));
  }

  /** {@code POST /api/streams/{id}/seal}. */
  void seal(Exchange exchange, Asker asker, String id) {
    var saved = exchange.request().queryParameter("saved");
    if (saved != null && !saved.equals("true") && !saved.equals("false")) {
      Problem.badField("saved", "true or false").send(exchange);
      return;
    }
    boolean unneeded = "true".equals(saved);
    fill(
        exchange,
        asker,
        id,
        (producer, name) -> {
          seal(producer, unneeded);
          exchange.loop().run(() -> settle(exchange, asker, producer.id(), name, unneeded));
        },
        (stream, name) -> settle(exchange, asker, stream.id(), name, unneeded));
  }

  /** On the producer's home. */
  private void seal(RemoteProducer producer, boolean unneeded) {
    if (unneeded && producer.ended() == null) {
      saves().isUnneeded(producer.id());
    }
    producer.seal(unneeded);
  }

  private void settle(
      Exchange exchange, Asker asker, StreamId id, String producer, boolean unneeded) {
    var wish = unneeded ? new Settling.Wish.Over() : new Settling.Wish.Sealed();
    if (unneeded) {
      var life = RemoteSaves.Life.any(id);
      var _ = saves().acknowledge(life, producer, Optional.empty()); // where it was asked before
    }
    Settling.start(this, exchange, asker, id, producer, wish);
  }

  /** {@code POST /api/streams/{id}/fail}. */
  void fail(Exchange exchange, Asker asker, String id) {
    SmallBody.receive(
        exchange,
        FailOrder.BODY_BYTES_MAX,
        body -> {
          FailOrder order;
          String name;
          long sequence;
          try {
            order = FailOrder.of(body);
            name = ProducerFields.producer(exchange.request());
            sequence = ProducerFields.sequence(exchange.request());
          } catch (MalformedException e) {
            e.problem().send(exchange);
            return;
          }
          find(
              exchange,
              asker,
              id,
              name,
              producer ->
                  producer.ask(
                      it -> {
                        var taken = it.take(sequence, List.of());
                        exchange
                            .loop()
                            .run(() -> fail(exchange, asker, it, order, sequence, taken));
                      }),
              stream ->
                  Settling.start(
                      this, exchange, asker, stream.id(), name, new Settling.Wish.Over()));
        });
  }

  private void fail(
      Exchange exchange,
      Asker asker,
      RemoteProducer producer,
      FailOrder order,
      long sequence,
      RemoteProducer.Taken taken) {
    if (taken instanceof RemoteProducer.Taken.Gap(long expected)) {
      Feeding.gap(expected, sequence).send(exchange);
      return;
    }
    producer.ask(it -> it.fail(order));
    Settling.start(this, exchange, asker, producer.id(), "", new Settling.Wish.Over());
  }

  /** What follows once a request has handed its events in. */
  private interface Then<T> {
    void go(T what, String producer);
  }

  /**
   * Takes a request's events.
   *
   * @param here on the producer's home, once they were taken
   * @param notHere where nobody writes the stream any more
   */
  private void fill(
      Exchange exchange, Asker asker, String id, Then<RemoteProducer> here, Then<Stream> notHere) {
    String name;
    long first;
    try {
      name = ProducerFields.producer(exchange.request());
      first = ProducerFields.sequence(exchange.request());
    } catch (MalformedException e) {
      e.problem().send(exchange);
      return;
    }
    find(
        exchange,
        asker,
        id,
        name,
        producer ->
            Feeding.start(exchange, producer, budget(), first, () -> here.go(producer, name)),
        stream -> OwnRoutes.answer(exchange, _ -> notHere.go(stream, name)));
  }

  /** Finds what a producer writes, or has written. */
  private void find(
      Exchange exchange,
      Asker asker,
      String named,
      String producer,
      Consumer<RemoteProducer> here,
      Consumer<Stream> notHere) {
    var id = StreamId.parse(named);
    if (id.isEmpty()) {
      StreamsApi.malformedId().send(exchange);
      return;
    }
    for (var each : owned.idsOf(asker.owner(), id.get())) {
      var known = running.get(each);
      if (known != null && known.isOf(asker.owner())) {
        if (known.isNamed(producer)) {
          here.accept(known);
        } else {
          another().send(exchange);
        }
        return;
      }
    }
    owned.find(
        asker.owner(),
        id.get(),
        answering(
            exchange,
            found -> {
              if (found.isEmpty()) {
                Problem.notFound("stream of this id").send(exchange);
              } else if (isOf(found.get(), producer)) {
                notHere.accept(found.get());
              } else {
                another().send(exchange);
              }
            }));
  }

  private static boolean isOf(Stream stream, String producer) {
    return producer.equals(stream.attributes().get(ProducerFields.OF_PRODUCER));
  }

  private static Problem another() {
    return Problem.of(409, "another_producer", "somebody else fills this stream")
        .member("field", "Lastword-Producer");
  }

  /** A stream that nobody writes any more: what has no outcome yet was left by a process. */
  private static Problem over(Stream stream) {
    var view = stream.view();
    var outcome = view.outcome();
    if (outcome != null) {
      return Feeding.over(outcome.word(), view.reason());
    }
    return view.state().equals("open")
        ? Feeding.over(Outcome.INTERRUPTED.word(), "interrupted")
        : Feeding.over(Outcome.COMPLETED.word(), "");
  }

  // --- how far it is

  /** {@code GET /api/streams/{id}/producer}. */
  void position(Exchange exchange, Asker asker, String id) {
    String name;
    try {
      name = ProducerFields.producer(exchange.request());
    } catch (MalformedException e) {
      e.problem().send(exchange);
      return;
    }
    find(
        exchange,
        asker,
        id,
        name,
        producer ->
            producer.ask(
                it -> {
                  it.heard();
                  position(exchange, it);
                }),
        stream -> over(stream).send(exchange));
  }

  /** On the producer's home. */
  private static void position(Exchange exchange, RemoteProducer producer) {
    var json = json(producer);
    exchange.loop().run(() -> StreamsApi.ok(exchange, 200, json));
  }

  /** On the producer's home. */
  private static byte[] json(RemoteProducer producer) {
    var view = producer.view();
    return Json.bytes(
        out -> {
          out.writeStartObject();
          out.writeStringProperty("stream", view.id().value());
          out.writeStringProperty("state", view.state());
          out.writeNumberProperty("next", producer.next());
          out.writeNumberProperty("durable", view.events());
          out.writeNumberProperty("leaseMs", producer.leaseMs());
          out.writeNumberProperty("eventBytesMax", producer.eventBytesMax());
          out.writeStringProperty("url", "/v1/stream/" + view.id().value());
          out.writeEndObject();
        });
  }

  // --- saving

  /** {@code POST /api/streams/{id}/saving}. */
  void saving(Exchange exchange, Asker asker, String id) {
    withSaver(
        exchange,
        asker,
        id,
        (stream, name) ->
            Settling.start(this, exchange, asker, stream.id(), name, new Settling.Wish.Saving()));
  }

  /** {@code POST /api/streams/{id}/saved}. */
  void saved(Exchange exchange, Asker asker, String id) {
    SmallBody.receive(
        exchange,
        SavedOrder.BODY_BYTES_MAX,
        body -> {
          SavedOrder order;
          try {
            order = SavedOrder.of(body);
          } catch (MalformedException e) {
            e.problem().send(exchange);
            return;
          }
          withSaver(
              exchange, asker, id, (stream, name) -> saved(exchange, asker, order, stream, name));
        });
  }

  private void saved(Exchange exchange, Asker asker, SavedOrder order, Stream stream, String name) {
    switch (order.result()) {
      case SAVED -> settled(exchange, asker, order, stream, name, Optional.empty());
      case REJECTED -> settled(exchange, asker, order, stream, name, Optional.of(order.message()));
      case FAILED -> {
        saves().failed(stream.id(), order.message());
        goesOn(exchange, order, stream, name);
      }
      case SAVING -> goesOn(exchange, order, stream, name);
    }
  }

  /** It has the response for longer. */
  private void goesOn(Exchange exchange, SavedOrder order, Stream stream, String name) {
    switch (saves().take(new RemoteSaves.Life(stream.id(), order.created()), name)) {
      case RemoteSaves.Taking.Taken _ ->
          StreamsApi.ok(
              exchange, 200, SavedJson.of(stream.view()).getBytes(StandardCharsets.UTF_8));
      case RemoteSaves.Taking.Held(long leftMs) -> Settling.held(leftMs).send(exchange);
      case RemoteSaves.Taking.Nothing _ -> Settling.inVain().send(exchange);
    }
  }

  private void settled(
      Exchange exchange,
      Asker asker,
      SavedOrder order,
      Stream stream,
      String name,
      Optional<String> rejection) {
    var wish = new Settling.Wish.Saved(order.created(), rejection);
    Settling.start(this, exchange, asker, stream.id(), name, wish);
  }

  /** Whichever process of the application asks. */
  private void withSaver(Exchange exchange, Asker asker, String named, Then<Stream> then) {
    var id = StreamId.parse(named);
    if (id.isEmpty()) {
      StreamsApi.malformedId().send(exchange);
      return;
    }
    String name;
    try {
      name = ProducerFields.producer(exchange.request());
    } catch (MalformedException e) {
      e.problem().send(exchange);
      return;
    }
    owned.find(
        asker.owner(),
        id.get(),
        answering(
            exchange,
            found ->
                found.ifPresentOrElse(
                    stream -> then.go(stream, name),
                    () -> Problem.notFound("stream of this id").send(exchange))));
  }

  /** {@code GET /api/streams?awaits=APPLICATION}: what waits for one of its processes. */
  void awaiting(Exchange exchange, Asker asker) {
    var head = exchange.request();
    int limit = StreamsApi.limit(head.queryParameter("limit"));
    if (limit < 1) {
      Problem.badField("limit", "1 to 1000").member("limit", 1_000).send(exchange);
      return;
    }
    var all =
        saves()
            .of(
                asker.owner(),
                String.valueOf(head.queryParameter("awaits")),
                head.headers().get(ProducerFields.PRODUCER, ""));
    collect(exchange, asker, all.stream().limit(limit).toList());
  }

  private void collect(Exchange exchange, Asker asker, List<StreamId> ids) {
    var views = Collections.synchronizedList(new ArrayList<StreamView>());
    var left = new AtomicInteger(ids.size());
    Runnable one =
        () -> {
          if (left.decrementAndGet() == 0) {
            exchange.loop().run(() -> listed(exchange, views));
          }
        };
    if (ids.isEmpty()) {
      listed(exchange, views);
    }
    for (var id : ids) {
      streams.find(
          asker.owner(),
          id,
          new Answer<>() {
            @Override
            public void succeeded(Optional<Stream> found) {
              found.map(Stream::view).ifPresent(views::add);
              one.run();
            }

            @Override
            public void failed(RuntimeException cause) {
              log.warn("producer.unreadable stream={} cause={}", id, cause.toString());
              one.run();
            }
          });
    }
  }

  private static void listed(Exchange exchange, List<StreamView> views) {
    var sorted = new ArrayList<>(views);
    sorted.sort(Comparator.comparingLong(StreamView::createdMs).reversed());
    StreamsApi.ok(exchange, 200, StreamJson.part(sorted, true, true, false));
  }

  private static <T> Answer<T> answering(Exchange exchange, Consumer<T> then) {
    return StreamsApi.answering(
        exchange, then, cause -> StreamsApi.unreadable(cause).send(exchange));
  }
}
