package dev.lastword.dialect;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/**
 * The content of one message as it grows: text, and between pieces of it what is no text, such as
 * the thoughts of Mistral's models. It stays a string for as long as there is only text.
 */
final class MessageContent {
  /** Parts that are no text and are kept. */
  private static final int OTHERS_MAX = 1_024;

  private final StringBuilder text = new StringBuilder();
  private final List<Other> others = new ArrayList<>();
  private boolean begun;

  /**
   * What is no text, and the place in the text before which it stands.
   *
   * @param thinking grows, if it is a thought
   */
  private record Other(int at, StringBuilder thinking, Object part) {}

  /** The text, to append to. */
  StringBuilder growing() {
    begun = true;
    return text;
  }

  /** The text so far. */
  CharSequence text() {
    return text;
  }

  /** Whether anything was said of the content, be it an empty text. */
  boolean isThere() {
    return begun;
  }

  /** Whether there is no more than an empty text. */
  boolean isEmpty() {
    return text.isEmpty() && others.isEmpty();
  }

  /** Joins a delta's array of parts. */
  void joinParts(String array) {
    begun = true;
    JsonTree.read(array).map(JsonTree::elements).stream()
        .flatMap(List::stream)
        .forEach(this::joinPart);
  }

  private void joinPart(Object part) {
    if (part instanceof CharSequence bare) {
      text.append(bare);
      return;
    }
    var members = JsonTree.members(part);
    switch (JsonTree.text(members, "type")) {
      case "text", "input_text", "output_text", "" -> text.append(JsonTree.text(members, "text"));
      case "thinking" -> think(members);
      default -> add(new Other(text.length(), new StringBuilder(), part));
    }
  }

  private void think(Map<String, Object> members) {
    var more = new StringBuilder();
    for (var piece : JsonTree.elements(members.getOrDefault("thinking", List.of()))) {
      more.append(JsonTree.text(JsonTree.members(piece), "text"));
    }
    more.append(JsonTree.text(members, "thinking"));
    var last = others.isEmpty() ? null : others.getLast();
    if (last != null && last.part().equals("") && last.at() == text.length()) {
      last.thinking().append(more);
    } else {
      add(new Other(text.length(), more, ""));
    }
  }

  private void add(Other other) {
    if (others.size() < OTHERS_MAX) {
      others.add(other);
    }
  }

  /** Writes it: text as a string, and a mixture as the array of its parts. */
  void write(JsonGenerator out) {
    if (others.isEmpty()) {
      out.writeString(Json.wellFormed(text));
      return;
    }
    out.writeStartArray();
    int from = 0;
    for (var other : others) {
      writeText(out, from, other.at());
      from = other.at();
      if (other.part().equals("")) {
        writeThought(out, other.thinking());
      } else {
        JsonTree.write(out, other.part());
      }
    }
    writeText(out, from, text.length());
    out.writeEndArray();
  }

  private static void writeThought(JsonGenerator out, CharSequence thinking) {
    out.writeStartObject();
    out.writeStringProperty("type", "thinking");
    out.writeName("thinking");
    out.writeStartArray();
    out.writeStartObject();
    out.writeStringProperty("type", "text");
    out.writeStringProperty("text", Json.wellFormed(thinking));
    out.writeEndObject();
    out.writeEndArray();
    out.writeEndObject();
  }

  private void writeText(JsonGenerator out, int from, int to) {
    if (from < to) {
      out.writeStartObject();
      out.writeStringProperty("type", "text");
      out.writeStringProperty("text", Json.wellFormed(text.substring(from, to)));
      out.writeEndObject();
    }
  }
}
