package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JsonGenerator;

/** OpenAI's Responses: one event ends a response and brings it whole. */
final class ResponsesDialect implements Dialect {
  static final ResponsesDialect RESPONSES = new ResponsesDialect();

  /**
   * An incomplete response is one that reached a limit, as {@code finish_reason: length} says; some
   * servers say {@code response.done} in place of {@code response.completed}. Only {@code [DONE]}
   * is the last event: a proxy that runs a tool says {@code response.completed} for the tool's
   * turn, and then another response follows.
   */
  private static final Map<String, Sign> SIGNS =
      Map.of(
          "response.completed", Sign.ENDING,
          "response.incomplete", Sign.ENDING,
          "response.done", Sign.ENDING,
          "response.failed", Sign.ERROR,
          "response.cancelled", Sign.ERROR,
          "error", Sign.ERROR);

  private static final Set<String> FAILURES = Set.of("failed", "cancelled");

  private static final JsonDetector.Rules RULES =
      JsonDetector.Rules.of(
          Map.of(
              "response.failed", Sign.ERROR, "response.cancelled", Sign.ERROR, "error", Sign.ERROR),
          true,
          List.copyOf(SIGNS.keySet()),
          Piece.Opening.members(Set.of("response")));

  private ResponsesDialect() {}

  @Override
  public String name() {
    return "openai-responses";
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return RULES.detector(Events.JUDGE);
  }

  /**
   * After an ending, an event of a response goes on with the answer, unless it ends a part: those
   * bring nothing that was not streamed.
   */
  private enum Events implements JsonDetector.Judge {
    JUDGE;

    @Override
    public Sign sign(String kind, Piece.Members event) {
      if (event.says("error")) {
        return Sign.ERROR;
      }
      var sign = SIGNS.getOrDefault(kind, Sign.CONTENT);
      return sign == Sign.ENDING && FAILURES.contains(event.members("response").text("status"))
          ? Sign.ERROR
          : sign;
    }

    @Override
    public boolean adds(String kind, Piece.Members event) {
      return kind.startsWith("response.") && !kind.endsWith(".done") && !SIGNS.containsKey(kind);
    }
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

  /** Everything up to the first delta; a call of a tool is content, by its name. */
  @Override
  public boolean isPreamble(SseEvent event) {
    var members = JsonTree.object(event.data()).orElse(null);
    if (members == null) {
      return false;
    }
    return switch (Preamble.kind(event, members)) {
      case "response.created", "response.queued", "response.in_progress", "keepalive" -> true;
      case "response.output_item.added" -> isEmptyItem(JsonTree.members(members.get("item")));
      case "response.content_part.added", "response.reasoning_summary_part.added" ->
          isEmptyPart(JsonTree.members(members.get("part")));
      default -> false;
    };
  }

  private static boolean isEmptyItem(Map<String, Object> item) {
    return Set.of("message", "reasoning").contains(JsonTree.text(item, "type"))
        && Preamble.isNothing(item.get("content"))
        && Preamble.isNothing(item.get("summary"));
  }

  private static boolean isEmptyPart(Map<String, Object> part) {
    return Preamble.isNothingBut(part, Set.of("type", "annotations", "logprobs"));
  }

  @Override
  public boolean hasResponseIds() {
    return true;
  }

  /** Every event of a response's state brings it; the first of them is {@code response.created}. */
  @Override
  public Optional<String> responseId(SseEvent event) {
    return Piece.read(event.data(), Piece.Opening.members(Set.of("response")))
        .map(members -> members.members("response").text("id"))
        .filter(id -> !id.isEmpty());
  }

  /** A response that somebody cancelled is no failure. */
  @Override
  public Optional<UpstreamError> failure(SseEvent event) {
    var members = JsonTree.object(event.data()).orElse(Map.of());
    return Preamble.kind(event, members).equals("response.cancelled")
            || JsonTree.text(JsonTree.members(members.get("response")), "status")
                .equals("cancelled")
        ? Optional.empty()
        : Optional.of(UpstreamError.of(event));
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
