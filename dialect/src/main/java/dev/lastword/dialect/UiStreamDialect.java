package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The UI message stream of Vercel's AI SDK: typed parts of a message, then {@code [DONE]}. */
final class UiStreamDialect implements Dialect {
  static final UiStreamDialect UI_STREAM = new UiStreamDialect();

  private static final Map<String, Sign> SIGNS =
      Map.of("finish", Sign.ENDING, "abort", Sign.ERROR, "error", Sign.ERROR);

  private static final Set<String> BEGINNINGS =
      Set.of("start", "start-step", "text-start", "reasoning-start", "message-metadata");

  private static final JsonDetector.Rules RULES =
      JsonDetector.Rules.of(Map.of(), true, List.copyOf(SIGNS.keySet()), Piece.Opening.SURFACE);

  private UiStreamDialect() {}

  @Override
  public String name() {
    return "ai-sdk-ui";
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return RULES.detector(Parts.JUDGE);
  }

  /**
   * After {@code finish} whatever begins or goes on with text, reasoning, a tool or a step goes on
   * with the answer: a stream that was merged into another brings a {@code finish} of its own.
   * Data, sources, files and metadata are what applications send about an answer that is over.
   */
  private enum Parts implements JsonDetector.Judge {
    JUDGE;

    private static final Set<String> BEGIN =
        Set.of(
            "start",
            "start-step",
            "text-start",
            "text-delta",
            "reasoning-start",
            "reasoning-delta");

    @Override
    public Sign sign(String kind, Piece.Members part) {
      return SIGNS.getOrDefault(part.text("type"), Sign.CONTENT);
    }

    @Override
    public boolean adds(String kind, Piece.Members part) {
      return BEGIN.contains(kind) || kind.startsWith("tool-");
    }
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

  /** What begins: a message, a step, a text. */
  @Override
  public boolean isPreamble(SseEvent event) {
    return JsonTree.object(event.data())
        .filter(members -> BEGINNINGS.contains(JsonTree.text(members, "type")))
        .isPresent();
  }

  /** An answer that was stopped is no failure. */
  @Override
  public Optional<UpstreamError> failure(SseEvent event) {
    return JsonTree.object(event.data())
        .filter(members -> JsonTree.text(members, "type").equals("error"))
        .map(members -> UpstreamError.of(event));
  }

  @Override
  public Optional<SseEvent> missingTerminal() {
    return Optional.of(SseEvent.of("[DONE]"));
  }

  /** The AI SDK reads on after {@code [DONE]}. */
  @Override
  public boolean clientsReadOn() {
    return true;
  }

  @Override
  public String toString() {
    return name();
  }
}
