package dev.lastword.gateway;

import dev.lastword.gateway.StreamOrder.MalformedException;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Stream;
import java.time.Instant;
import java.util.Optional;
import java.util.function.LongSupplier;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** {@code POST /api/streams/{id}/links}: the owner of a stream makes links to it. */
record LinksApi(OwnedStreams streams, Links links, LongSupplier nowMs) {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final int BODY_BYTES_MAX = 4_096;
  private static final long SECONDS_STANDARD = 900;
  private static final long SECONDS_MAX = Secrets.LINK_LIFE_MAX.toSeconds();

  /** What is ordered. */
  private record Order(Links.Right right, long seconds) {}

  void make(Exchange exchange, Asker asker, String id) {
    SmallBody.receive(exchange, BODY_BYTES_MAX, body -> make(exchange, asker, id, body));
  }

  private void make(Exchange exchange, Asker asker, String id, byte[] body) {
    var streamId = StreamId.parse(id);
    if (streamId.isEmpty()) {
      StreamsApi.malformedId().send(exchange);
      return;
    }
    Order order;
    try {
      order = order(body);
    } catch (MalformedException e) {
      e.problem().send(exchange);
      return;
    }
    streams.find(
        asker.owner(),
        streamId.get(),
        StreamsApi.answering(
            exchange,
            found -> answer(exchange, found, order),
            cause -> StreamsApi.unreadable(cause).send(exchange)));
  }

  private void answer(Exchange exchange, Optional<Stream> found, Order order) {
    if (found.isEmpty()) {
      Problem.notFound("stream of this id").send(exchange);
      return;
    }
    var stream = found.get();
    var url = links.url(stream.id(), Owners.ownerOf(stream), order.right(), order.seconds());
    long expires = nowMs.getAsLong() / 1_000 + order.seconds();
    StreamsApi.ok(
        exchange,
        201,
        Json.bytes(
            out -> {
              out.writeStartObject();
              out.writeStringProperty("url", url);
              out.writeStringProperty("right", order.right().word());
              out.writeStringProperty("expires", Instant.ofEpochSecond(expires).toString());
              out.writeEndObject();
            }));
  }

  private static Order order(byte[] body) throws MalformedException {
    var right = Links.Right.READ;
    long seconds = SECONDS_STANDARD;
    if (body.length == 0) {
      return new Order(right, seconds);
    }
    try (var parser = FACTORY.createParser(ObjectReadContext.empty(), body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw noObject();
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        var name = parser.currentName();
        var value = parser.nextToken();
        switch (name) {
          case "right" -> {
            var word = value == JsonToken.VALUE_STRING ? parser.getString() : "";
            right =
                Links.Right.named(word)
                    .orElseThrow(() -> new MalformedException("right", "read or cancel"));
          }
          case "seconds" ->
              seconds = value == JsonToken.VALUE_NUMBER_INT ? seconds(parser.getString()) : 0;
          default -> throw new MalformedException(name, "there are right and seconds");
        }
      }
      if (parser.nextToken() != null) {
        throw new MalformedException("body", "one JSON object");
      }
    } catch (JacksonException e) { // what it says of the body is nobody's business
      throw noObject();
    }
    if (seconds < 1 || seconds > SECONDS_MAX) {
      throw new MalformedException("seconds", "1 to " + SECONDS_MAX);
    }
    return new Order(right, seconds);
  }

  private static MalformedException noObject() {
    return new MalformedException("body", "a JSON object");
  }

  private static long seconds(String digits) {
    return digits.matches("[0-9]{1,9}") ? Long.parseLong(digits) : 0;
  }
}
