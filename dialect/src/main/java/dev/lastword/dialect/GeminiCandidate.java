package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.dialect.AssembledResponse.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** One candidate, joined from its chunks. */
final class GeminiCandidate {
  /** Parts that are kept of one candidate, once pieces of text are joined. */
  private static final int PARTS_MAX = 10_000;

  private final int index;
  private final List<Part> parts = new ArrayList<>();
  private final Joined rest = new Joined();
  private String role = "model";

  /** A run of text, or any other part, which comes whole. */
  private sealed interface Part {
    record Text(boolean thought, StringBuilder text) implements Part {}

    record Whole(Piece.Members members) implements Part {}
  }

  GeminiCandidate(int index) {
    this.index = index;
  }

  void join(Piece.Members candidate) {
    candidate
        .byName()
        .forEach(
            (name, piece) -> {
              switch (name) {
                case "index" -> {}
                case "content" -> joinContent(candidate.members("content"));
                default -> rest.replace(name, piece);
              }
            });
  }

  private void joinContent(Piece.Members content) {
    if (!content.text("role").isEmpty()) {
      role = Json.wellFormed(content.text("role"));
    }
    if (content.get("parts") instanceof Piece.Elements(var list)) {
      for (var piece : list) {
        if (piece instanceof Piece.Members part) {
          joinPart(part);
        }
      }
    }
  }

  private void joinPart(Piece.Members part) {
    boolean thought = part.says("thought");
    boolean bare =
        part.byName().keySet().stream()
            .allMatch(name -> name.equals("text") || name.equals("thought"));
    if (bare && part.get("text") instanceof Piece.Text(String text)) {
      if (!parts.isEmpty()
          && parts.getLast() instanceof Part.Text(boolean same, StringBuilder run)
          && same == thought) {
        run.append(text);
      } else if (parts.size() < PARTS_MAX) {
        parts.add(new Part.Text(thought, new StringBuilder(text)));
      }
    } else if (parts.size() < PARTS_MAX) {
      parts.add(new Part.Whole(part));
    }
  }

  Choice assemble() {
    var text = parts.stream().map(GeminiCandidate::text).collect(Collectors.joining());
    var tools = parts.stream().flatMap(part -> toolCall(part).stream()).toList();
    return new Choice(index, Json.wellFormed(text), null, tools, finishReason());
  }

  private @Nullable String finishReason() {
    var reason = rest.text("finishReason");
    return reason.isEmpty() ? null : reason;
  }

  /** What a person reads: no thoughts. */
  private static String text(Part part) {
    return switch (part) {
      case Part.Text(boolean thought, StringBuilder run) -> thought ? "" : run.toString();
      case Part.Whole(Piece.Members members) -> members.says("thought") ? "" : members.text("text");
    };
  }

  private static Optional<ToolCall> toolCall(Part part) {
    return part instanceof Part.Whole(Piece.Members members)
            && members.get("functionCall") instanceof Piece.Raw(String json)
        ? call(json)
        : Optional.empty();
  }

  private static Optional<ToolCall> call(String json) {
    var opened = Piece.read(json, Piece.Opening.SURFACE);
    return opened.map(
        call ->
            new ToolCall(
                Json.wellFormed(call.text("id")),
                Json.wellFormed(call.text("name")),
                call.get("args") instanceof Piece.Raw(String args) && args.startsWith("{")
                    ? args
                    : "{}"));
  }

  /** Writes the candidate as a response without a stream has it. */
  void write(JsonGenerator out) {
    out.writeStartObject();
    out.writeName("content");
    out.writeStartObject();
    out.writeName("parts");
    out.writeStartArray();
    parts.forEach(part -> write(out, part));
    out.writeEndArray();
    out.writeStringProperty("role", role);
    out.writeEndObject();
    out.writeNumberProperty("index", index);
    rest.writeMembers(out, Set.of());
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, Part part) {
    switch (part) {
      case Part.Text(boolean thought, StringBuilder run) -> {
        out.writeStartObject();
        out.writeStringProperty("text", Json.wellFormed(run));
        if (thought) {
          out.writeBooleanProperty("thought", true);
        }
        out.writeEndObject();
      }
      case Part.Whole(Piece.Members members) -> Joined.write(out, members);
    }
  }
}
