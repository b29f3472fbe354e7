package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** One choice, joined from its chunks. */
final class ChoiceParts {
  private static final Set<String> WRITTEN_FIRST = Set.of("role", "content", "refusal");

  /** The text itself, and what is replaced by its like. */
  private static final Set<String> ADD_NOTHING_TWICE = Set.of("content", "role");

  private final int index;
  private final Joined message = new Joined();
  private final Joined logprobs = new Joined();
  private final Joined rest = new Joined();
  private final ToolCalls toolCalls = new ToolCalls();
  private @Nullable String finishReason;

  ChoiceParts(int index) {
    this.index = index;
  }

  /** Joins one chunk of this choice. */
  void join(Piece.Members choice) {
    choice.byName().forEach(this::join);
  }

  private void join(String name, Piece piece) {
    switch (name) {
      case "index" -> {}
      case "delta" -> {
        if (piece instanceof Piece.Members delta) {
          delta.byName().forEach(this::joinDelta);
        }
      }
      case "text" -> joinDelta("content", piece);
      case "logprobs" -> {
        if (piece instanceof Piece.Members members) {
          logprobs.join(members);
        }
      }
      case "finish_reason" -> {
        if (piece instanceof Piece.Text(String reason) && Json.says(reason)) {
          finishReason = Json.wellFormed(reason);
        }
      }
      default -> rest.replace(name, piece);
    }
  }

  private void joinDelta(String name, Piece piece) {
    switch (piece) {
      case Piece.Elements(var calls) -> {
        for (var call : calls) {
          if (call instanceof Piece.Members members) {
            toolCalls.join(members);
          }
        }
      }
      case Piece.Raw(String json) when name.equals("content") && json.startsWith("[") ->
          message.fragments("content").append(ContentParts.joined(json));
      default -> message.join(name, piece);
    }
  }

  String text() {
    return message.text("content");
  }

  /** The text so far, to append to. */
  StringBuilder fragments() {
    return message.fragments("content");
  }

  /**
   * The name of the member whose text is all that joining an element of the array of choices once
   * more would add; empty if it would add anything else.
   */
  static Optional<String> onlyText(Piece.Members choice) {
    var logprobs = choice.byName().get("logprobs");
    var delta =
        choice.byName().get("delta") instanceof Piece.Members members
            ? members
            : Piece.Members.NONE;
    boolean idle =
        !(logprobs instanceof Piece.Members)
            && delta.byName().entrySet().stream()
                .allMatch(member -> addsNothing(member.getKey(), member.getValue()));
    boolean content = delta.byName().get("content") instanceof Piece.Text;
    boolean text = choice.byName().get("text") instanceof Piece.Text;
    return idle && content != text ? Optional.of(content ? "content" : "text") : Optional.empty();
  }

  private static boolean addsNothing(String name, Piece piece) {
    return switch (piece) {
      case Piece.Raw raw -> raw.equals(Piece.Raw.NULL);
      case Piece.Text(String value) -> ADD_NOTHING_TWICE.contains(name) || value.isEmpty();
      case Piece.Members members -> false;
      case Piece.Elements elements -> false;
    };
  }

  Choice assemble() {
    var refusal = message.text("refusal");
    return new Choice(
        index, text(), refusal.isEmpty() ? null : refusal, toolCalls.assemble(), finishReason);
  }

  /** Writes the choice of a {@code chat.completion}. */
  void writeChat(JsonGenerator out) {
    out.writeStartObject();
    out.writeNumberProperty("index", index);
    out.writeName("message");
    writeMessage(out);
    writeEnd(out);
  }

  /** Writes the choice of a {@code text_completion}. */
  void writeCompletion(JsonGenerator out) {
    out.writeStartObject();
    out.writeStringProperty("text", text());
    out.writeNumberProperty("index", index);
    writeEnd(out);
  }

  private void writeMessage(JsonGenerator out) {
    out.writeStartObject();
    message.writeOr(out, "role", new Piece.Text("assistant"));
    if (!message.has("content") || (text().isEmpty() && saysOtherwise())) {
      out.writeNullProperty("content");
    } else {
      out.writeStringProperty("content", text());
    }
    message.writeOr(out, "refusal", Piece.Raw.NULL);
    message.writeMembers(out, WRITTEN_FIRST);
    if (!toolCalls.isEmpty()) {
      out.writeName("tool_calls");
      toolCalls.write(out);
    }
    out.writeEndObject();
  }

  /** Whether the message says something that is not its content: then content is null. */
  private boolean saysOtherwise() {
    return !toolCalls.isEmpty() || message.has("refusal") || message.has("function_call");
  }

  private void writeEnd(JsonGenerator out) {
    out.writeName("logprobs");
    if (logprobs.isEmpty()) {
      out.writeNull();
    } else {
      out.writeStartObject();
      logprobs.writeMembers(out, Set.of());
      out.writeEndObject();
    }
    out.writeStringProperty("finish_reason", finishReason);
    rest.writeMembers(out, Set.of());
    out.writeEndObject();
  }
}
