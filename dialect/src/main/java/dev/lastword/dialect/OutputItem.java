package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.ToolCall;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.core.JsonGenerator;

/**
 * One item of a response's output: a message, a call, reasoning. An event that brings the item, a
 * part or a text whole replaces what its deltas had grown to.
 */
final class OutputItem {
  private static final int PARTS_MAX = 1_024;

  /** The array that an item of a type has even if it is empty. */
  private static final Map<String, String> ALWAYS_THERE =
      Map.of("message", "content", "reasoning", "summary");

  private final Map<String, Piece> members = new LinkedHashMap<>();
  private final TreeMap<Integer, Part> content = new TreeMap<>();
  private final TreeMap<Integer, Part> summary = new TreeMap<>();
  private final StringBuilder arguments = new StringBuilder();

  /** A part of the content: its members, and its text as it grows. */
  private static final class Part {
    final Map<String, Piece> members = new LinkedHashMap<>();
    final StringBuilder text = new StringBuilder();

    String type() {
      return members.get("type") instanceof Piece.Text(String type) ? type : "";
    }

    String textName() {
      return type().equals("refusal") ? "refusal" : "text";
    }

    void replace(Piece.Members part) {
      members.clear();
      members.putAll(part.byName());
      text.setLength(0);
      text.append(part.text(textName()));
    }

    void write(JsonGenerator out) {
      out.writeStartObject();
      members.forEach(
          (name, piece) -> {
            if (!name.equals(textName())) {
              out.writeName(Json.wellFormed(name));
              Joined.write(out, piece);
            }
          });
      out.writeStringProperty(textName(), Json.wellFormed(text));
      out.writeEndObject();
    }
  }

  OutputItem() {}

  /** An item as a response brings it. */
  OutputItem(Piece.Members item) {
    replace(item);
  }

  /** Joins an event about this item. */
  void join(String type, Piece.Members event) {
    if (event.get("item") instanceof Piece.Members item) {
      replace(item);
      return;
    }
    switch (type) {
      case "response.content_part.added", "response.content_part.done" ->
          part(content, event, "content_index", "output_text").replace(event.members("part"));
      case "response.reasoning_summary_part.added", "response.reasoning_summary_part.done" ->
          part(summary, event, "summary_index", "summary_text").replace(event.members("part"));
      case "response.output_text.delta" -> appendTo(content, event, "output_text");
      case "response.refusal.delta" -> appendTo(content, event, "refusal");
      case "response.reasoning_text.delta" -> appendTo(content, event, "reasoning_text");
      case "response.reasoning_summary_text.delta" ->
          part(summary, event, "summary_index", "summary_text").text.append(event.text("delta"));
      case "response.function_call_arguments.delta",
          "response.mcp_call_arguments.delta",
          "response.custom_tool_call_input.delta" ->
          arguments.append(event.text("delta"));
      default -> {} // said whole later, or nothing to keep
    }
  }

  private static void appendTo(Map<Integer, Part> parts, Piece.Members event, String type) {
    part(parts, event, "content_index", type).text.append(event.text("delta"));
  }

  private static Part part(
      Map<Integer, Part> parts, Piece.Members event, String indexName, String type) {
    int index = Math.min(event.index(indexName).orElse(0), PARTS_MAX);
    return parts.computeIfAbsent(
        index,
        i -> {
          var part = new Part();
          part.members.put("type", new Piece.Text(type));
          return part;
        });
  }

  private void replace(Piece.Members item) {
    item.byName().forEach(this::replace);
  }

  private void replace(String name, Piece piece) {
    switch (name) {
      case "content" -> replaceParts(content, piece);
      case "summary" -> replaceParts(summary, piece);
      case "arguments", "input" -> {
        if (piece instanceof Piece.Text(String text)) {
          arguments.setLength(0);
          arguments.append(text);
        }
        members.put(name, piece);
      }
      default -> members.put(name, piece);
    }
  }

  private static void replaceParts(Map<Integer, Part> parts, Piece piece) {
    if (piece instanceof Piece.Elements(var list)) {
      parts.clear();
      for (var element : list) {
        if (element instanceof Piece.Members members) {
          var part = new Part();
          part.replace(members);
          parts.put(parts.size(), part);
        }
      }
    }
  }

  private String text(String name) {
    return members.get(name) instanceof Piece.Text(String text) ? Json.wellFormed(text) : "";
  }

  /** Adds what the item says to a person. */
  void appendContent(StringBuilder text, StringBuilder refusal) {
    for (var part : content.values()) {
      switch (part.type()) {
        case "output_text", "text" -> text.append(part.text);
        case "refusal" -> refusal.append(part.text);
        default -> {} // reasoning
      }
    }
  }

  /** The call, if the item is one that the application answers. */
  Optional<ToolCall> toolCall() {
    return switch (text("type")) {
      case "function_call", "custom_tool_call" ->
          Optional.of(new ToolCall(text("call_id"), text("name"), Json.wellFormed(arguments)));
      default -> Optional.empty();
    };
  }

  /** Writes the item as a response holds it. */
  void write(JsonGenerator out) {
    out.writeStartObject();
    members.forEach(
        (name, piece) -> {
          out.writeName(Json.wellFormed(name));
          boolean grown = name.equals(argumentsName()) && piece instanceof Piece.Text;
          Joined.write(out, grown ? new Piece.Text(arguments.toString()) : piece);
        });
    if (!arguments.isEmpty() && !members.containsKey(argumentsName())) {
      out.writeStringProperty(argumentsName(), Json.wellFormed(arguments));
    }
    writeParts(out, "content", content);
    writeParts(out, "summary", summary);
    out.writeEndObject();
  }

  private String argumentsName() {
    return text("type").equals("custom_tool_call") ? "input" : "arguments";
  }

  private void writeParts(JsonGenerator out, String name, Map<Integer, Part> parts) {
    if (!parts.isEmpty() || name.equals(ALWAYS_THERE.get(text("type")))) {
      out.writeName(name);
      out.writeStartArray();
      parts.values().forEach(part -> part.write(out));
      out.writeEndArray();
    }
  }
}
