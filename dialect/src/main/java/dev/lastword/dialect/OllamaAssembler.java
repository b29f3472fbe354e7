package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.dialect.AssembledResponse.ToolCall;
import dev.lastword.sse.SseEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Joins Ollama's lines to the object that it answers with {@code stream: false}: the last line,
 * with the texts of all.
 */
final class OllamaAssembler implements ResponseAssembler {
  private static final Set<String> JOINED = Set.of("message", "response", "thinking");
  private static final List<String> COUNTS = List.of("prompt_eval_count", "eval_count");

  private final Joined top = new Joined();
  private final Joined message = new Joined();

  @Override
  public void accept(SseEvent event) {
    Piece.read(event.data(), (name, level, array) -> level == 1 && !array && name.equals("message"))
        .ifPresent(this::join);
  }

  private void join(Piece.Members line) {
    line.byName()
        .forEach(
            (name, piece) -> {
              switch (piece) {
                case Piece.Members members when name.equals("message") -> message.join(members);
                case Piece.Text(String text) when JOINED.contains(name) ->
                    top.fragments(name).append(text);
                default -> {
                  if (!name.equals("error")) {
                    top.set(name, piece);
                  }
                }
              }
            });
  }

  @Override
  public AssembledResponse assemble() {
    var text = message.isEmpty() ? top.text("response") : message.text("content");
    var reason = top.text("done_reason");
    boolean done = top.last("done").equals(new Piece.Raw("true"));
    var choice =
        new Choice(0, text, null, toolCalls(), !done ? null : reason.isEmpty() ? "stop" : reason);
    return new AssembledResponse(text, List.of(choice), usage(), Json.write(this::write));
  }

  private List<ToolCall> toolCalls() {
    return JsonTree.object(Json.write(this::writeMessage)).stream()
        .flatMap(members -> JsonTree.elements(members.getOrDefault("tool_calls", "")).stream())
        .map(JsonTree::members)
        .map(OllamaAssembler::toolCall)
        .toList();
  }

  private static ToolCall toolCall(Map<String, Object> call) {
    var function = JsonTree.members(call.getOrDefault("function", ""));
    var arguments = function.getOrDefault("arguments", new LinkedHashMap<String, Object>());
    return new ToolCall(
        JsonTree.text(call, "id"),
        JsonTree.text(function, "name"),
        Json.write(out -> JsonTree.write(out, arguments)));
  }

  private @Nullable String usage() {
    if (COUNTS.stream().noneMatch(top::has)) {
      return null;
    }
    return Json.write(
        out -> {
          out.writeStartObject();
          COUNTS.stream().filter(top::has).forEach(name -> top.writeOr(out, name, Piece.Raw.NULL));
          out.writeEndObject();
        });
  }

  private void write(JsonGenerator out) {
    out.writeStartObject();
    top.writeMembers(out, Set.of());
    if (!message.isEmpty()) {
      out.writeName("message");
      writeMessage(out);
    }
    out.writeEndObject();
  }

  private void writeMessage(JsonGenerator out) {
    out.writeStartObject();
    message.writeMembers(out, Set.of());
    out.writeEndObject();
  }
}
