package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * MCP's Streamable HTTP, and any JSON-RPC 2.0 over Server-Sent Events: the response to the request
 * ends the stream that answers it. Notifications and the server's own requests go before it.
 *
 * <p>The request's id is part of the name, since an error has to bear it, after a restart too.
 */
final class McpDialect implements Dialect {
  static final String NAME = "mcp";

  /** A call whose request is not known: any response ends it. */
  static final McpDialect ANY = new McpDialect("");

  /** Longest id that is known, as it is written in JSON; it stands in the stream's name. */
  private static final int ID_LENGTH_MAX = 200;

  private static final JsonDetector.Rules RULES =
      JsonDetector.Rules.of(Map.of(), false, List.of("result", "error"), Piece.Opening.SURFACE);

  /** The id as JSON text, {@code ""} if any will do. */
  private final String id;

  private McpDialect(String id) {
    this.id = id;
  }

  /** The dialect of a request; empty if its body is no JSON-RPC request that asks for an answer. */
  static Optional<Dialect> ofRequest(String body) {
    return Piece.read(body, Piece.Opening.SURFACE)
        .filter(call -> call.text("jsonrpc").equals("2.0") && !call.text("method").isEmpty())
        .flatMap(call -> id(call.get("id")))
        .filter(id -> id.length() <= ID_LENGTH_MAX)
        .map(McpDialect::new);
  }

  /** The dialect of an id as it stands in a name. */
  static Optional<Dialect> ofId(String id) {
    return Piece.read("{\"id\":" + id + "}", Piece.Opening.SURFACE)
        .flatMap(members -> id(members.get("id")))
        .filter(id::equals)
        .map(McpDialect::new);
  }

  /** A string or a number as JSON text; of anything else there is no id. */
  private static Optional<String> id(Piece piece) {
    return switch (piece) {
      case Piece.Text text -> Optional.of(Json.write(out -> Joined.write(out, text)));
      case Piece.Raw(String json) when Character.isDigit(json.charAt(json.length() - 1)) ->
          Optional.of(json);
      case Piece.Raw raw -> Optional.<String>empty();
      case Piece.Members members -> Optional.<String>empty();
      case Piece.Elements elements -> Optional.<String>empty();
    };
  }

  @Override
  public String name() {
    return id.isEmpty() ? NAME : NAME + "(" + id + ")";
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return new Resumable(RULES.detector(new Responses()));
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

  private final class Responses implements JsonDetector.Judge {
    @Override
    public Sign sign(String kind, Piece.Members message) {
      if (!isResponse(message) || !answersUs(message)) {
        return Sign.CONTENT;
      }
      return message.says("error") ? Sign.ERROR : Sign.TERMINAL;
    }

    /** Nothing: the response is the last message. */
    @Override
    public boolean adds(String kind, Piece.Members message) {
      return false;
    }
  }

  /** Whether a message answers a call, whoever made it. */
  static boolean isResponse(Piece.Members message) {
    return message.text("jsonrpc").equals("2.0")
        && message.text("method").isEmpty()
        && (message.byName().containsKey("result") || message.says("error"));
  }

  /** An error without an id says that the request could not be read. */
  private boolean answersUs(Piece.Members message) {
    var its = id(message.get("id"));
    return its.isEmpty() ? message.says("error") : id.isEmpty() || its.get().equals(id);
  }

  @Override
  public ResponseAssembler assembler() {
    return new McpAssembler();
  }

  /** Nothing: the request's id is in the dialect's name. */
  @Override
  public RequestFacts facts(byte[] body) {
    return RequestFacts.NONE;
  }

  @Override
  public SseEvent error(String code, String message) {
    return SseEvent.of(
        "message",
        Json.write(
            out -> {
              out.writeStartObject();
              out.writeStringProperty("jsonrpc", "2.0");
              out.writeName("id");
              out.writeRawValue(id.isEmpty() ? "null" : id);
              out.writeName("error");
              out.writeStartObject();
              out.writeNumberProperty("code", -32_000);
              out.writeStringProperty("message", message);
              out.writeName("data");
              out.writeStartObject();
              out.writeStringProperty("code", code);
              out.writeEndObject();
              out.writeEndObject();
              out.writeEndObject();
            }));
  }

  /** Empty: only the upstream can answer. */
  @Override
  public Optional<SseEvent> missingTerminal() {
    return Optional.empty();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof McpDialect same && same.id.equals(id);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return name();
  }
}
