package dev.lastword.dialect;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;

/**
 * JSON as a tree that changes: maps of members, lists of elements, text as any {@code
 * CharSequence}, and everything else as a {@link Literal}. For the few things that events change
 * inside; what only grows is {@link Joined}.
 */
final class JsonTree {
  /**
   * A number, true, false or null, as it was written; in a {@link #surface}, what is nested too.
   */
  record Literal(String json) {
    static final Literal NULL = new Literal("null");
  }

  private static final int VALUE_SIZE = 16;

  private JsonTree() {}

  /** Reads one value; empty if the text is not one, or nested deeper than is read. */
  static Optional<Object> read(String text) {
    try (var parser = Json.parser(text)) {
      if (parser.nextToken() == null) {
        return Optional.empty();
      }
      var value = value(parser);
      return parser.nextToken() == null ? Optional.of(value) : Optional.empty();
    } catch (JacksonException e) {
      return Optional.empty(); // not JSON
    }
  }

  /** Reads one object; empty if the text is none. */
  static Optional<Map<String, Object>> object(String text) {
    return read(text).filter(Map.class::isInstance).map(JsonTree::members);
  }

  /**
   * Reads the members of one object, and leaves what is nested in them as the text that it is,
   * which takes its length and not many times that; empty if the text is none.
   */
  static Optional<Map<String, Object>> surface(String text) {
    if (text.contains("NaN") || text.contains("Infinity")) {
      return object(text); // they become null, and what stands around them stays
    }
    return Piece.read(text, Piece.Opening.SURFACE)
        .map(
            pieces -> {
              var members = new LinkedHashMap<String, Object>();
              pieces.byName().forEach((name, piece) -> members.put(name, unopened(piece)));
              return members;
            });
  }

  private static Object unopened(Piece piece) {
    return switch (piece) {
      case Piece.Text(String text) -> text;
      case Piece.Raw(String json) -> new Literal(json);
      case Piece.Members members -> throw new IllegalStateException("opened: " + members);
      case Piece.Elements elements -> throw new IllegalStateException("opened: " + elements);
    };
  }

  /** What a surface has left as text, as a tree; anything else as it is. */
  static Object opened(Object value) {
    return value instanceof Literal(String json) && (json.startsWith("{") || json.startsWith("["))
        ? read(json).orElse(value)
        : value;
  }

  /** Whether a value is an object, opened or not. */
  static boolean isObject(@Nullable Object value) {
    return value instanceof Map<?, ?>
        || (value instanceof Literal(String json) && json.startsWith("{"));
  }

  /** A value's members, none if it is no object. They change with it. */
  @SuppressWarnings("unchecked") // the only maps in a tree
  static Map<String, Object> members(@Nullable Object value) {
    return value instanceof Map<?, ?> map ? (Map<String, Object>) map : new LinkedHashMap<>();
  }

  /** A value's elements, none if it is no array. They change with it. */
  @SuppressWarnings("unchecked") // the only lists in a tree
  static List<Object> elements(@Nullable Object value) {
    return value instanceof List<?> list ? (List<Object>) list : new ArrayList<>();
  }

  /** A member's text, {@code ""} if it is none. */
  static String text(Map<String, Object> members, String name) {
    return members.get(name) instanceof CharSequence text ? text.toString() : "";
  }

  private static Object value(JsonParser parser) {
    return switch (parser.currentToken()) {
      case VALUE_STRING -> parser.getString();
      case START_OBJECT -> {
        var members = new LinkedHashMap<String, Object>();
        for (var name = parser.nextName(); name != null; name = parser.nextName()) {
          parser.nextToken();
          members.put(name, value(parser));
        }
        yield members;
      }
      case START_ARRAY -> {
        var elements = new ArrayList<Object>();
        while (!parser.nextToken().isStructEnd()) {
          elements.add(value(parser));
        }
        yield elements;
      }
      case VALUE_NUMBER_FLOAT -> parser.isNaN() ? Literal.NULL : new Literal(parser.getString());
      default -> new Literal(parser.getString());
    };
  }

  /** A value that shares nothing with this one. */
  static Object copy(Object value) {
    return switch (value) {
      case Map<?, ?> map -> {
        var copy = new LinkedHashMap<String, Object>();
        members(map).forEach((name, member) -> copy.put(name, copy(member)));
        yield copy;
      }
      case List<?> list -> {
        var copy = new ArrayList<Object>(list.size());
        elements(list).forEach(element -> copy.add(copy(element)));
        yield copy;
      }
      case CharSequence text -> text.toString();
      default -> value;
    };
  }

  /** How many objects and arrays stand in each other here: none in text, a number or null. */
  static int depth(Object value) {
    int inside = 0;
    switch (value) {
      case Map<?, ?> map -> {
        for (var member : members(map).values()) {
          inside = Math.max(inside, depth(member));
        }
      }
      case List<?> list -> {
        for (var element : elements(list)) {
          inside = Math.max(inside, depth(element));
        }
      }
      default -> {
        return 0;
      }
    }
    return inside + 1;
  }

  /** What a value takes, roughly: its text and names, and so much for each value in it. */
  static long size(Object value) {
    long size = VALUE_SIZE;
    switch (value) {
      case Map<?, ?> map -> {
        for (var member : members(map).entrySet()) {
          size += member.getKey().length() + size(member.getValue());
        }
      }
      case List<?> list -> {
        for (var element : elements(list)) {
          size += size(element);
        }
      }
      case CharSequence text -> size += text.length();
      default -> {}
    }
    return size;
  }

  static void write(JsonGenerator out, Object value) {
    switch (value) {
      case Map<?, ?> map -> {
        out.writeStartObject();
        members(map)
            .forEach(
                (name, member) -> {
                  out.writeName(Json.wellFormed(name));
                  write(out, member);
                });
        out.writeEndObject();
      }
      case List<?> list -> {
        out.writeStartArray();
        elements(list).forEach(element -> write(out, element));
        out.writeEndArray();
      }
      case CharSequence text -> out.writeString(Json.wellFormed(text));
      case Literal(String json) -> out.writeRawValue(json);
      default -> throw new IllegalStateException("in a tree: " + value.getClass());
    }
  }
}
