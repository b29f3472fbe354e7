package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.dialect.AssembledResponse.ToolCall;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** The run as the last event about it has it, and the messages as they grew or as they came. */
final class AssistantsAssembler implements ResponseAssembler {
  /** Messages, and parts of one, that are kept. */
  private static final int SIZE_MAX = 1_024;

  private final Map<String, Map<String, Object>> messages = new LinkedHashMap<>();
  private Map<String, Object> run = Map.of();

  @Override
  public void accept(SseEvent event) {
    JsonTree.object(event.data()).ifPresent(data -> join(data));
  }

  private void join(Map<String, Object> data) {
    switch (JsonTree.text(data, "object")) {
      case "thread.run" -> run = data;
      case "thread.message" -> {
        if (messages.size() < SIZE_MAX) {
          messages.put(JsonTree.text(data, "id"), data);
        }
      }
      case "thread.message.delta" -> grow(data);
      default -> {} // steps are the run's own business
    }
  }

  private void grow(Map<String, Object> delta) {
    var message = messages.get(JsonTree.text(delta, "id"));
    if (message == null) {
      return;
    }
    if (!(message.get("content") instanceof List<?>)) {
      message.put("content", new ArrayList<Object>());
    }
    var parts = JsonTree.elements(message.getOrDefault("content", List.of()));
    var grown = JsonTree.members(delta.getOrDefault("delta", Map.of())).get("content");
    for (var each : grown == null ? List.of() : JsonTree.elements(grown)) {
      var part = JsonTree.members(each);
      int index =
          part.get("index") instanceof JsonTree.Literal(String json) && json.matches("[0-9]{1,4}")
              ? Integer.parseInt(json)
              : 0;
      if (index < parts.size()) {
        grow(JsonTree.members(parts.get(index)), part);
      } else if (parts.size() < SIZE_MAX) {
        part.remove("index");
        parts.add(part);
      }
    }
  }

  private static void grow(Map<String, Object> part, Map<String, Object> more) {
    if (part.get("text") instanceof Map<?, ?> text && more.get("text") instanceof Map<?, ?> grown) {
      AgUiMessages.append(
          JsonTree.members(text), "value", JsonTree.text(JsonTree.members(grown), "value"));
      var annotations = JsonTree.members(grown).get("annotations");
      if (annotations instanceof List<?> list && !list.isEmpty()) {
        JsonTree.elements(
                JsonTree.members(text).computeIfAbsent("annotations", n -> new ArrayList<Object>()))
            .addAll(JsonTree.elements(list));
      }
    }
  }

  @Override
  public AssembledResponse assemble() {
    var text =
        messages.values().stream().map(AssistantsAssembler::text).collect(Collectors.joining("\n"));
    var choice = new Choice(0, Json.wellFormed(text), null, toolCalls(), status());
    var usage = run.get("usage") instanceof Map<?, ?> counted ? counted : null;
    return new AssembledResponse(
        choice.text(),
        List.of(choice),
        usage == null ? null : Json.write(out -> JsonTree.write(out, usage)),
        Json.write(this::write));
  }

  private static String text(Map<String, Object> message) {
    return JsonTree.elements(message.getOrDefault("content", List.of())).stream()
        .map(part -> JsonTree.members(part).getOrDefault("text", ""))
        .map(part -> JsonTree.text(JsonTree.members(part), "value"))
        .collect(Collectors.joining());
  }

  private List<ToolCall> toolCalls() {
    var action = JsonTree.members(run.getOrDefault("required_action", ""));
    var wanted = JsonTree.members(action.getOrDefault("submit_tool_outputs", ""));
    return JsonTree.elements(wanted.getOrDefault("tool_calls", List.of())).stream()
        .map(JsonTree::members)
        .map(
            call -> {
              var function = JsonTree.members(call.getOrDefault("function", ""));
              return new ToolCall(
                  Json.wellFormed(JsonTree.text(call, "id")),
                  Json.wellFormed(JsonTree.text(function, "name")),
                  Json.wellFormed(JsonTree.text(function, "arguments")));
            })
        .toList();
  }

  private @Nullable String status() {
    return switch (JsonTree.text(run, "status")) {
      case "", "queued", "in_progress", "cancelling" -> null;
      case String ended -> ended;
    };
  }

  private void write(JsonGenerator out) {
    out.writeStartObject();
    out.writeName("run");
    JsonTree.write(out, run.isEmpty() ? JsonTree.Literal.NULL : run);
    out.writeName("messages");
    JsonTree.write(out, List.copyOf(messages.values()));
    out.writeEndObject();
  }
}
