package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  private final List<UiPart> parts = new ArrayList<>();

  /** The latest part of a key: text ids are used again in every step. */
  private final Map<String, UiPart> latest = new HashMap<>();

  private final Map<String, Piece> metadata = new LinkedHashMap<>();
  private String id = "";
  private @Nullable String finishReason;

  @Override
  public void accept(SseEvent event) {
    Piece.read(
            event.data(),
            (name, level, array) -> level == 1 && !array && name.equals("messageMetadata"))
        .ifPresent(this::join);
  }

  private void join(Piece.Members chunk) {
    metadata.putAll(chunk.members("messageMetadata").byName());
    var type = chunk.text("type");
    switch (type) {
      case "start" -> id = chunk.text("messageId").isEmpty() ? id : chunk.text("messageId");
      case "start-step" -> add("", new UiPart("step-start"));
      case "finish" -> {
        var reason = chunk.text("finishReason");
        finishReason = reason.isEmpty() ? null : Json.wellFormed(reason);
      }
      case "text-start", "reasoning-start" -> start(type, chunk);
      case "text-delta", "reasoning-delta", "text-end", "reasoning-end" -> {
        var part = latest.get(textKey(type, chunk));
        if (part != null) {
          part.joinText(type, chunk);
        }
      }
      case "source-url", "source-document", "file" -> add("", UiPart.whole(type, chunk));
      default -> joinOther(type, chunk);
    }
  }

  private void joinOther(String type, Piece.Members chunk) {
    if (type.startsWith("tool-")) {
      var key = "tool#" + chunk.text("toolCallId");
      var part = latest.get(key);
      if (part == null) {
        part = new UiPart("tool-" + chunk.text("toolName"));
        add(key, part);
      }
      part.joinTool(type, chunk);
    } else if (type.startsWith("data-") && !chunk.says("transient")) {
      var id = chunk.text("id");
      var same = id.isEmpty() ? null : latest.get(type + "#" + id);
      if (same == null) {
        add(id.isEmpty() ? "" : type + "#" + id, UiPart.whole(type, chunk));
      } else {
        same.replace(chunk);
      }
    }
  }

  private void start(String type, Piece.Members chunk) {
    var part = new UiPart(type.substring(0, type.indexOf('-')));
    part.joinText(type, chunk);
    add(textKey(type, chunk), part);
  }

  private static String textKey(String type, Piece.Members chunk) {
    return type.substring(0, type.indexOf('-')) + "#" + chunk.text("id");
  }

  private void add(String key, UiPart part) {
    if (parts.size() < PARTS_MAX) {
      parts.add(part);
      if (!key.isEmpty()) {
        latest.put(key, part);
      }
    }
  }

  @Override
  public AssembledResponse assemble() {
    var text = parts.stream().map(UiPart::text).collect(Collectors.joining());
    var tools = parts.stream().flatMap(part -> part.toolCall().stream()).toList();
    var choice = new Choice(0, Json.wellFormed(text), null, tools, finishReason);
    return new AssembledResponse(choice.text(), List.of(choice), null, Json.write(this::write));
  }

  private void write(JsonGenerator out) {
    out.writeStartObject();
    out.writeStringProperty("id", Json.wellFormed(id));
    out.writeStringProperty("role", "assistant");
    if (!metadata.isEmpty()) {
      out.writeName("metadata");
      Joined.write(out, new Piece.Members(metadata));
    }
    out.writeName("parts");
    out.writeStartArray();
    parts.forEach(part -> part.write(out));
    out.writeEndArray();
    out.writeEndObject();
  }
}
