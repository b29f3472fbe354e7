package dev.lastword.checker.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON as endpoints send it, which may be none. */
public final class Json {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Json() {}

  /** The tree; empty for what is not JSON. */
  public static Optional<JsonNode> parse(String text) {
    try {
      var node = MAPPER.readTree(text);
      return node == null || node.isMissingNode() ? Optional.empty() : Optional.of(node);
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  /**
   * The text of a string, number or boolean.
   *
   * @param pointer RFC 6901
   */
  public static Optional<String> at(JsonNode node, String pointer) {
    var found = node.at(pointer);
    return found.isValueNode() && !found.isNull()
        ? Optional.of(found.asString())
        : Optional.empty();
  }

  /** Every string in it, at any depth, in their order. */
  public static List<String> strings(JsonNode node) {
    var found = new ArrayList<String>();
    collect(node, found);
    return found;
  }

  /**
   * Every string in what may be JSON, lines of JSON, or text with such lines; and in strings that
   * are JSON themselves, as a column of a database that holds messages is.
   */
  public static List<String> texts(String shown) {
    var whole = parse(shown);
    var found = new ArrayList<String>();
    if (whole.isPresent()) {
      collect(whole.get(), found);
    } else {
      shown
          .lines()
          .filter(Json::mayHaveStrings)
          .forEach(line -> parse(line).ifPresent(json -> collect(json, found)));
    }
    for (var each : List.copyOf(found)) {
      if (mayHaveStrings(each)) {
        parse(each).ifPresent(json -> collect(json, found));
      }
    }
    return found;
  }

  private static boolean mayHaveStrings(String text) {
    var start = text.stripLeading();
    return start.startsWith("{") || start.startsWith("[") || start.startsWith("\"");
  }

  private static void collect(JsonNode node, List<String> found) {
    if (node.isString()) {
      found.add(node.asString());
    }
    for (var child : node) {
      collect(child, found);
    }
  }

  /** A text as it stands between the quotes of a JSON string. */
  public static String escaped(String text) {
    var quoted = MAPPER.writeValueAsString(text);
    return quoted.substring(1, quoted.length() - 1);
  }
}
