package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Resume;
import dev.lastword.stream.Stream;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * MCP's resumable calls, for clients of the protocol of 2025-11-25: the answer to a POST has events
 * with ids, and a client whose connection broke before the result comes back by {@code GET} with
 * the last one in {@code Last-Event-ID}. Such an id is of one stream among all; where the server
 * gives ids, they are its own to answer.
 */
final class McpResume implements ResumeProtocol {
  private static final Pattern ID = Pattern.compile("([A-Za-z0-9_-]{16,64}):([0-9]+-[0-9]+)");
  private static final Set<String> FAMILY = Set.of("mcp", "json-rpc");

  private final OwnedStreams streams;
  private final ResumedReading reading;
  private final Supplier<Access> access;
  private final Elsewhere elsewhere;

  McpResume(
      OwnedStreams streams, ResumedReading reading, Supplier<Access> access, Elsewhere elsewhere) {
    this.elsewhere = elsewhere;
    this.streams = streams;
    this.reading = reading;
    this.access = access;
  }

  @Override
  public void handle(Exchange exchange, Asker asker, RelayRoute route, Otherwise otherwise) {
    var request = exchange.request();
    if (request.is(HttpMethod.POST)) {
      otherwise.relay(exchange, StreamOrder::identified);
      return;
    }
    var parts = ID.matcher(request.headers().get("last-event-id", ""));
    var id =
        request.is(HttpMethod.GET) && parts.matches()
            ? StreamId.parse(parts.group(1))
            : Optional.<StreamId>empty();
    if (id.isEmpty()) {
      otherwise.relay(exchange);
    } else if (access.get().isForeign(request)) {
      Access.foreign().send(exchange);
    } else {
      var seen = parts.group(2);
      elsewhere.find(
          exchange,
          streams.idsOf(asker.owner(), id.get()),
          () ->
              streams.find(
                  asker.owner(),
                  id.get(),
                  StreamsApi.answering(
                      exchange,
                      found -> resume(exchange, asker, found, seen),
                      cause -> StreamsApi.unreadable(cause).send(exchange))));
    }
  }

  private void resume(Exchange exchange, Asker asker, Optional<Stream> found, String seen) {
    if (exchange.gone()) {
      return;
    }
    var call = found.filter(stream -> isHere(stream, exchange.request().path()));
    switch (call.map(stream -> EventsRoute.resume(stream, seen)).orElseGet(Resume.Unknown::new)) {
      case Resume.After(long seq) -> {
        var stream = call.orElseThrow();
        var headers = OwnHeaders.ofEvents(stream.id().value());
        reading.start(exchange, asker, stream, seq, headers, dialect -> face(dialect, true));
      }
      case Resume.AtEnd _ -> ResumedReading.nothingMore(exchange, call.orElseThrow());
      case Resume.Unknown _ -> Runs.unknownEvent().send(exchange);
    }
  }

  private static boolean isHere(Stream stream, String path) {
    return path.equals(stream.attributes().get(Attributes.PATH));
  }

  @Override
  public Face face(Dialect dialect, boolean withIds) {
    return withIds && FAMILY.contains(Face.family(dialect))
        ? Face.RELAY_WITH_NAMED_IDS
        : Face.ofRelay(dialect, false);
  }
}
