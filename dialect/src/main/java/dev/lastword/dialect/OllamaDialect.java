package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Ollama's own streams, {@code /api/chat} and {@code /api/generate}: a JSON object on each line, of
 * which the last is {@code done}.
 */
final class OllamaDialect implements Dialect {
  static final OllamaDialect LINES = new OllamaDialect();

  private static final JsonDetector.Rules RULES =
      JsonDetector.Rules.of(
          Map.of(),
          false,
          List.of("done", "error"),
          (name, level, array) -> level == 1 && !array && name.equals("message"));

  private OllamaDialect() {}

  @Override
  public String name() {
    return "ollama";
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return RULES.detector(Lines.JUDGE);
  }

  private enum Lines implements JsonDetector.Judge {
    JUDGE;

    @Override
    public Sign sign(String kind, Piece.Members line) {
      if (line.says("error")) {
        return Sign.ERROR;
      }
      return line.get("done").equals(new Piece.Raw("true")) ? Sign.ENDING : Sign.CONTENT;
    }

    @Override
    public boolean adds(String kind, Piece.Members line) {
      return !line.text("response").isEmpty()
          || line.members("message").byName().entrySet().stream()
              .anyMatch(member -> !member.getKey().equals("role") && says(member.getValue()));
    }

    private static boolean says(Piece piece) {
      return switch (piece) {
        case Piece.Text(String text) -> !text.isEmpty();
        case Piece.Raw(String json) -> json.startsWith("[") && json.length() > 2;
        case Piece.Members members -> true;
        case Piece.Elements elements -> true;
      };
    }
  }

  @Override
  public ResponseAssembler assembler() {
    return new OllamaAssembler();
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
              out.writeStringProperty("error", message + " (" + code + ")");
              out.writeEndObject();
            }));
  }

  /** A line that brings nothing but its role. */
  @Override
  public boolean isPreamble(SseEvent line) {
    var members = JsonTree.object(line.data()).orElse(Map.of());
    return (members.containsKey("message") || members.containsKey("response"))
        && Preamble.isNothing(members.get("response"))
        && Preamble.isNothing(members.get("thinking"))
        && Preamble.isNothing(members.get("done"))
        && Preamble.isNothingBut(JsonTree.members(members.get("message")), Set.of("role"));
  }

  /** Empty: what the last line brings, no other can say. */
  @Override
  public Optional<SseEvent> missingTerminal() {
    return Optional.empty();
  }

  @Override
  public String toString() {
    return name();
  }
}
