package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.ToolCall;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A part of a UI message that is a tool call: changed as the AI SDK's own reader changes it. */
final class UiToolPart {
  private static final String DYNAMIC = "dynamic-tool";

  private final Map<String, Object> members = new LinkedHashMap<>();
  private final StringBuilder rawInput = new StringBuilder();

  private UiToolPart() {}

  /** A part for a call that a chunk begins. */
  static UiToolPart of(Map<String, Object> chunk) {
    var part = new UiToolPart();
    if (isTrue(chunk.get("dynamic"))) {
      part.members.put("type", DYNAMIC);
      part.members.put("toolName", JsonTree.text(chunk, "toolName"));
    } else {
      part.members.put("type", "tool-" + JsonTree.text(chunk, "toolName"));
    }
    part.members.put("toolCallId", JsonTree.text(chunk, "toolCallId"));
    return part;
  }

  private static boolean isTrue(@Nullable Object value) {
    return new JsonTree.Literal("true").equals(value);
  }

  Map<String, Object> members() {
    return members;
  }

  boolean isOf(String toolCallId) {
    return JsonTree.text(members, "toolCallId").equals(toolCallId);
  }

  /** Takes what a chunk says of the call. */
  void take(String type, Map<String, Object> chunk) {
    switch (type) {
      case "tool-input-start" -> state("input-streaming", chunk);
      case "tool-input-delta" -> {
        rawInput.append(JsonTree.text(chunk, "inputTextDelta"));
        members.put("state", "input-streaming");
      }
      case "tool-input-available" -> {
        named(chunk);
        rawInput.setLength(0);
        state("input-available", chunk);
        replace(chunk, "input");
      }
      case "tool-input-error" -> {
        named(chunk);
        rawInput.setLength(0);
        state("output-error", chunk);
        replace(chunk, "input", "errorText");
      }
      case "tool-output-available" -> {
        rawInput.setLength(0);
        state("output-available", chunk);
        replace(chunk, "output", "errorText", "preliminary");
      }
      case "tool-output-error" -> {
        state("output-error", chunk);
        replace(chunk, "output", "errorText", "preliminary");
      }
      case "tool-output-denied" -> members.put("state", "output-denied");
      case "tool-approval-request" -> askApproval(chunk);
      case "tool-approval-response" -> approve(chunk);
      default -> {} // of a later version
    }
  }

  private void named(Map<String, Object> chunk) {
    var name = JsonTree.text(chunk, "toolName");
    if (!name.isEmpty()) {
      boolean dynamic = DYNAMIC.equals(members.get("type"));
      members.put(dynamic ? "toolName" : "type", dynamic ? name : "tool-" + name);
    }
  }

  private void state(String state, Map<String, Object> chunk) {
    members.put("state", state);
    set(chunk, "title", "toolMetadata", "providerExecuted", "inputEncoding");
    var metadata = chunk.get("providerMetadata");
    if (metadata != null) {
      boolean result = state.startsWith("output-");
      members.put(result ? "resultProviderMetadata" : "callProviderMetadata", metadata);
    }
  }

  private void set(Map<String, Object> chunk, String... names) {
    for (var name : names) {
      var value = chunk.get(name);
      if (value != null) {
        members.put(name, value);
      }
    }
  }

  /** Sets members to what the chunk has of them, be it nothing. */
  private void replace(Map<String, Object> chunk, String... names) {
    for (var name : names) {
      members.remove(name);
    }
    set(chunk, names);
  }

  private void askApproval(Map<String, Object> chunk) {
    members.put("state", "approval-requested");
    var approval = new LinkedHashMap<String, Object>();
    rename(chunk, "approvalId", approval, "id");
    rename(chunk, "approvalDescriptor", approval, "descriptor");
    rename(chunk, "inputSchemaInput", approval, "inputSchemaInput");
    rename(chunk, "reason", approval, "requestReason");
    if (isTrue(chunk.get("isAutomatic"))) {
      approval.put("isAutomatic", new JsonTree.Literal("true"));
    }
    rename(chunk, "signature", approval, "signature");
    members.put("approval", approval);
  }

  private void approve(Map<String, Object> chunk) {
    members.put("state", "approval-responded");
    var approval =
        JsonTree.members(members.computeIfAbsent("approval", n -> new LinkedHashMap<>()));
    rename(chunk, "approvalId", approval, "id");
    rename(chunk, "approved", approval, "approved");
    rename(chunk, "reason", approval, "reason");
    set(chunk, "providerExecuted");
    rename(chunk, "providerMetadata", members, "callProviderMetadata");
  }

  private static void rename(
      Map<String, Object> from, String name, Map<String, Object> to, String newName) {
    var value = from.get(name);
    if (value != null) {
      to.put(newName, value);
    }
  }

  /** Whether its approval has an id. */
  boolean awaits(String approvalId) {
    return members.get("approval") instanceof Map<?, ?> approval
        && JsonTree.text(JsonTree.members(approval), "id").equals(approvalId);
  }

  /** The part as the message holds it; of an input that was cut off the text that came. */
  Map<String, Object> written() {
    if (rawInput.isEmpty()) {
      return members;
    }
    var written = new LinkedHashMap<>(members);
    written.put("rawInput", rawInput);
    return written;
  }

  ToolCall toolCall() {
    var type = JsonTree.text(members, "type");
    var name = type.equals(DYNAMIC) ? JsonTree.text(members, "toolName") : type.substring(5);
    var input = members.get("input");
    var arguments =
        input == null ? Json.wellFormed(rawInput) : Json.write(out -> JsonTree.write(out, input));
    return new ToolCall(
        Json.wellFormed(JsonTree.text(members, "toolCallId")), Json.wellFormed(name), arguments);
  }

  /** Tool parts among others, in their order. */
  static List<UiToolPart> among(List<Object> parts) {
    return parts.stream().filter(UiToolPart.class::isInstance).map(UiToolPart.class::cast).toList();
  }
}
