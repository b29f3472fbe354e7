package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** One choice, joined from its chunks. */
final class ChoiceParts {
  private static final Set<String> WRITTEN_FIRST = Set.of("role", "refusal");

  /** The text itself, and what is replaced by its like. */
  private static final Set<String> ADD_NOTHING_TWICE = Set.of("content", "role");

  private final int index;
  private final boolean chat;
  private Joined message = new Joined();
  private MessageContent content = new MessageContent();
  private final Joined logprobs = new Joined();
  private final Joined rest = new Joined();
  private ToolCalls toolCalls = new ToolCalls();
  private @Nullable String finishReason;

  /**
   * @param chat whether its text is that of deltas; the older completions have it in the choice
   */
  ChoiceParts(int index, boolean chat) {
    this.index = index;
    this.chat = chat;
  }

  /**
   * Joins one chunk of this choice. Where it has its text twice, in the delta and in the choice,
   * the one counts that this dialect's clients read. A whole message counts in a chunk that has no
   * delta, and is then the last word.
   */
  void join(Piece.Members choice) {
    var text = choice.get("text");
    boolean inDelta =
        choice.get("delta") instanceof Piece.Members && (chat || !(text instanceof Piece.Text));
    if (inDelta) {
      choice.members("delta").byName().forEach(this::joinDelta);
    } else if (choice.get("message") instanceof Piece.Members whole) {
      message = new Joined();
      content = new MessageContent();
      toolCalls = new ToolCalls();
      whole.byName().forEach(this::joinDelta);
    }
    if (!inDelta && text instanceof Piece.Text) {
      joinDelta("content", text);
    }
    choice.byName().forEach(this::join);
  }

  private void join(String name, Piece piece) {
    switch (name) {
      case "index", "delta", "text", "message" -> {}
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
    switch (name) {
      case "content" -> joinContent(piece);
      case "tool_calls" -> joinCalls(piece);
      default -> {
        if (piece instanceof Piece.Elements(var list)) {
          message.join(name, new Piece.Raw(Json.write(out -> Joined.write(out, piece))));
        } else {
          message.join(name, piece);
        }
      }
    }
  }

  private void joinContent(Piece piece) {
    switch (piece) {
      case Piece.Text(String text) -> content.growing().append(text);
      case Piece.Raw(String json) when json.startsWith("[") -> content.joinParts(json);
      case Piece.Raw raw -> {}
      case Piece.Members members -> {}
      case Piece.Elements elements -> {}
    }
  }

  private void joinCalls(Piece piece) {
    switch (piece) {
      case Piece.Elements(var calls) -> calls.forEach(this::joinCall);
      case Piece.Members call -> joinCall(call);
      case Piece.Text text -> {}
      case Piece.Raw raw -> {}
    }
  }

  private void joinCall(Piece piece) {
    if (piece instanceof Piece.Members call) {
      toolCalls.join(call);
    }
  }

  String text() {
    return Json.wellFormed(content.text());
  }

  /** The text so far, to append to. */
  StringBuilder fragments() {
    return content.growing();
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
    out.writeName("content");
    if (!content.isThere() || (content.isEmpty() && saysOtherwise())) {
      out.writeNull();
    } else {
      content.write(out);
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
