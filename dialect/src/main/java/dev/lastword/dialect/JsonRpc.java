package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.Optional;

/**
 * A JSON-RPC 2.0 call whose answer is streamed: which messages answer it, and how its failure is
 * said.
 *
 * @param id the request's id as JSON text; {@code ""} if any will do
 */
record JsonRpc(String id) {
  /** A call whose request is not known. */
  static final JsonRpc ANY = new JsonRpc("");

  /** Longest id that is known, as it is written in JSON; it stands in the stream's name. */
  private static final int ID_LENGTH_MAX = 200;

  /** A request, as far as it is looked at. */
  record Request(JsonRpc call, String method) {}

  /** The request in a body; empty if that is no JSON-RPC request that asks for an answer. */
  static Optional<Request> request(String body) {
    return Piece.read(body, Piece.Opening.SURFACE)
        .filter(call -> call.text("jsonrpc").equals("2.0") && !call.text("method").isEmpty())
        .flatMap(
            call ->
                idOf(call.get("id"))
                    .filter(id -> id.length() <= ID_LENGTH_MAX)
                    .map(id -> new Request(new JsonRpc(id), call.text("method"))));
  }

  /** The call of an id as it stands in a name. */
  static Optional<JsonRpc> ofId(String id) {
    return Piece.read("{\"id\":" + id + "}", Piece.Opening.SURFACE)
        .flatMap(members -> idOf(members.get("id")))
        .filter(id::equals)
        .map(JsonRpc::new);
  }

  /** A string or a number as JSON text; of anything else there is no id. */
  private static Optional<String> idOf(Piece piece) {
    return switch (piece) {
      case Piece.Text text -> Optional.of(Json.write(out -> Joined.write(out, text)));
      case Piece.Raw(String json) when Character.isDigit(json.charAt(json.length() - 1)) ->
          Optional.of(json);
      case Piece.Raw raw -> Optional.<String>empty();
      case Piece.Members members -> Optional.<String>empty();
      case Piece.Elements elements -> Optional.<String>empty();
    };
  }

  /** A family's name, with the id in parentheses if it is known. */
  String named(String family) {
    return id.isEmpty() ? family : family + "(" + id + ")";
  }

  /** Whether a message answers a call, whoever made it. */
  static boolean isResponse(Piece.Members message) {
    return message.text("jsonrpc").equals("2.0")
        && message.text("method").isEmpty()
        && (message.byName().containsKey("result") || message.says("error"));
  }

  /**
   * Whether a message answers this call. An error without an id says that the request could not be
   * read.
   */
  boolean isAnsweredBy(Piece.Members message) {
    if (!isResponse(message)) {
      return false;
    }
    var its = idOf(message.get("id"));
    return its.isEmpty() ? message.says("error") : id.isEmpty() || its.get().equals(id);
  }

  /** A failure of the call. */
  SseEvent error(String code, String message) {
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
}
