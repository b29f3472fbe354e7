package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.ToolCall;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JsonGenerator;

/** One content block of a message: text, thinking, the use of a tool, or one not known here. */
final class AnthropicBlock {
  private static final Set<String> WITHOUT_INPUT = Set.of("input", "citations");

  private final Joined members = new Joined();
  private final StringBuilder input = new StringBuilder();
  private final StringBuilder citations = new StringBuilder();
  private Piece begunInput = Piece.Raw.NULL;

  AnthropicBlock(Piece.Members begun) {
    begun
        .byName()
        .forEach(
            (name, piece) -> {
              if (name.equals("input")) {
                begunInput = piece;
              } else if (!name.equals("citations")) {
                members.join(name, piece);
              }
            });
  }

  /** A block that nobody began, of the type that a delta is for. */
  static AnthropicBlock of(Piece.Members delta) {
    return new AnthropicBlock(new Piece.Members(Map.of("type", new Piece.Text(typeFor(delta)))));
  }

  private static String typeFor(Piece.Members delta) {
    return switch (delta.text("type")) {
      case "thinking_delta", "signature_delta" -> "thinking";
      case "input_json_delta" -> "tool_use";
      default -> "text";
    };
  }

  /** Whether a delta is for a block of this type; one that is not known may be for any. */
  boolean takes(Piece.Members delta) {
    var type = members.text("type");
    return switch (delta.text("type")) {
      case "text_delta", "citations_delta" -> type.equals("text");
      case "thinking_delta", "signature_delta" -> type.equals("thinking");
      case "input_json_delta" -> !type.equals("text") && !type.equals("thinking");
      default -> true;
    };
  }

  /** Joins a delta, which only ever brings more of something. */
  void join(Piece.Members delta) {
    switch (delta.text("type")) {
      case "input_json_delta" -> input.append(delta.text("partial_json"));
      case "citations_delta" ->
          citations
              .append(citations.isEmpty() ? "" : ",")
              .append(Json.write(out -> Joined.write(out, delta.get("citation"))));
      default ->
          delta
              .byName()
              .forEach(
                  (name, piece) -> {
                    if (!name.equals("type")) {
                      members.join(name, piece);
                    }
                  });
    }
  }

  /** Text to read; {@code ""} of any other block. */
  String text() {
    return members.text("type").equals("text") ? members.text("text") : "";
  }

  /** The call, if this block uses a tool. */
  Optional<ToolCall> toolCall() {
    return members.text("type").endsWith("tool_use")
        ? Optional.of(new ToolCall(members.text("id"), members.text("name"), arguments()))
        : Optional.empty();
  }

  private String arguments() {
    return input.isEmpty()
        ? Json.write(out -> Joined.write(out, begunInput))
        : Json.wellFormed(input);
  }

  /** Writes the block as a message holds it. */
  void write(JsonGenerator out) {
    out.writeStartObject();
    members.writeMembers(out, WITHOUT_INPUT);
    if (members.text("type").endsWith("tool_use")) {
      out.writeName("input");
      writeInput(out);
    }
    if (!citations.isEmpty()) {
      out.writeName("citations");
      out.writeRawValue("[" + citations + "]");
    }
    out.writeEndObject();
  }

  /**
   * The input as the object it is, with null for numbers that JSON does not know; if it was cut
   * off, as the text that came.
   */
  private void writeInput(JsonGenerator out) {
    if (input.isEmpty()) {
      Joined.write(out, begunInput);
    } else if (Json.isStandard(input)) {
      out.writeRawValue(input.toString());
    } else {
      JsonTree.read(input.toString())
          .ifPresentOrElse(
              tree -> JsonTree.write(out, tree), () -> out.writeString(Json.wellFormed(input)));
    }
  }
}
