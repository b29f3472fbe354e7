package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.dialect.AssembledResponse.ToolCall;
import dev.lastword.sse.SseEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Folds the events of AG-UI runs into what its client keeps: the messages with their tool calls,
 * results, reasoning and activities, and the state. The text is that of the assistant's messages, a
 * message on a line.
 */
final class AgUiAssembler implements ResponseAssembler {
  private final AgUiMessages messages = new AgUiMessages();
  private final Map<String, Object> run = new LinkedHashMap<>();
  private final JsonPatch.Bounds patching = new JsonPatch.Bounds();
  private Object state = new LinkedHashMap<String, Object>();
  private boolean hasState;
  private @Nullable String finishReason;
  private @Nullable Object usage;

  /** What chunks that leave out their id go on with. */
  private String textOpen = "";

  private String callOpen = "";
  private String reasoningOpen = "";

  @Override
  public void accept(SseEvent event) {
    JsonTree.object(event.data()).ifPresent(this::join);
  }

  private void join(Map<String, Object> event) {
    var id = JsonTree.text(event, "messageId");
    var call = JsonTree.text(event, "toolCallId");
    switch (JsonTree.text(event, "type")) {
      case "RUN_STARTED" -> started(event);
      case "RUN_FINISHED" -> finished(event);
      case "TEXT_MESSAGE_START" -> begin(id, event, "assistant");
      case "TEXT_MESSAGE_CONTENT", "REASONING_MESSAGE_CONTENT" -> grow(id, event);
      case "TEXT_MESSAGE_CHUNK" -> {
        textOpen = id.isEmpty() ? textOpen : id;
        begin(textOpen, event, "assistant");
        grow(textOpen, event);
      }
      case "REASONING_MESSAGE_START" -> begin(id, event, "reasoning");
      case "REASONING_MESSAGE_CHUNK" -> {
        reasoningOpen = id.isEmpty() ? reasoningOpen : id;
        begin(reasoningOpen, event, "reasoning");
        grow(reasoningOpen, event);
      }
      case "TOOL_CALL_START" -> beginCall(call, event);
      case "TOOL_CALL_ARGS" -> growCall(call, event);
      case "TOOL_CALL_CHUNK" -> {
        if (!call.isEmpty() && !call.equals(callOpen)) {
          callOpen = call;
          beginCall(call, event);
        }
        growCall(callOpen, event);
      }
      case "TOOL_CALL_RESULT" -> messages.addResult(result(event));
      case "STATE_SNAPSHOT", "STATE_DELTA" -> state(event);
      case "MESSAGES_SNAPSHOT" -> messages.snapshot(listed(event.get("messages")));
      case "ACTIVITY_SNAPSHOT" -> snapshotActivity(id, event);
      case "ACTIVITY_DELTA" -> patchActivity(id, event);
      default -> {} // begins or ends something, or is about the run
    }
  }

  private void started(Map<String, Object> event) {
    copy(event, run, "threadId", "runId", "parentRunId");
    run.remove("outcome");
    run.remove("result");
    finishReason = null;
    var input = event.get("input");
    if (input != null) {
      listed(JsonTree.members(input).get("messages")).forEach(messages::add);
    }
  }

  private void finished(Map<String, Object> event) {
    copy(event, run, "threadId", "runId", "outcome", "result");
    var outcome = event.get("outcome");
    var type = outcome == null ? "" : JsonTree.text(JsonTree.members(outcome), "type");
    finishReason = type.isEmpty() ? "success" : type;
    var counted = event.get("usage");
    if (counted instanceof Map<?, ?>) {
      usage = counted;
    }
  }

  private static void copy(Map<String, Object> from, Map<String, Object> to, String... names) {
    for (var name : names) {
      var value = from.get(name);
      if (value != null && !value.equals(JsonTree.Literal.NULL)) {
        to.put(name, value);
      }
    }
  }

  private static List<Map<String, Object>> listed(@Nullable Object messages) {
    return messages == null
        ? List.of()
        : JsonTree.elements(messages).stream()
            .filter(Map.class::isInstance)
            .map(JsonTree::members)
            .toList();
  }

  private void begin(String id, Map<String, Object> event, String otherwise) {
    var role = JsonTree.text(event, "role");
    if (!id.isEmpty()) {
      messages
          .growing(id, role.isEmpty() ? otherwise : role)
          .ifPresent(m -> copy(event, m, "name"));
    }
  }

  private void grow(String id, Map<String, Object> event) {
    messages
        .find(id)
        .filter(message -> !JsonTree.text(message, "role").equals("activity"))
        .ifPresent(
            message -> AgUiMessages.append(message, "content", JsonTree.text(event, "delta")));
  }

  private void beginCall(String id, Map<String, Object> event) {
    if (!id.isEmpty()) {
      messages.beginCall(
          id, JsonTree.text(event, "toolCallName"), JsonTree.text(event, "parentMessageId"));
    }
  }

  private void growCall(String id, Map<String, Object> event) {
    messages
        .call(id)
        .map(call -> call.get("function"))
        .ifPresent(
            function ->
                AgUiMessages.append(
                    JsonTree.members(function), "arguments", JsonTree.text(event, "delta")));
  }

  private static Map<String, Object> result(Map<String, Object> event) {
    var result = new LinkedHashMap<String, Object>();
    result.put("id", JsonTree.text(event, "messageId"));
    result.put("role", "tool");
    copy(event, result, "toolCallId", "role", "content");
    return result;
  }

  private void state(Map<String, Object> event) {
    hasState = true;
    var snapshot = event.get("snapshot");
    state =
        snapshot != null
            ? snapshot
            : JsonPatch.apply(
                state, JsonTree.elements(event.getOrDefault("delta", List.of())), patching);
  }

  private void snapshotActivity(String id, Map<String, Object> event) {
    boolean stays = new JsonTree.Literal("false").equals(event.get("replace"));
    if (id.isEmpty() || (stays && messages.find(id).isPresent())) {
      return;
    }
    var message = new LinkedHashMap<String, Object>();
    message.put("id", id);
    message.put("role", "activity");
    copy(event, message, "activityType", "content");
    messages.put(message);
  }

  private void patchActivity(String id, Map<String, Object> event) {
    var operations = JsonTree.elements(event.getOrDefault("patch", List.of()));
    messages
        .find(id)
        .filter(message -> JsonTree.text(message, "role").equals("activity"))
        .ifPresent(
            message -> {
              var content = message.getOrDefault("content", new LinkedHashMap<String, Object>());
              message.put("content", JsonPatch.apply(content, operations, patching));
              copy(event, message, "activityType");
            });
  }

  @Override
  public AssembledResponse assemble() {
    var text =
        messages.list().stream()
            .filter(message -> JsonTree.text(message, "role").equals("assistant"))
            .map(message -> JsonTree.text(message, "content"))
            .filter(content -> !content.isEmpty())
            .collect(Collectors.joining("\n"));
    var calls =
        messages.list().stream()
            .flatMap(message -> listed(message.get("toolCalls")).stream())
            .map(AgUiAssembler::toolCall)
            .toList();
    var choice = new Choice(0, Json.wellFormed(text), null, calls, finishReason);
    var counted = usage;
    return new AssembledResponse(
        choice.text(),
        List.of(choice),
        counted == null ? null : Json.write(out -> JsonTree.write(out, counted)),
        Json.write(this::write));
  }

  private static ToolCall toolCall(Map<String, Object> call) {
    var function = JsonTree.members(call.getOrDefault("function", Map.of()));
    return new ToolCall(
        Json.wellFormed(JsonTree.text(call, "id")),
        Json.wellFormed(JsonTree.text(function, "name")),
        Json.wellFormed(JsonTree.text(function, "arguments")));
  }

  private void write(JsonGenerator out) {
    out.writeStartObject();
    run.forEach(
        (name, value) -> {
          out.writeName(name);
          JsonTree.write(out, value);
        });
    out.writeName("messages");
    JsonTree.write(out, messages.list());
    if (hasState) {
      out.writeName("state");
      JsonTree.write(out, state);
    }
    out.writeEndObject();
  }
}
