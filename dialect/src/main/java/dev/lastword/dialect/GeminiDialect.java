package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Gemini's {@code streamGenerateContent} with {@code alt=sse}. The chunk with the {@code
 * finishReason} that leaves no candidate open ends the response; no event is the last, the end of
 * the body is.
 */
final class GeminiDialect implements Dialect {
  static final GeminiDialect GENERATE = new GeminiDialect();

  /** The member in which Code Assist's endpoint has Gemini's chunk. */
  static final String WRAPPER = "response";

  private static final String UNSPECIFIED = "FINISH_REASON_UNSPECIFIED";

  private static final JsonDetector.Rules RULES =
      JsonDetector.Rules.of(
          Map.of("error", Sign.ERROR),
          false,
          List.of("finishReason", "blockReason", "error"),
          GeminiDialect::opens);

  private GeminiDialect() {}

  /**
   * Down to the parts of a candidate's content, in a chunk or in the {@link #WRAPPER} of one, where
   * everything is a level deeper.
   */
  static boolean opens(String name, int level, boolean array) {
    return switch (name) {
      case WRAPPER -> level == 1 && !array;
      case "candidates" -> array ? level <= 2 : level <= 3;
      case "content" -> level <= 4 && !array;
      case "parts" -> array ? level <= 5 : level <= 6;
      case "promptFeedback" -> level <= 2 && !array;
      default -> false;
    };
  }

  /** The chunk in an event: Google's Code Assist wraps it, beside what is its own. */
  static Piece.Members chunk(Piece.Members event) {
    return event.get(WRAPPER) instanceof Piece.Members chunk ? chunk : event;
  }

  @Override
  public String name() {
    return "gemini";
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return RULES.detector(new Candidates(facts.choices()));
  }

  /**
   * The candidates of one response. Those asked for are open from the start, whether or not they
   * were seen; one that nobody asked for counts where it stands beside one that finishes.
   */
  private static final class Candidates implements JsonDetector.Judge {
    private static final Piece EMPTY = new Piece.Text("");

    private final BitSet known = new BitSet();
    private final BitSet open = new BitSet();

    Candidates(int asked) {
      int count = Math.clamp(asked, 1, ChunkDetector.CHOICES_MAX);
      known.set(0, count);
      open.set(0, count);
    }

    @Override
    public Sign sign(String kind, Piece.Members event) {
      var chunk = chunk(event);
      if (event.says("error") || chunk.says("error")) {
        return Sign.ERROR;
      }
      if (chunk.members("promptFeedback").says("blockReason")) {
        return Sign.ENDING; // the prompt was refused: no candidate will come
      }
      return finishes(candidates(chunk)) ? Sign.ENDING : Sign.CONTENT;
    }

    @Override
    public boolean adds(String kind, Piece.Members event) {
      boolean adds = false;
      for (var candidate : candidates(chunk(event))) {
        if (speaks(candidate) || isNew(index(candidate))) {
          reopen(index(candidate));
          adds = true;
        }
      }
      return adds;
    }

    private static List<Piece.Members> candidates(Piece.Members chunk) {
      return chunk.get("candidates") instanceof Piece.Elements(var list)
          ? list.stream()
              .filter(Piece.Members.class::isInstance)
              .map(Piece.Members.class::cast)
              .toList()
          : List.of();
    }

    private static int index(Piece.Members candidate) {
      return candidate.index().orElse(0);
    }

    /** Whether a candidate has a part that is more than an empty text. */
    private static boolean speaks(Piece.Members candidate) {
      return candidate.members("content").get("parts") instanceof Piece.Elements(var parts)
          && parts.stream().anyMatch(Candidates::saysSomething);
    }

    private static boolean saysSomething(Piece part) {
      return part instanceof Piece.Members members
          && members.byName().entrySet().stream()
              .anyMatch(
                  member ->
                      !member.getKey().equals("thought")
                          && !member.getValue().equals(EMPTY)
                          && !member.getValue().equals(Piece.Raw.NULL));
    }

    private boolean finishes(List<Piece.Members> candidates) {
      candidates.forEach(candidate -> meet(index(candidate)));
      boolean finished = false;
      for (var candidate : candidates) {
        if (isFinished(candidate)) {
          open.clear(index(candidate));
          finished = true;
        }
      }
      return finished && open.isEmpty();
    }

    private boolean isNew(int index) {
      return index < ChunkDetector.CHOICES_MAX && !known.get(index);
    }

    private void reopen(int index) {
      if (index < ChunkDetector.CHOICES_MAX) {
        known.set(index);
        open.set(index);
      }
    }

    private void meet(int index) {
      if (isNew(index)) {
        reopen(index);
      }
    }

    private static boolean isFinished(Piece.Members candidate) {
      return candidate.says("finishReason") && !candidate.text("finishReason").equals(UNSPECIFIED);
    }
  }

  @Override
  public ResponseAssembler assembler() {
    return new GeminiAssembler();
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
              out.writeName("error");
              out.writeStartObject();
              out.writeNumberProperty("code", 500);
              out.writeStringProperty("message", message);
              out.writeStringProperty("status", "INTERNAL");
              out.writeName("details");
              out.writeStartArray();
              out.writeStartObject();
              out.writeStringProperty("@type", "type.googleapis.com/google.rpc.ErrorInfo");
              out.writeStringProperty("reason", code);
              out.writeStringProperty("domain", "lastword");
              out.writeEndObject();
              out.writeEndArray();
              out.writeEndObject();
              out.writeEndObject();
            }));
  }

  /** A chunk that brings nothing but empty texts, or nothing but usage. */
  @Override
  public boolean isPreamble(SseEvent event) {
    var root = JsonTree.object(event.data()).orElse(Map.of());
    var wrapped = JsonTree.members(root.get(WRAPPER));
    var chunk = wrapped.isEmpty() ? root : wrapped;
    return (chunk.containsKey("candidates") || chunk.containsKey("usageMetadata"))
        && JsonTree.elements(chunk.get("candidates")).stream().allMatch(GeminiDialect::saysNothing);
  }

  private static boolean saysNothing(Object candidate) {
    var members = JsonTree.members(candidate);
    return Preamble.isNothing(members.get("finishReason"))
        && JsonTree.elements(JsonTree.members(members.get("content")).get("parts")).stream()
            .allMatch(part -> Preamble.isNothingBut(JsonTree.members(part), Set.of("thought")));
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
