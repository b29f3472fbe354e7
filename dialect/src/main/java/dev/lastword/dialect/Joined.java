package dev.lastword.dialect;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JsonGenerator;

/**
 * An object that grows delta by delta.
 *
 * <p>Strings that hold text are fragments and are joined; other strings, numbers and booleans are
 * the last that said anything; arrays are joined element by element; objects are joined member by
 * member. Null changes nothing.
 */
final class Joined {
  /** Different members that are kept; more are passed over. */
  private static final int SIZE_MAX = 1_024;

  private static final Set<String> FRAGMENTS =
      Set.of(
          "content",
          "refusal",
          "reasoning",
          "reasoning_content",
          "thinking",
          "text",
          "arguments",
          "input",
          "data",
          "transcript");

  private final Map<String, Value> byName = new LinkedHashMap<>();

  /** What a member has grown to. */
  private sealed interface Value {
    record Fragments(StringBuilder text) implements Value {}

    record Elements(StringBuilder json) implements Value {}

    record Members(Joined members) implements Value {}

    record Last(Piece piece) implements Value {}
  }

  /** Joins every member of a delta. */
  void join(Piece.Members delta) {
    delta.byName().forEach(this::join);
  }

  /** Joins one member. */
  void join(String name, Piece piece) {
    if (!room(name)) {
      return;
    }
    switch (piece) {
      case Piece.Text(String text) when FRAGMENTS.contains(name) -> fragments(name).append(text);
      case Piece.Members members -> members(name).join(members);
      case Piece.Raw(String json) when json.startsWith("[") -> joinElements(elements(name), json);
      default -> replace(name, piece);
    }
  }

  /** Replaces a member by a later word. Null and {@code ""} are none. */
  void replace(String name, Piece piece) {
    if (room(name) && says(piece)) {
      byName.put(name, new Value.Last(piece));
    }
  }

  /** Sets a member to a later word, whatever it is. */
  void set(String name, Piece piece) {
    if (room(name)) {
      byName.put(name, new Value.Last(piece));
    }
  }

  /** A member that was set or replaced; null of JSON if it is not there. */
  Piece last(String name) {
    return byName.get(name) instanceof Value.Last(Piece piece) ? piece : Piece.Raw.NULL;
  }

  /** Sets a member unless it has been set. Null, 0 and {@code ""} are placeholders. */
  void begin(String name, Piece piece) {
    if (!byName.containsKey(name) && !piece.equals(new Piece.Raw("0"))) {
      replace(name, piece);
    }
  }

  /** The fragments of a member that holds text, to append to. */
  StringBuilder fragments(String name) {
    if (byName.get(name) instanceof Value.Fragments(StringBuilder text)) {
      return text;
    }
    var text = new StringBuilder();
    byName.put(name, new Value.Fragments(text));
    return text;
  }

  private StringBuilder elements(String name) {
    if (byName.get(name) instanceof Value.Elements(StringBuilder json)) {
      return json;
    }
    var json = new StringBuilder();
    byName.put(name, new Value.Elements(json));
    return json;
  }

  private Joined members(String name) {
    if (byName.get(name) instanceof Value.Members(Joined members)) {
      return members;
    }
    var members = new Joined();
    byName.put(name, new Value.Members(members));
    return members;
  }

  private static void joinElements(StringBuilder elements, String array) {
    var inside = array.substring(1, array.length() - 1).strip();
    if (!inside.isEmpty()) {
      elements.append(elements.isEmpty() ? "" : ",").append(inside);
    }
  }

  private boolean room(String name) {
    return byName.size() < SIZE_MAX || byName.containsKey(name);
  }

  private static boolean says(Piece piece) {
    return switch (piece) {
      case Piece.Text(String text) -> !text.isEmpty();
      case Piece.Raw raw -> !raw.equals(Piece.Raw.NULL);
      case Piece.Members members -> true;
      case Piece.Elements elements -> true;
    };
  }

  boolean has(String name) {
    return byName.containsKey(name);
  }

  boolean isEmpty() {
    return byName.isEmpty();
  }

  /** The text of a member, {@code ""} if it has none. */
  String text(String name) {
    return switch (byName.get(name)) {
      case Value.Fragments(StringBuilder text) -> Json.wellFormed(text);
      case Value.Last(Piece.Text(String text)) -> Json.wellFormed(text);
      case null, default -> "";
    };
  }

  /** Writes all members but some as members of the object at hand. */
  void writeMembers(JsonGenerator out, Set<String> without) {
    byName.forEach(
        (name, value) -> {
          if (!without.contains(name)) {
            out.writeName(Json.wellFormed(name));
            write(out, value);
          }
        });
  }

  /** Writes a member's value, or a number or text to stand for it. */
  void writeOr(JsonGenerator out, String name, Piece otherwise) {
    out.writeName(name);
    write(out, byName.getOrDefault(name, new Value.Last(otherwise)));
  }

  private static void write(JsonGenerator out, Value value) {
    switch (value) {
      case Value.Fragments(StringBuilder text) -> out.writeString(Json.wellFormed(text));
      case Value.Elements(StringBuilder json) -> out.writeRawValue("[" + json + "]");
      case Value.Members(Joined members) -> {
        out.writeStartObject();
        members.writeMembers(out, Set.of());
        out.writeEndObject();
      }
      case Value.Last(Piece piece) -> write(out, piece);
    }
  }

  /** Writes a piece as a value. */
  static void write(JsonGenerator out, Piece piece) {
    switch (piece) {
      case Piece.Text(String text) -> out.writeString(Json.wellFormed(text));
      case Piece.Raw(String json) -> out.writeRawValue(json);
      case Piece.Members(Map<String, Piece> byName) -> {
        out.writeStartObject();
        byName.forEach(
            (name, member) -> {
              out.writeName(Json.wellFormed(name));
              write(out, member);
            });
        out.writeEndObject();
      }
      case Piece.Elements(var list) -> {
        out.writeStartArray();
        list.forEach(element -> write(out, element));
        out.writeEndArray();
      }
    }
  }
}
