package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Anthropic's Messages. A {@code message_delta} with a stop reason ends the response, {@code
 * message_stop} is its last event.
 */
final class AnthropicDialect implements Dialect {
  static final AnthropicDialect MESSAGES = new AnthropicDialect();

  private static final JsonDetector.Rules RULES =
      JsonDetector.Rules.of(
          Map.of("error", Sign.ERROR, "message_stop", Sign.TERMINAL),
          false,
          List.of("stop_reason", "message_stop", "error"),
          Piece.Opening.members(Set.of("delta")));

  private AnthropicDialect() {}

  @Override
  public String name() {
    return "anthropic";
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return RULES.detector(Events.JUDGE);
  }

  /** After a stop reason, a message or a block that begins or grows goes on with the answer. */
  private enum Events implements JsonDetector.Judge {
    JUDGE;

    private static final Set<String> GROWS =
        Set.of("message_start", "content_block_start", "content_block_delta");

    @Override
    public Sign sign(String kind, Piece.Members event) {
      if (kind.equals("error") || event.says("error")) {
        return Sign.ERROR;
      }
      if (kind.equals("message_stop")) {
        return Sign.TERMINAL;
      }
      return event.members("delta").says("stop_reason") ? Sign.ENDING : Sign.CONTENT;
    }

    @Override
    public boolean adds(String kind, Piece.Members event) {
      return GROWS.contains(kind);
    }
  }

  @Override
  public ResponseAssembler assembler() {
    return new AnthropicAssembler();
  }

  @Override
  public RequestFacts facts(byte[] body) {
    return ChatRequest.facts(body);
  }

  @Override
  public SseEvent error(String code, String message) {
    return SseEvent.of(
        "error",
        Json.write(
            out -> {
              out.writeStartObject();
              out.writeStringProperty("type", "error");
              out.writeName("error");
              out.writeStartObject();
              out.writeStringProperty("type", "api_error");
              out.writeStringProperty("message", message);
              out.writeStringProperty("code", code);
              out.writeEndObject();
              out.writeEndObject();
            }));
  }

  /** A message and a block that begin empty, and pings; a tool's block is content, by its name. */
  @Override
  public boolean isPreamble(SseEvent event) {
    var members = JsonTree.object(event.data()).orElse(Map.of());
    return switch (Preamble.kind(event, members)) {
      case "ping" -> true;
      case "message_start" ->
          Preamble.isNothing(JsonTree.members(members.get("message")).get("content"));
      case "content_block_start" -> isEmptyBlock(JsonTree.members(members.get("content_block")));
      default -> false;
    };
  }

  private static boolean isEmptyBlock(Map<String, Object> block) {
    return Set.of("text", "thinking").contains(JsonTree.text(block, "type"))
        && Preamble.isNothingBut(block, Set.of("type"));
  }

  @Override
  public Optional<SseEvent> missingTerminal() {
    return Optional.of(SseEvent.of("message_stop", "{\"type\":\"message_stop\"}"));
  }

  /**
   * Anthropic's SDKs hand on every event until the body ends. A proxy that runs a tool by itself
   * says {@code message_stop} for the tool turn and then begins another message; who reads the
   * upstream itself sees both.
   */
  @Override
  public boolean clientsReadOn() {
    return true;
  }

  @Override
  public String toString() {
    return name();
  }
}
