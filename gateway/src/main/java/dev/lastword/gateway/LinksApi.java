package dev.lastword.gateway;

import dev.lastword.gateway.StreamOrder.MalformedException;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Stream;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
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
    if (exchange.request().hasBody()) {
      exchange.receive(new Body(this, exchange, asker, id));
    } else {
      make(exchange, asker, id, new byte[0]);
    }
  }

  /** Collects the body, which is short. */
  private static final class Body implements BodyReceiver {
    private final LinksApi api;
    private final Exchange exchange;
    private final Asker asker;
    private final String id;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private boolean refused;

    Body(LinksApi api, Exchange exchange, Asker asker, String id) {
      this.api = api;
      this.exchange = exchange;
      this.asker = asker;
      this.id = id;
    }

    @Override
    public void part(ByteBuf part) {
      if (!refused && bytes.size() + part.readableBytes() > BODY_BYTES_MAX) {
        refused = true;
        Problem.tooMuch(413, "body_too_large", "body", BODY_BYTES_MAX).send(exchange);
      } else if (!refused) {
        var copy = new byte[part.readableBytes()];
        part.getBytes(part.readerIndex(), copy);
        bytes.writeBytes(copy);
      }
    }

    @Override
    public void complete() {
      if (!refused) {
        api.make(exchange, asker, id, bytes.toByteArray());
      }
    }
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
