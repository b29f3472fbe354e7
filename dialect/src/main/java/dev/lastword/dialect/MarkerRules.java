package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Tells whether an event is a marker. */
final class MarkerRules {
  private final List<Rule> rules;

  MarkerRules(List<Marker> markers) {
    rules = markers.stream().map(MarkerRules::rule).toList();
  }

  @FunctionalInterface
  private interface Rule {
    boolean matches(SseEvent event);
  }

  boolean match(SseEvent event) {
    for (var rule : rules) {
      if (rule.matches(event)) {
        return true;
      }
    }
    return false;
  }

  private static Rule rule(Marker marker) {
    return switch (marker) {
      case Marker.Type(String type) -> event -> event.type().equals(type);
      case Marker.Data(String data) -> {
        var literal = data.strip();
        yield event ->
            event.dataBytes().length >= literal.length() && event.data().strip().equals(literal);
      }
      case Marker.Value value -> {
        var path = value.path();
        yield event -> isJson(event.dataBytes()) && holds(event.data(), path, value.value());
      }
    };
  }

  /** Whether data may be JSON with something inside: nothing else has a place to point to. */
  private static boolean isJson(byte[] data) {
    int start = ChunkScan.skipSpace(data, 0);
    return start < data.length && (data[start] == '{' || data[start] == '[');
  }

  private static boolean holds(String json, List<String> path, String value) {
    try (var parser = Json.parser(json)) {
      parser.nextToken();
      return holds(parser, path, value) && parser.nextToken() == null;
    } catch (JacksonException e) {
      return false; // not JSON, so no value either
    }
  }

  /** Whether the value at hand has a value at a path. Reads the whole of it. */
  private static boolean holds(JsonParser parser, List<String> path, String value) {
    if (path.isEmpty()) {
      boolean same = parser.currentToken().isScalarValue() && parser.getString().equals(value);
      parser.skipChildren();
      return same;
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> memberHolds(parser, path, value);
      case START_ARRAY -> elementHolds(parser, path, value);
      default -> false;
    };
  }

  private static boolean memberHolds(JsonParser parser, List<String> path, String value) {
    boolean holds = false;
    for (var name = parser.nextName(); name != null; name = parser.nextName()) {
      parser.nextToken();
      if (name.equals(path.getFirst())) {
        holds = holds(parser, path.subList(1, path.size()), value); // the last of its name counts
      } else {
        parser.skipChildren();
      }
    }
    return holds;
  }

  private static boolean elementHolds(JsonParser parser, List<String> path, String value) {
    boolean holds = false;
    for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
      if (path.getFirst().equals(Integer.toString(i))) {
        holds = holds(parser, path.subList(1, path.size()), value);
      } else {
        parser.skipChildren();
      }
    }
    return holds;
  }
}
