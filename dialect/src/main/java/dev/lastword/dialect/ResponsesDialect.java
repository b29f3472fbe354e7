package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/** OpenAI's Responses: one event ends the response and brings it whole. */
final class ResponsesDialect implements Dialect {
  static final ResponsesDialect RESPONSES = new ResponsesDialect();

  /** An incomplete response is one that reached a limit, as {@code finish_reason: length} says. */
  private static final Map<String, Sign> SIGNS =
      Map.of(
          "response.completed", Sign.TERMINAL,
          "response.incomplete", Sign.TERMINAL,
          "response.failed", Sign.ERROR,
          "response.cancelled", Sign.ERROR,
          "error", Sign.ERROR);

  private static final JsonDetector.Rules RULES =
      JsonDetector.Rules.of(SIGNS, true, List.copyOf(SIGNS.keySet()), Piece.Opening.SURFACE);

  private ResponsesDialect() {}

  @Override
  public String name() {
    return "openai-responses";
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return RULES.detector(ResponsesDialect::sign);
  }

  private static Sign sign(Piece.Members event) {
    return event.says("error") ? Sign.ERROR : SIGNS.getOrDefault(event.text("type"), Sign.CONTENT);
  }

  @Override
  public ResponseAssembler assembler() {
    return new ResponsesAssembler();
  }

  @Override
  public RequestFacts facts(byte[] body) {
    return ChatRequest.facts(body);
  }

  /**
   * Both as the API's own error event and as the member {@code error}, since SDKs raise only what
   * they find there.
   */
  @Override
  public SseEvent error(String code, String message) {
    return SseEvent.of(
        "error",
        Json.write(
            out -> {
              out.writeStartObject();
              out.writeStringProperty("type", "error");
              writeError(out, code, message);
              out.writeName("error");
              out.writeStartObject();
              out.writeStringProperty("type", "lastword_error");
              writeError(out, code, message);
              out.writeEndObject();
              out.writeEndObject();
            }));
  }

  private static void writeError(JsonGenerator out, String code, String message) {
    out.writeStringProperty("code", code);
    out.writeStringProperty("message", message);
    out.writeNullProperty("param");
  }

  /** Empty: what the terminal event brings, no other can say. */
  @Override
  public Optional<SseEvent> missingTerminal() {
    return Optional.empty();
  }

  @Override
  public String toString() {
    return name();
  }
}
