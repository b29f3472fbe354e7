package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Joins the parts of a UI message stream to the {@code UIMessage} that the AI SDK's own reader
 * makes of them.
 */
final class UiStreamAssembler implements ResponseAssembler {
  /** Parts that are kept of one message. */
  private static final int PARTS_MAX = 10_000;

  /** The message's parts: {@link UiToolPart}s, and the members of all others. */
  private final List<Object> parts = new ArrayList<>();

  /** Texts and reasoning that grow, by kind and id: ids are used again in every step. */
  private final Map<String, Map<String, Object>> growing = new HashMap<>();

  private Object metadata = new LinkedHashMap<String, Object>();
  private int stepFrom;
  private String id = "";
  private @Nullable String finishReason;

  @Override
  public void accept(SseEvent event) {
    JsonTree.surface(event.data()).ifPresent(this::join);
  }

  private void join(Map<String, Object> chunk) {
    var type = JsonTree.text(chunk, "type");
    switch (type) {
      case "start" -> {
        var given = JsonTree.text(chunk, "messageId");
        id = given.isEmpty() ? id : given;
        joinMetadata(chunk);
      }
      case "message-metadata" -> joinMetadata(chunk);
      case "finish" -> {
        var reason = JsonTree.text(chunk, "finishReason");
        finishReason = reason.isEmpty() ? finishReason : Json.wellFormed(reason);
        joinMetadata(chunk);
      }
      case "start-step" -> {
        add(new LinkedHashMap<String, Object>(Map.of("type", "step-start")));
        stepFrom = parts.size();
      }
      case "reset-step" -> {
        growing.clear();
        parts.subList(stepFrom, parts.size()).clear();
      }
      case "text-start", "reasoning-start" -> startText(kind(type), chunk);
      case "text-delta", "text-end", "reasoning-delta", "reasoning-end" -> joinText(type, chunk);
      case "file", "reasoning-file" -> addOf(type, chunk, "mediaType", "url", "providerMetadata");
      case "source-url" -> addOf(type, chunk, "sourceId", "url", "title", "providerMetadata");
      case "source-document" ->
          addOf(type, chunk, "sourceId", "mediaType", "title", "filename", "providerMetadata");
      case "custom" -> addOf(type, chunk, "kind", "providerMetadata");
      case "steering-message" -> addOf(type, chunk, "id", "parts");
      default -> joinOther(type, chunk);
    }
  }

  private void joinOther(String type, Map<String, Object> chunk) {
    if (type.startsWith("tool-")) {
      tool(type, chunk).ifPresent(part -> part.take(type, chunk));
    } else if (type.startsWith("data-")
        && !new JsonTree.Literal("true").equals(chunk.get("transient"))) {
      joinData(type, chunk);
    }
  }

  private static String kind(String type) {
    return type.substring(0, type.indexOf('-'));
  }

  private void startText(String kind, Map<String, Object> chunk) {
    var part = new LinkedHashMap<String, Object>();
    part.put("type", kind);
    if (kind.equals("reasoning")) {
      part.put("id", JsonTree.text(chunk, "id"));
    }
    part.put("text", "");
    part.put("state", "streaming");
    copy(chunk, part, "providerMetadata");
    add(part);
    growing.put(kind + "#" + JsonTree.text(chunk, "id"), part);
  }

  private void joinText(String type, Map<String, Object> chunk) {
    var key = kind(type) + "#" + JsonTree.text(chunk, "id");
    var part = growing.get(key);
    if (part == null) {
      return;
    }
    AgUiMessages.append(part, "text", JsonTree.text(chunk, "delta"));
    copy(chunk, part, "providerMetadata");
    if (type.endsWith("-end")) {
      part.put("state", "done");
      copy(chunk, part, "citations");
      growing.remove(key);
    }
  }

  /** The part of a call: in its own step the input's, and else the latest of its id. */
  private Optional<UiToolPart> tool(String type, Map<String, Object> chunk) {
    if (type.equals("tool-approval-response")) {
      var approval = JsonTree.text(chunk, "approvalId");
      return UiToolPart.among(parts).stream().filter(part -> part.awaits(approval)).findFirst();
    }
    var call = JsonTree.text(chunk, "toolCallId");
    var here = latest(call, stepFrom);
    if (here.isPresent()) {
      return here;
    }
    if (!type.startsWith("tool-input-")) {
      return latest(call, 0);
    }
    var part = UiToolPart.of(chunk);
    add(part);
    return Optional.of(part);
  }

  private Optional<UiToolPart> latest(String call, int from) {
    return UiToolPart.among(parts.subList(from, parts.size())).reversed().stream()
        .filter(part -> part.isOf(call))
        .findFirst();
  }

  private void joinData(String type, Map<String, Object> chunk) {
    var data = JsonTree.text(chunk, "id");
    for (var part : parts) {
      if (!data.isEmpty()
          && part instanceof Map<?, ?> map
          && type.equals(map.get("type"))
          && JsonTree.text(JsonTree.members(map), "id").equals(data)) {
        copy(chunk, JsonTree.members(map), "data");
        return;
      }
    }
    add(chunk);
  }

  private void addOf(String type, Map<String, Object> chunk, String... names) {
    var part = new LinkedHashMap<String, Object>();
    part.put("type", type);
    copy(chunk, part, names);
    add(part);
  }

  private static void copy(Map<String, Object> from, Map<String, Object> to, String... names) {
    for (var name : names) {
      var value = from.get(name);
      if (value != null) {
        to.put(name, value);
      }
    }
  }

  private void add(Object part) {
    if (parts.size() < PARTS_MAX) {
      parts.add(part);
    }
  }

  private void joinMetadata(Map<String, Object> chunk) {
    var more = chunk.get("messageMetadata");
    if (more != null && !more.equals(JsonTree.Literal.NULL)) {
      metadata = merged(metadata, JsonTree.opened(more));
    }
  }

  /** Objects are merged member by member; of anything else the later word counts. */
  private static Object merged(Object before, Object more) {
    if (!(before instanceof Map<?, ?> into) || !(more instanceof Map<?, ?> from)) {
      return more;
    }
    var members = JsonTree.members(into);
    JsonTree.members(from)
        .forEach((name, value) -> members.merge(name, value, UiStreamAssembler::merged));
    return members;
  }

  @Override
  public AssembledResponse assemble() {
    var text = parts.stream().map(UiStreamAssembler::text).collect(Collectors.joining());
    var tools = UiToolPart.among(parts).stream().map(UiToolPart::toolCall).toList();
    var choice = new Choice(0, Json.wellFormed(text), null, tools, finishReason);
    return new AssembledResponse(choice.text(), List.of(choice), null, Json.write(this::write));
  }

  private static String text(Object part) {
    return part instanceof Map<?, ?> map && "text".equals(map.get("type"))
        ? JsonTree.text(JsonTree.members(map), "text")
        : "";
  }

  private void write(JsonGenerator out) {
    out.writeStartObject();
    out.writeStringProperty("id", Json.wellFormed(id));
    out.writeStringProperty("role", "assistant");
    if (!metadata.equals(Map.of())) {
      out.writeName("metadata");
      JsonTree.write(out, metadata);
    }
    out.writeName("parts");
    out.writeStartArray();
    for (var part : parts) {
      JsonTree.write(out, part instanceof UiToolPart tool ? tool.written() : part);
    }
    out.writeEndArray();
    out.writeEndObject();
  }
}
