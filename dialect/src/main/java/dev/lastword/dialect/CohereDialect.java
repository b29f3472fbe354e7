package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Cohere's {@code /v2/chat}: {@code message-end} ends the response. */
final class CohereDialect implements Dialect {
  static final CohereDialect CHAT = new CohereDialect();

  private static final String END = "message-end";
  private static final Set<String> FAILURES = Set.of("ERROR", "TIMEOUT");

  private static final JsonDetector.Rules RULES =
      JsonDetector.Rules.of(
          Map.of("error", Sign.ERROR),
          true,
          List.of(END, "error"),
          Piece.Opening.members(Set.of("delta")));

  private CohereDialect() {}

  @Override
  public String name() {
    return "cohere";
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return RULES.detector(Events.JUDGE);
  }

  private enum Events implements JsonDetector.Judge {
    JUDGE;

    private static final Set<String> GROWS =
        Set.of(
            "message-start",
            "content-start",
            "content-delta",
            "tool-plan-delta",
            "tool-call-start",
            "tool-call-delta");

    @Override
    public Sign sign(String kind, Piece.Members event) {
      if (event.says("error")) {
        return Sign.ERROR;
      }
      if (!kind.equals(END)) {
        return Sign.CONTENT;
      }
      return FAILURES.contains(event.members("delta").text("finish_reason"))
          ? Sign.ERROR
          : Sign.ENDING;
    }

    @Override
    public boolean adds(String kind, Piece.Members event) {
      return GROWS.contains(kind);
    }
  }

  @Override
  public ResponseAssembler assembler() {
    return new CohereAssembler();
  }

  @Override
  public RequestFacts facts(byte[] body) {
    return ChatRequest.facts(body);
  }

  /** As the end of a message that failed: its SDKs know no error event of their own. */
  @Override
  public SseEvent error(String code, String message) {
    return SseEvent.of(
        END,
        Json.write(
            out -> {
              out.writeStartObject();
              out.writeStringProperty("type", END);
              out.writeName("delta");
              out.writeStartObject();
              out.writeStringProperty("error", message + " (" + code + ")");
              out.writeStringProperty("finish_reason", "ERROR");
              out.writeEndObject();
              out.writeEndObject();
            }));
  }

  /** A message and a content that begin empty. */
  @Override
  public boolean isPreamble(SseEvent event) {
    var members = JsonTree.object(event.data()).orElse(Map.of());
    return switch (Preamble.kind(event, members)) {
      case "message-start" -> true;
      case "content-start" -> Preamble.isNothingBut(contentOf(members), Set.of("type"));
      default -> false;
    };
  }

  private static Map<String, Object> contentOf(Map<String, Object> event) {
    var message = JsonTree.members(JsonTree.members(event.get("delta")).get("message"));
    return JsonTree.members(message.get("content"));
  }

  /** Empty: the end of the body says it. */
  @Override
  public Optional<SseEvent> missingTerminal() {
    return Optional.empty();
  }

  @Override
  public String toString() {
    return name();
  }
}
