package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * JSON-RPC 2.0 over Server-Sent Events: what answers the request ends the stream, and what that is
 * the request's method tells. Notifications and the server's own requests go before it.
 *
 * <p>The request's id is part of the name, since an error has to bear it, after a restart too.
 */
final class JsonRpcDialect implements Dialect {
  /** MCP's Streamable HTTP. A call of it has one response, which is the last message. */
  private static final Family MCP =
      new Family("mcp", answersOpenedBy(Piece.Opening.SURFACE), Last::new, McpAssembler::new, true);

  /** Agent2Agent: every message of a stream is a response, and what it brings says which ends. */
  private static final Family A2A =
      new Family(
          "a2a", answersOpenedBy(A2aUpdates::opens), A2aUpdates::new, A2aAssembler::new, false);

  /** Methods of nobody that is known: some servers stream their result, each part a response. */
  private static final Family OTHER =
      new Family(
          "json-rpc",
          answersOpenedBy(Piece.Opening.SURFACE),
          Several::new,
          McpAssembler::new,
          false);

  /** Calls whose requests are not known: any response is theirs. */
  static final JsonRpcDialect ANY_MCP = new JsonRpcDialect(MCP, JsonRpc.ANY);

  static final JsonRpcDialect ANY_A2A = new JsonRpcDialect(A2A, JsonRpc.ANY);
  static final JsonRpcDialect ANY_OTHER = new JsonRpcDialect(OTHER, JsonRpc.ANY);

  /** The methods of A2A that stream: those of versions before 1.0, and since. */
  private static final Set<String> A2A_METHODS =
      Set.of("message/stream", "tasks/resubscribe", "SendStreamingMessage", "SubscribeToTask");

  /** What MCP's methods begin with. */
  private static final List<String> MCP_METHODS =
      List.of(
          "initialize",
          "ping",
          "server/",
          "tools/",
          "prompts/",
          "resources/",
          "completion/",
          "logging/",
          "sampling/",
          "elicitation/",
          "roots/",
          "subscriptions/",
          "tasks/");

  /**
   * What is spoken in JSON-RPC.
   *
   * @param judge tells of one call's messages which is an end
   * @param resumable whether clients ask for the rest of a stream by its last id
   */
  private record Family(
      String name,
      JsonDetector.Rules rules,
      Function<JsonRpc, JsonDetector.Judge> judge,
      Supplier<ResponseAssembler> assembler,
      boolean resumable) {}

  private static JsonDetector.Rules answersOpenedBy(Piece.Opening opening) {
    return JsonDetector.Rules.of(Map.of(), false, List.of("result", "error"), opening);
  }

  private final Family family;
  private final JsonRpc call;

  private JsonRpcDialect(Family family, JsonRpc call) {
    this.family = family;
    this.call = call;
  }

  /** The dialect of a request; empty if its body is no JSON-RPC request that asks for an answer. */
  static Optional<Dialect> ofRequest(String body) {
    return JsonRpc.request(body)
        .map(request -> new JsonRpcDialect(familyOf(request.method()), request.call()));
  }

  private static Family familyOf(String method) {
    if (A2A_METHODS.contains(method)) {
      return A2A;
    }
    return MCP_METHODS.stream().anyMatch(method::startsWith) ? MCP : OTHER;
  }

  /** The dialect of a family's name, with the id that stood in parentheses behind it. */
  static Optional<Dialect> ofName(String name, String id) {
    return Stream.of(MCP, A2A, OTHER)
        .filter(family -> family.name().equals(name))
        .findFirst()
        .flatMap(family -> JsonRpc.ofId(id).map(call -> new JsonRpcDialect(family, call)));
  }

  @Override
  public String name() {
    return call.named(family.name());
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    var detector = family.rules().detector(family.judge().apply(call));
    return family.resumable() ? new Resumable(detector) : detector;
  }

  /**
   * A server that has given an event an id may close the stream before it answers: its client asks
   * for the rest by that id. So the end of such a body is an end, and not a truncation.
   */
  private static final class Resumable implements EndingDetector {
    private final EndingDetector inner;
    private boolean resumable;

    Resumable(EndingDetector inner) {
      this.inner = inner;
    }

    @Override
    public Sign observe(SseEvent event) {
      resumable |= event.idBytes().length > 0;
      return inner.observe(event);
    }

    @Override
    public boolean endOfBodyCompletes() {
      return resumable;
    }
  }

  /** The one response is the last message. */
  private record Last(JsonRpc call) implements JsonDetector.Judge {
    @Override
    public Sign sign(String kind, Piece.Members message) {
      if (!call.isAnsweredBy(message)) {
        return Sign.CONTENT;
      }
      return message.says("error") ? Sign.ERROR : Sign.TERMINAL;
    }

    @Override
    public boolean adds(String kind, Piece.Members message) {
      return false;
    }
  }

  /** Any response may be the last one: another takes its place. */
  private record Several(JsonRpc call) implements JsonDetector.Judge {
    @Override
    public Sign sign(String kind, Piece.Members message) {
      if (!call.isAnsweredBy(message)) {
        return Sign.CONTENT;
      }
      return message.says("error") ? Sign.ERROR : Sign.ENDING;
    }

    @Override
    public boolean adds(String kind, Piece.Members message) {
      return call.isAnsweredBy(message);
    }
  }

  @Override
  public ResponseAssembler assembler() {
    return family.assembler().get();
  }

  /** Nothing: the request's id is in the dialect's name. */
  @Override
  public RequestFacts facts(byte[] body) {
    return RequestFacts.NONE;
  }

  @Override
  public SseEvent error(String code, String message) {
    return call.error(code, message);
  }

  /** Empty: an error is an answer like any other, which clients look for in the stream. */
  @Override
  public Optional<UpstreamError> failure(SseEvent event) {
    return Optional.empty();
  }

  /** Empty: only the upstream can answer. */
  @Override
  public Optional<SseEvent> missingTerminal() {
    return Optional.empty();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof JsonRpcDialect same && same.name().equals(name());
  }

  @Override
  public int hashCode() {
    return name().hashCode();
  }

  @Override
  public String toString() {
    return name();
  }
}
