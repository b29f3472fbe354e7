package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Joins Gemini's chunks to the {@code GenerateContentResponse} that the endpoint would have
 * answered without a stream: of a candidate's parts, pieces of text that follow each other are
 * joined; of everything else the last word counts.
 */
final class GeminiAssembler implements ResponseAssembler {
  private final Joined response = new Joined();

  /** What stands around the chunks, where they are wrapped. */
  private final Joined around = new Joined();

  private boolean wrapped;
  private final TreeMap<Integer, GeminiCandidate> candidates = new TreeMap<>();

  @Override
  public void accept(SseEvent event) {
    Piece.read(event.data(), GeminiDialect::opens).ifPresent(this::join);
  }

  private void join(Piece.Members event) {
    if (event.get(GeminiDialect.WRAPPER) instanceof Piece.Members) {
      wrapped = true;
      event
          .byName()
          .forEach(
              (name, piece) -> {
                if (!name.equals(GeminiDialect.WRAPPER) && !name.equals("error")) {
                  around.replace(name, piece);
                }
              });
    }
    GeminiDialect.chunk(event)
        .byName()
        .forEach(
            (name, piece) -> {
              if (piece instanceof Piece.Elements(var list) && name.equals("candidates")) {
                list.forEach(this::joinCandidate);
              } else if (!name.equals("candidates") && !name.equals("error")) {
                response.replace(name, piece);
              }
            });
  }

  private void joinCandidate(Piece piece) {
    if (piece instanceof Piece.Members candidate) {
      int index = candidate.index().orElse(0);
      if (candidates.size() < ChunkDetector.CHOICES_MAX || candidates.containsKey(index)) {
        candidates.computeIfAbsent(index, GeminiCandidate::new).join(candidate);
      }
    }
  }

  @Override
  public AssembledResponse assemble() {
    var choices = candidates.values().stream().map(GeminiCandidate::assemble).toList();
    var text = choices.isEmpty() ? "" : choices.getFirst().text();
    return new AssembledResponse(text, choices, usage(), Json.write(this::write));
  }

  private @Nullable String usage() {
    return response.last("usageMetadata") instanceof Piece.Raw(String json) && json.startsWith("{")
        ? json
        : null;
  }

  private void write(JsonGenerator out) {
    if (!wrapped) {
      writeResponse(out);
      return;
    }
    out.writeStartObject();
    out.writeName(GeminiDialect.WRAPPER);
    writeResponse(out);
    around.writeMembers(out, Set.of());
    out.writeEndObject();
  }

  private void writeResponse(JsonGenerator out) {
    out.writeStartObject();
    out.writeName("candidates");
    out.writeStartArray();
    candidates.values().forEach(candidate -> candidate.write(out));
    out.writeEndArray();
    response.writeMembers(out, Set.of());
    out.writeEndObject();
  }
}
