package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Answer;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Streams;
import io.netty.buffer.Unpooled;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a request that was made before with what came of it then, from its first event, whether
 * that still runs or is over. No upstream hears of it.
 */
final class Replay {
  /** Says that an answer is one that was given before. */
  static final String FIELD = "lastword-replayed";

  private static final Logger log = LoggerFactory.getLogger(Replay.class);

  private final Streams streams;
  private final Readers readers;
  private final GatewayMetrics metrics;
  private final Owners owners;
  private final IntSupplier subscribersMax;

  /**
   * @param subscribersMax readers that one stream may have now
   */
  Replay(
      Streams streams,
      Readers readers,
      GatewayMetrics metrics,
      Owners owners,
      IntSupplier subscribersMax) {
    this.streams = streams;
    this.readers = readers;
    this.metrics = metrics;
    this.owners = owners;
    this.subscribersMax = subscribersMax;
  }

  /**
   * Finds what came of a request.
   *
   * @param found on the exchange's loop; nothing where it cannot be read now: the upstream may be
   *     asked, and paid, twice, but the client is answered
   */
  void find(Exchange exchange, Asker asker, StreamId id, Consumer<Optional<Stream>> found) {
    streams.find(asker.owner(), id, telling(exchange, id.value(), found));
  }

  /** The same, by the name that its stream has on the request's path. */
  void findNamed(Exchange exchange, Asker asker, String name, Consumer<Optional<Stream>> found) {
    streams.findNamed(
        asker.owner(), name, exchange.request().path(), telling(exchange, name, found));
  }

  private static Answer<Optional<Stream>> telling(
      Exchange exchange, String what, Consumer<Optional<Stream>> found) {
    return new Answer<>() {
      @Override
      public void succeeded(Optional<Stream> stream) {
        exchange.loop().run(() -> found.accept(stream));
      }

      @Override
      public void failed(RuntimeException cause) {
        log.error("replay.unreadable stream={}", what, cause);
        exchange.loop().run(() -> found.accept(Optional.empty()));
      }
    };
  }

  /**
   * Answers with a stream, if it is that of the same request.
   *
   * @param faces how its events are shown, if they are no lines
   */
  void answer(
      Exchange exchange,
      Asker asker,
      Stream stream,
      RequestFingerprint request,
      Function<Dialect, Face> faces) {
    var attributes = stream.attributes();
    if (!request.isOf(attributes)) {
      Problem.of(
              422,
              "idempotency_key_reused",
              "another request had this key: it was not the same method, path or body")
          .member("field", IdempotencyKey.FIELD)
          .send(exchange);
    } else if (attributes.containsKey(Attributes.CLAIM)) {
      unknown().send(exchange);
    } else if (StoredAnswer.is(attributes)) {
      body(exchange, stream, keptHead(stream));
    } else {
      events(exchange, asker, stream, keptHead(stream), faces);
    }
  }

  /** The process died between asking the upstream and the beginning of its answer. */
  private static Problem unknown() {
    return Problem.of(
            409,
            "idempotency_interrupted",
            "the server was stopped before the answer to this request began, and whether the"
                + " upstream worked on it is not known; another key asks it again")
        .member("field", IdempotencyKey.FIELD);
  }

  private static KeptHead keptHead(Stream stream) {
    return KeptHead.of(stream.attributes())
        .orElseGet(() -> new KeptHead(200, OwnHeaders.ofEvents(stream.id().value())));
  }

  /**
   * Answers with an event stream, from its first event.
   *
   * @param head that its first client was told
   */
  void events(
      Exchange exchange, Asker asker, Stream stream, KeptHead head, Function<Dialect, Face> faces) {
    if (exchange.gone()) {
      return;
    }
    int max = subscribersMax.getAsInt();
    if (stream.isCorrupt()) {
      StreamsApi.corrupt().send(exchange);
      return;
    }
    if (stream.view().subscribers() >= max) {
      Refusals.tooManySubscribers(max).send(exchange);
      return;
    }
    var headers = RelayHeaders.toClientOfStream(head.headers(), stream.id().value());
    headers.set(FIELD, "true");
    owners.link(asker, stream.id()).ifPresent(url -> RelayHeaders.link(headers, url));
    metrics.replayed();
    exchange.start(head.status(), headers);
    boolean lines = Unsaved.isLines(Unsaved.essence(head.headers()));
    readers.start(
        exchange,
        stream,
        dialect -> lines ? Face.LINES : faces.apply(dialect),
        0,
        asker.expiresMs());
  }

  /** Answers with an answer that is no event stream, once it is released. */
  private void body(Exchange exchange, Stream stream, KeptHead head) {
    if (exchange.gone()) {
      return;
    }
    if (stream.isCorrupt()) {
      StreamsApi.corrupt().send(exchange);
      return;
    }
    var reader =
        WholeBody.read(
            exchange.loop(),
            stream,
            new WholeBody.Reader() {
              @Override
              public void whole(byte[] body) {
                send(exchange, stream, head, body);
              }

              @Override
              public void partial() {
                notKept().send(exchange);
              }

              @Override
              public void unreadable(String code, String message) {
                Problem.unavailable(code, message).send(exchange);
              }
            });
    exchange.listen(reader);
  }

  private void send(Exchange exchange, Stream stream, KeptHead head, byte[] bytes) {
    var headers = head.headers().copy();
    headers.set("lastword-stream", stream.id().value());
    headers.set(FIELD, "true");
    metrics.replayed();
    if (bytes.length == 0) {
      exchange.start(head.status(), headers);
      exchange.end();
    } else {
      exchange.respond(head.status(), headers, Unpooled.wrappedBuffer(bytes));
    }
  }

  private static Problem notKept() {
    return Problem.of(
            409,
            "idempotency_not_kept",
            "the answer to this request was given once and could not be kept; another key asks for"
                + " it again")
        .member("field", IdempotencyKey.FIELD)
        .member("limit", StoredAnswer.BYTES_MAX);
  }
}
