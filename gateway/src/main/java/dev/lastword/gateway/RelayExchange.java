package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.UpstreamError;
import dev.lastword.sse.Framing;
import dev.lastword.stream.Admission;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Home;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Place;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One relayed request: bodies pass in both directions as their receivers take them. A response that
 * is an event stream becomes a {@link RelayedStream}; from then on this client is one of its
 * readers and no more.
 *
 * <p>What fails before anything of an answer has come is answered with its status, or the route's
 * next upstream is asked: the beginning of an event stream is {@linkplain HeldResponse held} until
 * its first content. After that never.
 */
final class RelayExchange implements UpstreamListener, ExchangeListener, HeldResponse.Listener {
  private final Relay relay;
  private final RelayRoute route;
  private final RequestQuotas quotas;
  private final Exchange exchange;
  private final RequestHead request;
  private final Asker asker;
  private final StreamOrder order;
  private final RequestUpload upload;
  private final boolean admission;
  private int upstream;

  /** When an upstream that refused wants to be asked again: it is said if nobody answers at all. */
  private @Nullable String retryAfter;

  private @Nullable UpstreamCall call;
  private @Nullable HeldResponse held;
  private Home.@Nullable Timer holdTimer;
  private Home.@Nullable Timer desertion;
  private @Nullable RelayedStream stream;
  private @Nullable Place place;
  private @Nullable Unsaved passing;
  private final Recurrence recurrence;

  /** Whether the upstream may have to be asked for its usage, which the whole body tells. */
  private final boolean mayAskUsage;

  private boolean usageAsked;

  /** Whether its call is counted, and is not made yet. */
  private boolean counted = true;

  private @Nullable StoredAnswer stored;
  private Map<String, String> written = Map.of();
  private boolean gone;
  private boolean unattended;

  /**
   * @param admission whether the answer will probably be a stream: then room for it is asked for
   *     before the upstream is asked, and paid
   */
  RelayExchange(
      Relay relay,
      RelayRoute route,
      RequestQuotas quotas,
      Exchange exchange,
      Asker asker,
      StreamOrder order,
      boolean admission) {
    this.admission = admission;
    this.relay = relay;
    this.route = route;
    this.quotas = quotas;
    this.exchange = exchange;
    this.request = relay.owners().relayed(exchange.request(), !route.config().headers().isEmpty());
    this.asker = asker;
    this.order = order;
    this.recurrence = relay.recurrence(exchange, request, asker, route, order);
    this.mayAskUsage =
        route.policy().asksUsage() && UsageAsking.isFor(request, route.askedPath(request));
    boolean repeated = route.upstreams() > 1 || collects();
    this.upload =
        new RequestUpload(
            exchange,
            repeated ? route.policy().repeatedBytesMax() : 0,
            relay.budget(),
            this::refuseForWantOfMemory);
  }

  /** Begins; its call has been counted. */
  void start() {
    exchange.listen(this);
    if (collects()) {
      upload.collect(this::collected);
    } else {
      begin();
    }
  }

  private boolean collects() {
    return mayAskUsage || recurrence.needsBody();
  }

  /** All of the request is known, and no upstream has heard of it. */
  private void collected() {
    var refusal = recurrence.needsBody() ? recurrence.known(upload) : Optional.<Problem>empty();
    if (refusal.isPresent()) {
      answering();
      relay.refuse(exchange, request.clientText(), refusal.get());
    } else {
      if (mayAskUsage) {
        UsageAsking.asking(upload.kept()).ifPresent(this::askUsage);
      }
      recurrence.first(this::answering, this::begin);
    }
  }

  private void askUsage(byte[] asking) {
    usageAsked = true;
    upload.sendInstead(asking);
  }

  /** It is answered with what there is already, or not at all: no call is made. */
  private void answering() {
    upload.forget();
    if (counted) {
      counted = false;
      quotas.calls().ended();
    }
  }

  /** Nothing is begun. */
  private void refuse(Problem why) {
    recurrence.instead(
        this::answering,
        () -> {
          recurrence.failed();
          answering();
          relay.refuse(exchange, request.clientText(), why);
        });
  }

  private void begin() {
    if (gone) {
      recurrence.failed();
      answering();
    } else if (!admission) {
      call();
    } else if (quotas.boundsBytes()) {
      quotas.kept().whenKnown(() -> exchange.loop().run(this::admit));
    } else {
      admit();
    }
  }

  /** Asks for room for a stream. */
  private void admit() {
    if (gone) {
      recurrence.failed();
      answering();
      return;
    }
    var chosen = order.id().map(id -> relay.owners().idOf(asker, id));
    relay
        .streams()
        .admit(
            chosen.or(recurrence::id).orElse(null),
            told -> exchange.loop().run(() -> admitted(told)));
  }

  private void admitted(Admission admission) {
    switch (admission) {
      case Admission.Admitted(Place given) -> take(given);
      case Admission.Refused(OpenRefusal why) -> {
        boolean attached =
            why instanceof OpenRefusal.IdTaken
                && relay.resumes().of(route).attaches(exchange, asker, order);
        if (attached) {
          recurrence.failed();
          answering();
        } else {
          refuse(Refusals.of(why));
        }
      }
    }
  }

  /** Takes its place, and only now a seat: who has waited for another's answer needed none. */
  private void take(Place given) {
    if (gone) {
      given.giveBack();
      recurrence.failed();
      return;
    }
    var refusal = quotas.beginGeneration();
    if (refusal.isPresent()) {
      given.giveBack();
      refuse(refusal.get());
      return;
    }
    place = given;
    recurrence.claim(given, this::claimed);
  }

  private void claimed(Optional<OpenRefusal> refusal) {
    if (gone || refusal.isPresent()) {
      giveBack();
      answering();
      refusal.ifPresent(why -> relay.refuse(exchange, request.clientText(), why));
    } else {
      call();
    }
  }

  /** No stream comes of it. */
  private void giveBack() {
    recurrence.failed();
    if (place != null) {
      place.giveBack();
      place = null;
      quotas.generations().ended();
    }
  }

  private void call() {
    counted = false;
    var target = route.target(upstream);
    var asked =
        new DefaultHttpRequest(
            HttpVersion.HTTP_1_1,
            request.method(),
            target.basePath() + route.config().asked(request.target()),
            RelayHeaders.toUpstream(request, target, route.config().headers(), relay.pseudonym()));
    upload
        .lengthInstead()
        .ifPresent(length -> asked.headers().set(HttpHeaderNames.CONTENT_LENGTH, length));
    if (Tunnel.isAsked(request)) {
      Tunnel.upgrade(asked.headers());
    }
    call =
        route
            .poolOf(upstream, exchange.loop())
            .call(asked, request.hasBody(), this, quotas.calls());
  }

  /** Whether there is another upstream, which can be asked the same. */
  private boolean hasNext() {
    return upstream + 1 < route.upstreams()
        && (!gone || unattended)
        && upload.isRepeatable()
        && !relay.streams().isDraining();
  }

  private void refusedBy(int status, HttpHeaders headers) {
    var wanted = headers.get(HttpHeaderNames.RETRY_AFTER);
    retryAfter = wanted == null ? retryAfter : wanted;
    askNext("status_" + status);
  }

  /**
   * Asks the next upstream; the call before is over, and so has made room for this one.
   *
   * @param why for log and metrics
   */
  private void askNext(String why) {
    var refusal = quotas.beginCall();
    if (refusal.isPresent()) {
      attended();
      giveBack();
      upload.forget();
      relay.refuse(exchange, request.clientText(), refusal.get());
      return;
    }
    var failed = route.target(upstream);
    upstream++;
    relay.failedOver(request.path(), failed, route.target(upstream), why);
    upload.interrupted();
    call();
  }

  // --- up: the request's body

  @Override
  public void connected(UpstreamCall connected) {
    if (upload.isRepeatable()) {
      upload.connected(connected);
    } else { // more has come since the one before than is kept: this one would hear a hole
      letGo(connected);
      relay.upstreamFailed(exchange, request.path(), UpstreamFailure.CLOSED, retryAfter);
    }
  }

  @Override
  public boolean again() {
    boolean can = (!gone || unattended) && upload.isRepeatable() && !relay.streams().isDraining();
    if (can) {
      upload.interrupted();
    }
    return can;
  }

  /** Before the upstream has heard the whole request, and so before it works on it. */
  private void refuseForWantOfMemory() {
    upload.forget();
    giveBack();
    if (call != null) {
      call.abort();
    } else {
      answering();
    }
    relay.budget().refusal().send(exchange);
  }

  /** The upstream takes more of the request, or the client more of the answer. */
  @Override
  public void writable() {
    if (stored != null) {
      stored.writable();
    } else {
      upload.writable();
    }
  }

  // --- down: the response

  @Override
  public void head(UpstreamCall answering, int status, HttpHeaders headers) {
    if (Failover.isWorthIt(status) && hasNext()) {
      answering.abort();
      refusedBy(status, headers);
      return;
    }
    var framing = isKept(status) ? framing(headers) : null;
    if (framing != null) {
      if (relay.isForeign(request)) {
        refuseForeign(answering);
      } else {
        events(answering, status, headers, framing);
      }
      return;
    }
    if (recurrence.keepsAll() && place != null && status >= 200 && status < 300) {
      store(answering, status, headers, place);
      return;
    }
    attended();
    if (status < 400) {
      recurrence.passed();
    }
    giveBack();
    upload.forget();
    if (gone) {
      answering.abort();
      return;
    }
    relay.metrics().relayed(status);
    if (!request.is(HttpMethod.HEAD)) {
      passing = new Unsaved(relay.metrics(), request.path(), status, headers);
    }
    exchange.listen(new Passing(answering));
    exchange.start(status, RelayHeaders.toClient(headers));
  }

  /** By what the ledger tells responses apart, beside what the response itself says. */
  private Map<String, String> accounted() {
    var attributes = new HashMap<String, String>();
    attributes.put(Attributes.ROUTE, route.config().path());
    ByToken.tenant(asker.owner()).ifPresent(name -> attributes.put(Attributes.TENANT, name));
    return attributes;
  }

  private Map<String, String> stored(int status, HttpHeaders headers) {
    var attributes = accounted();
    attributes.putAll(recurrence.answered(upload, status, headers));
    return attributes;
  }

  private void store(UpstreamCall answering, int status, HttpHeaders headers, Place given) {
    attended();
    place = null; // it takes it over
    stored =
        new StoredAnswer(
            relay,
            recurrence,
            stored(status, headers),
            exchange,
            asker,
            request,
            KeptHead.of(status, headers),
            headers,
            answering,
            given,
            quotas);
    upload.forget();
  }

  /** The client's wish was passed on, and the upstream agreed. */
  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // nobody needs it any more
  public void switched(UpstreamConnection connection, Channel channel, HttpHeaders headers) {
    attended();
    giveBack();
    if (gone) {
      channel.close();
      return;
    }
    relay.metrics().relayed(101);
    var answer = RelayHeaders.toClient(headers);
    Tunnel.upgrade(answer);
    exchange.tunnel(
        answer,
        channel,
        tunnel -> {
          tunnel.open();
          connection.handOver(tunnel.upstream());
        });
  }

  private void refuseForeign(UpstreamCall answering) {
    letGo(answering);
    Access.foreign().send(exchange);
  }

  /** A part of something, or nothing, is no answer; any other success is. */
  private static boolean isKept(int status) {
    return status >= 200 && status <= 203;
  }

  /** How the events of a response stand in it, or null if it is not kept as a stream. */
  private @Nullable Framing framing(HttpHeaders headers) {
    var type = Unsaved.essence(headers);
    if (request.is(HttpMethod.HEAD)) {
      return null;
    }
    if (type.equals("text/event-stream")) {
      return Framing.EVENTS;
    }
    return Unsaved.isLines(type) && isAnswer(headers) ? Framing.LINES : null;
  }

  /** Lines of JSON may be a file as well: an answer to a POST has no length ahead of its end. */
  private boolean isAnswer(HttpHeaders headers) {
    return route.isConfigured(request.path())
        || (request.is(HttpMethod.POST) && !headers.contains(HttpHeaderNames.CONTENT_LENGTH));
  }

  private void events(UpstreamCall answering, int status, HttpHeaders headers, Framing framing) {
    var coding = ContentCoding.of(headers.get(HttpHeaderNames.CONTENT_ENCODING));
    if (coding.isEmpty()) {
      letGo(answering);
      relay.upstreamFailed(
          exchange,
          request.path(),
          "upstream_encoded",
          "the upstream compressed its event stream in a way that is not known here",
          retryAfter);
      return;
    }
    var head = new RelayedStream.Head(answering, status, headers, framing, coding.get().decoder());
    var body = upload.looked();
    var dialect = route.dialectOf(request, body, headers);
    var facts = dialect.facts(body);
    written =
        relay.resumes().with(route.policy().save().attributes(request, body), route, request, body);
    written.putAll(recurrence.answered(upload, status, headers));
    written.putAll(accounted());
    if (usageAsked && framing == Framing.EVENTS) {
      written.put(Attributes.USAGE_ASKED, "");
    }
    if (!isHeld(dialect)) {
      open(head, new RelayedStream.Begun(dialect, facts, new byte[0]));
      return;
    }
    held =
        new HeldResponse(
            head, dialect, facts, route.policy().streams().eventBytesMax(), relay.budget(), this);
    holdTimer = exchange.loop().schedule(route.policy().holdMs(), this::holdIsOver);
  }

  /** Not a feed: that is open, and so its client is told, long before it has something to say. */
  private boolean isHeld(Dialect dialect) {
    boolean reads = request.is(HttpMethod.GET);
    return route.policy().holdMs() > 0 && !(reads && Attendance.isFeed(dialect));
  }

  private void holdIsOver() {
    if (held != null) {
      held.release();
    }
  }

  private void unhold() {
    held = null;
    if (holdTimer != null) {
      holdTimer.cancel();
      holdTimer = null;
    }
  }

  @Override
  public void begun(HeldResponse answer) {
    unhold();
    answer.forget();
    open(answer.head(), new RelayedStream.Begun(answer.dialect(), answer.facts(), answer.bytes()));
  }

  @Override
  public void refused(HeldResponse answer, UpstreamError error) {
    unhold();
    if (Failover.isWorthIt(error.status()) && hasNext()) {
      answer.head().call().abort();
      refusedBy(error.status(), answer.head().headers());
      return;
    }
    letGo(answer.head().call());
    if (!gone) {
      relay.answerError(
          exchange,
          request.path(),
          error.status(),
          RelayHeaders.toClientOfError(answer.head().headers()),
          Unpooled.copiedBuffer(error.json(), StandardCharsets.UTF_8));
    }
  }

  @Override
  public void broken(HeldResponse answer, String code, String detail) {
    unhold();
    if (hasNext()) {
      answer.head().call().abort();
      askNext(code);
      return;
    }
    letGo(answer.head().call());
    if (!gone) {
      relay.upstreamFailed(exchange, request.path(), code, detail, retryAfter);
    }
  }

  private void open(RelayedStream.Head head, RelayedStream.Begun begun) {
    attended();
    upload.forget();
    var opening =
        new RelayedStream(
            relay,
            route,
            quotas,
            head,
            begun,
            exchange,
            request.clientText(),
            asker,
            order,
            recurrence,
            written,
            gone);
    stream = opening;
    exchange.listen(opening.reader());
    var given = place;
    place = null; // the opening takes it over
    if (given != null) {
      opening.open(given, request.path());
      return;
    }
    // Nobody could know before: an answer with a media type that was not asked for.
    var refusal = quotas.beginGeneration();
    if (refusal.isPresent()) {
      stream = null;
      letGo(head.call()); // which says that none comes of it
      head.decoder().close();
      relay.refuse(exchange, request.clientText(), refusal.get());
      return;
    }
    relay
        .streams()
        .admit(null, told -> exchange.loop().run(() -> opening.admitted(told, request.path())));
  }

  @Override
  public void part(ByteBuf part) {
    if (stream != null) {
      stream.part(part);
    } else if (stored != null) {
      stored.part(part);
    } else if (held != null) {
      held.part(part);
    } else {
      if (passing != null) {
        passing.part();
      }
      exchange.write(part.retain());
      if (call != null && !exchange.writable()) {
        exchange.flush();
        call.readWanted(exchange.writable());
      }
    }
  }

  @Override
  public void pause() {
    if (stream == null && held == null && stored == null) {
      exchange.flush();
    }
  }

  @Override
  public void complete() {
    if (held != null) {
      held.complete();
      if (stream == null) {
        return; // it was none
      }
    }
    if (stream != null) {
      stream.complete();
    } else if (stored != null) {
      stored.complete();
    } else {
      if (passing != null) {
        passing.complete();
      }
      exchange.end();
    }
  }

  @Override
  public void failed(UpstreamFailure failure) {
    if (stored != null) {
      if (stored.failed()) {
        relay.upstreamFailed(exchange, request.path(), failure, retryAfter);
      }
      return;
    }
    if (held != null) {
      held.close();
      unhold();
    }
    boolean unanswered = stream == null && !exchange.started();
    if (unanswered && failure != UpstreamFailure.NO_ROOM && hasNext()) {
      askNext(failure.code());
      return;
    }
    attended();
    upload.forget();
    if (stream != null) {
      stream.failed(failure);
      return;
    }
    giveBack();
    if (exchange.started()) {
      relay.metrics().upstreamFailed(failure.code());
      exchange.abort();
    } else {
      relay.upstreamFailed(exchange, request.path(), failure, retryAfter);
    }
  }

  // --- the client

  /**
   * The client left before the upstream answered: if the answer is a stream, it goes on without a
   * reader. What cannot be an answer is let go of, and so is what was not sent whole.
   */
  @Override
  public void gone() {
    gone = true;
    if (stored != null) {
      stored.writable(); // to its end: it is kept
      return;
    }
    var waiting = call;
    if (waiting == null) { // it waited for its body, for room, or for what another is answered
      answering();
      return;
    }
    if (waiting.isOver()) {
      return;
    }
    var policy = order.onDisconnect();
    boolean goesOn =
        upload.isSent()
            && policy.kind() != OnDisconnect.Kind.AUTO
            && quotas.unattendedCalls().begin();
    if (!goesOn) {
      letGo(waiting);
      return;
    }
    unattended = true;
    desertion = exchange.loop().schedule(policy.afterMs(), this::deserted);
  }

  /** Nobody has come to wait for it: there is no stream yet that somebody could read. */
  private void deserted() {
    if (unattended && call != null) {
      letGo(call);
    }
  }

  /** Lets go of a call, and of all that was there for its answer. */
  private void letGo(UpstreamCall waiting) {
    attended();
    giveBack();
    upload.forget();
    if (held != null) {
      held.close();
      unhold();
    }
    waiting.abort();
  }

  /** It is answered or over: from here on others count who waits. */
  private void attended() {
    if (unattended) {
      unattended = false;
      if (desertion != null) {
        desertion.cancel();
        desertion = null;
      }
      quotas.unattendedCalls().ended();
    }
  }

  /** A client that receives a response which passes through. */
  private record Passing(UpstreamCall call) implements ExchangeListener {
    @Override
    public void writable() {
      call.readWanted(true);
    }

    @Override
    public void gone() {
      call.abort();
    }
  }
}
