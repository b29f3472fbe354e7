package dev.lastword.gateway;

import dev.lastword.stream.Attributes;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Streams;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The AI SDK's {@code useChat}: {@code GET {chat}/{id}/stream} is what runs in a chat, from its
 * first event, and 204 where nothing does. The chat's id stands in the request that began it.
 */
final class ChatResume implements ResumeProtocol {
  private static final Pattern PATH = Pattern.compile("(.*)/([^/]+)/stream");
  private static final List<RequestFact> ID = List.of(new RequestFact("id", "/id", null));

  private final Streams streams;
  private final ResumedReading reading;
  private final Supplier<Access> access;
  private final Elsewhere elsewhere;

  ChatResume(
      Streams streams, ResumedReading reading, Supplier<Access> access, Elsewhere elsewhere) {
    this.elsewhere = elsewhere;
    this.streams = streams;
    this.reading = reading;
    this.access = access;
  }

  /**
   * What a request comes back to.
   *
   * @param path of the request that began it
   * @param id of its chat or run
   */
  record Return(String path, String id) {
    /** Reads {@code GET PATH/ID/stream}; empty if it is none. */
    static Optional<Return> of(RequestHead request) {
      var parts = PATH.matcher(request.path());
      if (!request.is(HttpMethod.GET) || !parts.matches()) {
        return Optional.empty();
      }
      try {
        var id = URLDecoder.decode(parts.group(2).replace("+", "%2B"), StandardCharsets.UTF_8);
        return Optional.of(new Return(parts.group(1), id));
      } catch (IllegalArgumentException e) {
        return Optional.empty(); // a stray percent sign: none that a client has made
      }
    }
  }

  @Override
  public void handle(Exchange exchange, Asker asker, RelayRoute route, Otherwise otherwise) {
    var back = Return.of(exchange.request());
    if (back.isEmpty()) {
      otherwise.relay(exchange);
    } else if (access.get().isForeign(exchange.request())) {
      Access.foreign().send(exchange);
    } else {
      findRunning(
          streams,
          elsewhere,
          exchange,
          asker,
          back.get(),
          found ->
              found.ifPresentOrElse(
                  stream -> reading.start(exchange, asker, stream, 0, headers(stream)),
                  () -> ResumedReading.nothing(exchange)));
    }
  }

  /** Finds what runs in a chat; what is complete and not said yet runs. */
  static void findRunning(
      Streams streams,
      Elsewhere elsewhere,
      Exchange exchange,
      Asker asker,
      Return back,
      Consumer<Optional<Stream>> then) {
    streams.findNamed(
        elsewhere.inNameOf(exchange.request(), asker.owner()),
        back.id(),
        back.path(),
        StreamsApi.answering(
            exchange,
            found -> {
              if (!exchange.gone()) {
                var running = found.filter(stream -> stream.outcome() == null);
                elsewhere.named(exchange, false, running, then);
              }
            },
            cause -> StreamsApi.unreadable(cause).send(exchange)));
  }

  /** The fields of a stream of the AI SDK's own protocol. */
  static HttpHeaders headers(Stream stream) {
    var headers = OwnHeaders.ofEvents(stream.id().value());
    headers.set("x-vercel-ai-ui-message-stream", "v1");
    return headers;
  }

  @Override
  public Map<String, String> attributes(RequestHead request, byte[] body) {
    return chat(request, body);
  }

  /** The chat that a request names in its body: a conversation, where it can be one. */
  static Map<String, String> chat(RequestHead request, byte[] body) {
    var id = RequestFact.of(ID, request.headers(), body).get("id");
    if (id == null || id.isEmpty() || id.length() > Attributes.NAME_LENGTH_MAX) {
      return Map.of();
    }
    var attributes = new HashMap<>(Map.of(Attributes.NAME, id));
    if (StreamOrder.isConversation(id)) {
      attributes.put(Attributes.CONVERSATION, id);
    }
    return attributes;
  }
}
