package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * AG-UI 1.0: one JSON event in each data, from {@code RUN_STARTED} to {@code RUN_FINISHED}. Several
 * runs may stand in one body, and the end of the body is the end of the last.
 */
final class AgUiDialect implements Dialect {
  static final AgUiDialect RUNS = new AgUiDialect();

  private static final String FINISHED = "RUN_FINISHED";
  private static final String ERROR = "RUN_ERROR";
  private static final String STARTED = "RUN_STARTED";

  private static final Set<String> BEGINNINGS =
      Set.of(
          STARTED,
          "STEP_STARTED",
          "TEXT_MESSAGE_START",
          "THINKING_START",
          "THINKING_TEXT_MESSAGE_START",
          "REASONING_START",
          "REASONING_MESSAGE_START");

  private static final JsonDetector.Rules RULES =
      JsonDetector.Rules.of(
          Map.of(), false, List.of(FINISHED, ERROR), Piece.Opening.members(Set.of("outcome")));

  private AgUiDialect() {}

  @Override
  public String name() {
    return "ag-ui";
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return RULES.detector(Events.JUDGE);
  }

  /** A run that waits for a person has come to its end; one that was cancelled has not. */
  private enum Events implements JsonDetector.Judge {
    JUDGE;

    @Override
    public Sign sign(String kind, Piece.Members event) {
      return switch (event.text("type")) {
        case FINISHED ->
            event.members("outcome").text("type").equals("cancelled")
                    || event.text("outcome").equals("cancelled")
                ? Sign.ERROR
                : Sign.ENDING;
        case ERROR -> Sign.ERROR;
        default -> Sign.CONTENT;
      };
    }

    /** Clients refuse anything else between two runs. */
    @Override
    public boolean adds(String kind, Piece.Members event) {
      return event.text("type").equals(STARTED);
    }
  }

  @Override
  public ResponseAssembler assembler() {
    return new AgUiAssembler();
  }

  @Override
  public RequestFacts facts(byte[] body) {
    return ChatRequest.facts(body);
  }

  @Override
  public SseEvent error(String code, String message) {
    return SseEvent.of(
        Json.write(
            out -> {
              out.writeStartObject();
              out.writeStringProperty("type", ERROR);
              out.writeStringProperty("message", message);
              out.writeStringProperty("code", code);
              out.writeEndObject();
            }));
  }

  /** What begins: a run, a step, a message. */
  @Override
  public boolean isPreamble(SseEvent event) {
    return JsonTree.object(event.data())
        .filter(members -> BEGINNINGS.contains(JsonTree.text(members, "type")))
        .isPresent();
  }

  /** A run that somebody cancelled is no failure. */
  @Override
  public Optional<UpstreamError> failure(SseEvent event) {
    return JsonTree.object(event.data())
        .filter(members -> JsonTree.text(members, "type").equals(ERROR))
        .map(members -> UpstreamError.of(event));
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
