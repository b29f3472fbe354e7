package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.sse.Framing;
import dev.lastword.stream.Admission;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Generation;
import dev.lastword.stream.OpenListener;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Place;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamRequest;
import dev.lastword.stream.Upstream;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's event stream on its way into the journal. Feeds the generation for as long as the
 * upstream speaks, whether or not the client that asked is still there; that client's head waits
 * until the stream exists on disk.
 */
final class RelayedStream implements Upstream, OpenListener {
  /** What a person said is kept up to here, in characters. */
  private static final int INPUT_LENGTH_MAX = 256 << 10;

  /**
   * How long an upstream may go on after the end of its response before its connection is closed.
   */
  private static final long AFTER_END_MS = 5_000;

  private final Relay relay;
  private final RelayRoute route;
  private final RequestQuotas quotas;
  private final Head upstream;
  private @Nullable Begun begun;
  private final Exchange exchange;
  private final String client;
  private final Asker asker;
  private final StreamOrder order;
  private final Recurrence recurrence;
  private final Map<String, String> written;
  private boolean gone;
  private boolean ended;
  private boolean endAwaited;
  private @Nullable Generation generation;

  /**
   * What the upstream has answered so far.
   *
   * @param framing how events stand in its body
   * @param decoder undoes the coding of its body
   */
  record Head(
      UpstreamCall call,
      int status,
      HttpHeaders headers,
      Framing framing,
      ContentCoding.Decoder decoder) {}

  /**
   * What is known of the response by now.
   *
   * @param facts what its request said
   * @param bytes of its body, decoded
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Begun(Dialect dialect, RequestFacts facts, byte[] bytes) {}

  /**
   * @param recurrence told what has become of it
   * @param written what is written down with it
   * @param gone whether its client is
   */
  RelayedStream(
      Relay relay,
      RelayRoute route,
      RequestQuotas quotas,
      Head upstream,
      Begun begun,
      Exchange exchange,
      String client,
      Asker asker,
      StreamOrder order,
      Recurrence recurrence,
      Map<String, String> written,
      boolean gone) {
    this.relay = relay;
    this.route = route;
    this.quotas = quotas;
    this.upstream = upstream;
    this.begun = begun;
    this.exchange = exchange;
    this.client = client;
    this.asker = asker;
    this.order = order;
    this.recurrence = recurrence;
    this.written = written;
    this.gone = gone;
  }

  /** Told about the client until it has become a reader. */
  ExchangeListener reader() {
    return new ExchangeListener() {
      @Override
      public void gone() {
        gone = true;
      }
    };
  }

  /**
   * Opens the stream, which its route has counted, and feeds it what there is of its body.
   *
   * @param place where it was admitted
   * @param path of the request
   */
  void open(Place place, String path) {
    var from = begun;
    if (from == null) {
      throw new IllegalStateException("opened twice");
    }
    begun = null; // what is kept of the request, and of the answer, is kept elsewhere from now on
    var dialect = from.dialect();
    var facts = from.facts();
    var attributes = new HashMap<>(written);
    attributes.put(Attributes.PATH, path);
    order.conversation().ifPresent(key -> attributes.put(Attributes.CONVERSATION, key));
    if (facts.model() != null) {
      attributes.put(Attributes.MODEL, cut(facts.model(), 1_000));
    }
    if (facts.input() != null) {
      attributes.put(Attributes.INPUT, cut(facts.input(), INPUT_LENGTH_MAX));
    }
    var wanted =
        new StreamRequest(
            asker.owner(), dialect, upstream.framing(), facts, attributes, route.streams());
    generation = relay.streams().open(place, wanted, exchange.loop(), this, this);
    if (from.bytes().length > 0) {
      generation.feed(ByteBuffer.wrap(from.bytes()));
      afterPart(generation);
    }
  }

  /** The same, where room was asked for only now: on the loop, before the next read. */
  void admitted(Admission admission, String path) {
    switch (admission) {
      case Admission.Admitted(Place place) -> open(place, path);
      case Admission.Refused(OpenRefusal why) -> refused(why);
    }
  }

  private static String cut(String text, int lengthMax) {
    if (text.length() <= lengthMax) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(lengthMax - 1)) ? lengthMax - 1 : lengthMax;
    return text.substring(0, end);
  }

  // --- the upstream's body

  void part(ByteBuf part) {
    var feeding = generation;
    if (feeding == null) {
      return;
    }
    try {
      upstream.decoder().part(part, feeding::feed);
    } catch (IOException e) {
      feeding.fail("upstream_encoded", "The upstream's compressed response cannot be read.");
    }
    afterPart(feeding);
  }

  private void afterPart(Generation fed) {
    if (fed.isOver()) {
      awaitEnd();
    }
  }

  /**
   * The response is over; its body should be too. An upstream that goes on is not listened to for
   * long.
   */
  private void awaitEnd() {
    if (!endAwaited) {
      endAwaited = true;
      exchange
          .loop()
          .schedule(
              AFTER_END_MS,
              () -> {
                if (!ended) {
                  letGo();
                }
              });
    }
  }

  /** The upstream says no more, or is not listened to any more. */
  private void end() {
    if (!ended) {
      ended = true;
      quotas.generations().ended();
    }
    if (generation != null) {
      attendance().ended(generation.stream());
    }
  }

  private Attendance attendance() {
    return relay.readers().attendance();
  }

  void complete() {
    end();
    if (generation != null) {
      generation.endOfBody(upstream.decoder().isWhole());
    }
    upstream.decoder().close();
  }

  void failed(UpstreamFailure failure) {
    end();
    relay.metrics().upstreamFailed(failure.code());
    upstream.decoder().close();
    if (generation != null) {
      if (failure == UpstreamFailure.IDLE) {
        generation.fail(failure.code(), failure.message());
      } else {
        generation.endOfBody(false);
      }
    }
  }

  // --- asked by the generation

  @Override
  public void pause() {
    upstream.call().readWanted(false);
  }

  @Override
  public void resume() {
    upstream.call().readWanted(true);
  }

  @Override
  public void abort() {
    letGo();
  }

  private void letGo() {
    end();
    upstream.decoder().close();
    upstream.call().abort();
  }

  // --- told by the streams

  @Override
  public void opened(Stream stream) {
    recurrence.began(stream.id(), upstream.status(), upstream.headers());
    attendance().began(stream, exchange.loop(), order.onDisconnect(), !gone, quotas.unattended());
    if (ended) {
      attendance().ended(stream); // it was over before it was on disk
    }
    if (gone) {
      return;
    }
    relay.metrics().relayed(upstream.status());
    var headers = RelayHeaders.toClientOfStream(upstream.headers(), stream.id().value());
    relay.resumes().of(route).begun(headers, stream);
    relay.owners().link(asker, stream.id()).ifPresent(url -> RelayHeaders.link(headers, url));
    exchange.start(upstream.status(), headers);
    relay.readers().start(exchange, stream, this::face, 0, asker.expiresMs());
  }

  private Face face(Dialect dialect) {
    return upstream.framing() == Framing.LINES
        ? Face.LINES
        : relay.resumes().of(route).face(dialect, order.withIds());
  }

  @Override
  public void refused(OpenRefusal why) {
    letGo();
    recurrence.failed();
    if (!gone) {
      relay.refuse(exchange, client, why);
    }
  }
}
