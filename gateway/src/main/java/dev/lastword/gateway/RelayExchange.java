package dev.lastword.gateway;

import dev.lastword.sse.Framing;
import dev.lastword.stream.Admission;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Place;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One relayed request: bodies pass in both directions as their receivers take them. A response that
 * is an event stream becomes a {@link RelayedStream}; from then on this client is one of its
 * readers and no more.
 */
final class RelayExchange implements UpstreamListener, ExchangeListener {
  private static final byte[] NO_BODY = {};

  private final Relay relay;
  private final Exchange exchange;
  private final RequestHead request;
  private final StreamOrder order;
  private @Nullable BodyStart bodyStart;
  private @Nullable UpstreamCall call;
  private @Nullable RelayedStream stream;
  private final boolean admission;
  private @Nullable Place place;
  private @Nullable Unsaved passing;
  private boolean requestSent;
  private boolean gone;
  private boolean unattended;

  /**
   * @param admission whether the answer will probably be a stream: then room for it is asked for
   *     before the upstream is asked, and paid
   */
  RelayExchange(Relay relay, Exchange exchange, StreamOrder order, boolean admission) {
    this.admission = admission;
    this.relay = relay;
    this.exchange = exchange;
    this.request = exchange.request();
    this.order = order;
  }

  void start() {
    exchange.listen(this);
    if (admission) {
      relay
          .streams()
          .admit(order.id().orElse(null), told -> exchange.loop().run(() -> admitted(told)));
    } else {
      call();
    }
  }

  private void admitted(Admission admission) {
    switch (admission) {
      case Admission.Admitted(Place given) -> {
        place = given;
        if (gone) {
          giveBack();
          relay.upstream().ended();
        } else {
          call();
        }
      }
      case Admission.Refused(OpenRefusal why) -> {
        relay.upstream().ended();
        relay.refuse(exchange, why);
      }
    }
  }

  private void giveBack() {
    if (place != null) {
      place.giveBack();
      place = null;
    }
  }

  private void call() {
    var pool = relay.poolOf(exchange.loop());
    var target = relay.upstream().target();
    var asked =
        new DefaultHttpRequest(
            HttpVersion.HTTP_1_1,
            request.method(),
            target.pathOf(request),
            RelayHeaders.toUpstream(request, target, relay.upstream().pseudonym()));
    if (Tunnel.isAsked(request)) {
      Tunnel.upgrade(asked.headers());
    }
    if (request.is(HttpMethod.POST) && isJson(request.headers())) {
      ContentCoding.of(request.headers().get(HttpHeaderNames.CONTENT_ENCODING))
          .ifPresent(
              coding -> bodyStart = new BodyStart(request.contentLength(), coding, relay.budget()));
    }
    call = pool.call(asked, request.hasBody(), this);
  }

  private static boolean isJson(HttpHeaders headers) {
    var type = headers.get(HttpHeaderNames.CONTENT_TYPE, "").toLowerCase(Locale.ROOT);
    return type.startsWith("application/json") || type.contains("+json");
  }

  // --- up: the request's body

  @Override
  public void connected(UpstreamCall connected) {
    if (request.hasBody()) {
      exchange.receive(new Upload(connected));
    } else {
      requestSent = true;
    }
  }

  /** Hands the client's body to the upstream, as fast as that takes it. */
  private final class Upload implements BodyReceiver {
    private final UpstreamCall to;

    Upload(UpstreamCall to) {
      this.to = to;
    }

    @Override
    public void part(ByteBuf part) {
      if (bodyStart != null && !bodyStart.add(part)) {
        refuseForWantOfMemory();
        return;
      }
      to.write(part);
      if (!to.writable()) {
        to.flush();
        exchange.bodyWanted(to.writable() || to.isOver());
      }
    }

    @Override
    public void pause() {
      to.flush();
    }

    @Override
    public void complete() {
      requestSent = true;
      to.finish();
    }
  }

  /** Before the upstream has heard the whole request, and so before it works on it. */
  private void refuseForWantOfMemory() {
    forgetBody();
    giveBack();
    if (call != null) {
      call.abort();
    }
    relay.budget().refusal().send(exchange);
  }

  private void forgetBody() {
    if (bodyStart != null) {
      bodyStart.close();
      bodyStart = null;
    }
  }

  /** The upstream takes more of the request. */
  @Override
  public void writable() {
    exchange.bodyWanted(true);
  }

  // --- down: the response

  @Override
  public void head(UpstreamCall answering, int status, HttpHeaders headers) {
    attended();
    var framing = isKept(status) ? framing(headers) : null;
    if (framing != null) {
      if (relay.isForeign(request)) {
        refuseForeign(answering);
      } else {
        openStream(answering, status, headers, framing);
      }
      return;
    }
    giveBack();
    forgetBody();
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
    giveBack();
    forgetBody();
    answering.abort();
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
    return relay.isConfigured(request.path())
        || (request.is(HttpMethod.POST) && !headers.contains(HttpHeaderNames.CONTENT_LENGTH));
  }

  private void openStream(
      UpstreamCall answering, int status, HttpHeaders headers, Framing framing) {
    var coding = ContentCoding.of(headers.get(HttpHeaderNames.CONTENT_ENCODING));
    if (coding.isEmpty()) {
      giveBack();
      forgetBody();
      answering.abort();
      relay.upstreamFailed(
          exchange,
          request.path(),
          "upstream_encoded",
          "the upstream compressed its event stream in a way that is not known here");
      return;
    }
    var body = bodyStart == null ? NO_BODY : bodyStart.bytes();
    forgetBody();
    var decoder = coding.get().decoder();
    var upstream = new RelayedStream.Head(answering, status, headers, framing, decoder);
    var opening = new RelayedStream(relay, upstream, exchange, order, gone);
    stream = opening;
    exchange.listen(opening.reader());
    var given = place;
    place = null; // the opening takes it over
    if (given != null) {
      opening.open(given, request, body);
    } else {
      // Nobody could know before: an answer with a media type that was not asked for.
      relay
          .streams()
          .admit(null, told -> exchange.loop().run(() -> opening.admitted(told, request, body)));
    }
  }

  @Override
  public void part(ByteBuf part) {
    if (stream != null) {
      stream.part(part);
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
    if (stream == null) {
      exchange.flush();
    }
  }

  @Override
  public void complete() {
    if (stream != null) {
      stream.complete();
    } else {
      if (passing != null) {
        passing.complete();
      }
      exchange.end();
    }
  }

  @Override
  public void failed(UpstreamFailure failure) {
    attended();
    giveBack();
    forgetBody();
    if (stream != null) {
      stream.failed(failure);
    } else if (exchange.started()) {
      relay.metrics().upstreamFailed(failure.code());
      exchange.abort();
    } else {
      relay.upstreamFailed(exchange, request.path(), failure);
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
    var waiting = call;
    if (waiting == null || waiting.isOver()) {
      return;
    }
    var policy = order.onDisconnect();
    boolean goesOn =
        requestSent
            && policy.kind() != OnDisconnect.Kind.AUTO
            && relay.readers().attendance().goesOnUnattended();
    if (!goesOn) {
      letGo(waiting);
      return;
    }
    unattended = true;
    if (policy.kind() == OnDisconnect.Kind.CANCEL) {
      var _ = exchange.loop().schedule(policy.afterMs(), this::deserted);
    }
  }

  /** Nobody has come to wait for it: there is no stream yet that somebody could read. */
  private void deserted() {
    if (unattended && call != null) {
      letGo(call);
    }
  }

  private void letGo(UpstreamCall waiting) {
    attended();
    giveBack();
    forgetBody();
    waiting.abort();
  }

  /** It is answered or over: from here on others count who waits. */
  private void attended() {
    if (unattended) {
      unattended = false;
      relay.readers().attendance().answered();
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
