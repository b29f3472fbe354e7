package dev.lastword.gateway;

import dev.lastword.journal.StreamId;
import dev.lastword.stream.Answer;
import dev.lastword.stream.Resume;
import dev.lastword.stream.Stream;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;

/** {@code GET /v1/stream/{id}}: a stream under its own URL, as an EventSource reads it. */
final class EventsRoute {
  private static final Pattern EVENT_ID = Pattern.compile("([1-9][0-9]{0,17})-([1-9][0-9]{0,17})");

  private final OwnedStreams streams;
  private final Readers readers;
  private final IntSupplier subscribersMax;

  /**
   * @param subscribersMax readers that one stream may have now; of several that come at once on as
   *     many loops some may be one too many
   */
  EventsRoute(OwnedStreams streams, Readers readers, IntSupplier subscribersMax) {
    this.streams = streams;
    this.readers = readers;
    this.subscribersMax = subscribersMax;
  }

  /** Answers with the events after the one that the reader names, or with all. */
  void handle(Exchange exchange, Asker asker, String id) {
    var streamId = StreamId.parse(id);
    if (streamId.isEmpty()) {
      StreamsApi.malformedId().send(exchange);
      return;
    }
    var lastEventId = lastEventId(exchange.request());
    if (!lastEventId.isEmpty() && !EVENT_ID.matcher(lastEventId).matches()) {
      Problem.badField("Last-Event-ID", "the id of an event of this stream, such as 1-17")
          .send(exchange);
      return;
    }
    streams.find(
        asker.owner(),
        streamId.get(),
        new Answer<>() {
          @Override
          public void succeeded(Optional<Stream> found) {
            exchange.loop().run(() -> answer(exchange, asker, found, lastEventId));
          }

          @Override
          public void failed(RuntimeException cause) {
            exchange.loop().run(() -> unreadable(exchange, cause));
          }
        });
  }

  private static String lastEventId(RequestHead head) {
    var field = head.headers().get("last-event-id");
    if (field != null) {
      return field;
    }
    var parameter = head.queryParameter("lastEventId");
    return parameter == null ? "" : parameter;
  }

  private void answer(Exchange exchange, Asker asker, Optional<Stream> found, String lastEventId) {
    if (found.isEmpty()) {
      Problem.notFound("stream of this id").send(exchange);
      return;
    }
    var stream = found.get();
    if (stream.isCorrupt()) {
      StreamsApi.corrupt().send(exchange);
      return;
    }
    if (lastEventId.isEmpty()) {
      if (stream.outcome() != null && stream.view().events() == 0) {
        ResumedReading.nothingMore(exchange, stream);
      } else {
        read(exchange, asker, stream, 0);
      }
      return;
    }
    switch (resume(stream, lastEventId)) {
      case Resume.After(long seq) -> read(exchange, asker, stream, seq);
      case Resume.AtEnd atEnd -> ResumedReading.nothingMore(exchange, stream);
      case Resume.Unknown unknown ->
          Problem.of(
                  410,
                  "event_id_unknown",
                  "this stream has no event of this id; read it from its start")
              .member("field", "Last-Event-ID")
              .send(exchange);
    }
  }

  /** Where a reader goes on that has seen the event of an id; unknown where that is none. */
  static Resume resume(Stream stream, String eventId) {
    var parts = EVENT_ID.matcher(eventId);
    return parts.matches()
        ? stream.resume(Long.parseLong(parts.group(1)), Long.parseLong(parts.group(2)))
        : new Resume.Unknown();
  }

  private void read(Exchange exchange, Asker asker, Stream stream, long afterSeq) {
    boolean withBody = !exchange.gone() && exchange.request().is(HttpMethod.GET);
    int max = subscribersMax.getAsInt();
    if (withBody && stream.view().subscribers() >= max) {
      full(exchange, afterSeq > 0, max);
      return;
    }
    exchange.start(200, OwnHeaders.ofEvents(stream.id().value()));
    if (withBody) {
      readers.start(exchange, stream, _ -> Face.STREAM, afterSeq, asker.expiresMs());
    } else {
      exchange.end();
    }
  }

  /** An EventSource that comes back tries a broken connection again, and gives up at a status. */
  private static void full(Exchange exchange, boolean comesBack, int max) {
    if (comesBack && isEventSource(exchange)) {
      exchange.abort();
    } else {
      Refusals.tooManySubscribers(max).send(exchange);
    }
  }

  /** Whether the reader says what an EventSource says, which comes back by itself. */
  static boolean isEventSource(Exchange exchange) {
    return exchange.request().headers().get("accept", "").contains("text/event-stream");
  }

  /**
   * An EventSource takes any error status for the end of everything; a broken connection it tries
   * again.
   */
  static void unreadable(Exchange exchange, RuntimeException cause) {
    if (exchange.gone()) {
      return;
    }
    if (isEventSource(exchange)) {
      exchange.abort();
    } else {
      StreamsApi.unreadable(cause).send(exchange);
    }
  }
}
