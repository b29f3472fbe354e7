package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.ToolCall;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JsonGenerator;

/** One part of a UI message: text, reasoning, a tool call, a source, a file, data, or a step. */
final class UiPart {
  private static final Set<String> OF_TEXT = Set.of("text", "reasoning");
  private static final Set<String> NOT_KEPT =
      Set.of("type", "toolName", "toolCallId", "inputTextDelta", "dynamic");

  private final String type;
  private final StringBuilder text = new StringBuilder();
  private final Map<String, Piece> members = new LinkedHashMap<>();
  private String toolName = "";
  private boolean dynamic;

  UiPart(String type) {
    this.type = type;
  }

  /** A part that came in one piece. */
  static UiPart whole(String type, Piece.Members chunk) {
    var part = new UiPart(type);
    part.replace(chunk);
    return part;
  }

  /** Takes a later word of a part that comes whole. */
  void replace(Piece.Members chunk) {
    chunk
        .byName()
        .forEach(
            (name, piece) -> {
              if (!name.equals("type")) {
                members.put(name, piece);
              }
            });
  }

  /** Joins the start, a delta, or the end of text. */
  void joinText(String chunkType, Piece.Members chunk) {
    text.append(chunk.text("delta"));
    members.put("state", new Piece.Text(chunkType.endsWith("-end") ? "done" : "streaming"));
    if (chunk.says("providerMetadata")) {
      members.put("providerMetadata", chunk.get("providerMetadata"));
    }
  }

  /** Joins what is said of a tool call. */
  void joinTool(String chunkType, Piece.Members chunk) {
    text.append(chunk.text("inputTextDelta"));
    toolName = chunk.text("toolName").isEmpty() ? toolName : chunk.text("toolName");
    dynamic |= chunk.says("dynamic");
    members.put("toolCallId", chunk.get("toolCallId"));
    members.put("state", new Piece.Text(state(chunkType)));
    chunk
        .byName()
        .forEach(
            (name, piece) -> {
              if (!NOT_KEPT.contains(name)) {
                members.put(name, piece);
              }
            });
  }

  private static String state(String chunkType) {
    return switch (chunkType) {
      case "tool-input-start", "tool-input-delta" -> "input-streaming";
      case "tool-input-error" -> "output-error";
      default -> chunkType.substring("tool-".length());
    };
  }

  /** Text to read; {@code ""} of any other part. */
  String text() {
    return type.equals("text") ? text.toString() : "";
  }

  /** The call, if this part is one. */
  Optional<ToolCall> toolCall() {
    return type.startsWith("tool-")
        ? Optional.of(new ToolCall(string("toolCallId"), Json.wellFormed(toolName), arguments()))
        : Optional.empty();
  }

  private String arguments() {
    var input = members.get("input");
    return input == null ? Json.wellFormed(text) : Json.write(out -> Joined.write(out, input));
  }

  private String string(String name) {
    return members.get(name) instanceof Piece.Text(String value) ? Json.wellFormed(value) : "";
  }

  /** Writes the part as a message holds it. */
  void write(JsonGenerator out) {
    out.writeStartObject();
    if (dynamic) {
      out.writeStringProperty("type", "dynamic-tool");
      out.writeStringProperty("toolName", Json.wellFormed(toolName));
    } else {
      out.writeStringProperty("type", Json.wellFormed(type));
    }
    if (OF_TEXT.contains(type)) {
      out.writeStringProperty("text", Json.wellFormed(text));
    }
    members.forEach(
        (name, piece) -> {
          out.writeName(Json.wellFormed(name));
          Joined.write(out, piece);
        });
    out.writeEndObject();
  }
}
