package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The UI message stream of Vercel's AI SDK: typed parts of a message, then {@code [DONE]}. */
final class UiStreamDialect implements Dialect {
  static final UiStreamDialect UI_STREAM = new UiStreamDialect();

  private static final Map<String, Sign> SIGNS =
      Map.of("finish", Sign.ENDING, "abort", Sign.ERROR, "error", Sign.ERROR);

  private static final JsonDetector.Rules RULES =
      JsonDetector.Rules.of(Map.of(), true, List.copyOf(SIGNS.keySet()), Piece.Opening.SURFACE);

  private UiStreamDialect() {}

  @Override
  public String name() {
    return "ai-sdk-ui";
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return RULES.detector(part -> SIGNS.getOrDefault(part.text("type"), Sign.CONTENT));
  }

  @Override
  public ResponseAssembler assembler() {
    return new UiStreamAssembler();
  }

  @Override
  public RequestFacts facts(byte[] body) {
    return ChatRequest.facts(body);
  }

  /** The code stands in the text: clients refuse a part with members that they do not know. */
  @Override
  public SseEvent error(String code, String message) {
    return SseEvent.of(
        Json.write(
            out -> {
              out.writeStartObject();
              out.writeStringProperty("type", "error");
              out.writeStringProperty("errorText", message + " (" + code + ")");
              out.writeEndObject();
            }));
  }

  @Override
  public Optional<SseEvent> missingTerminal() {
    return Optional.of(SseEvent.of("[DONE]"));
  }

  @Override
  public String toString() {
    return name();
  }
}
