package dev.lastword.dialect;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** A message's content: a string, or an array of parts of which those that hold text are read. */
final class ContentParts {
  private ContentParts() {}

  /**
   * Text of the content at hand, its parts on a line each; null if it has none. Reads the whole
   * value.
   */
  static @Nullable String text(JsonParser parser) {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      var text = Json.stringOrNull(parser);
      parser.skipChildren();
      return text;
    }
    var parts = texts(parser);
    return parts.isEmpty() ? null : String.join("\n", parts);
  }

  private static List<String> texts(JsonParser parser) {
    var parts = new ArrayList<String>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      var part =
          parser.currentToken() == JsonToken.START_OBJECT
              ? partText(parser)
              : Json.stringOrNull(parser);
      if (part != null) {
        parts.add(part);
      }
      parser.skipChildren();
    }
    return parts;
  }

  private static @Nullable String partText(JsonParser parser) {
    boolean isText = true; // Gemini's parts have no type
    String text = null;
    for (var name = parser.nextName(); name != null; name = parser.nextName()) {
      parser.nextToken();
      switch (name) {
        case "type" -> isText = isText(Json.stringOrNull(parser));
        case "text" -> text = Json.stringOrNull(parser);
        default -> {}
      }
      parser.skipChildren();
    }
    return isText ? text : null;
  }

  private static boolean isText(@Nullable String type) {
    return "text".equals(type) || "input_text".equals(type);
  }
}
