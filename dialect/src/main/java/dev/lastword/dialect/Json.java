package dev.lastword.dialect;

import java.io.StringWriter;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;

/** How this room reads and writes JSON: bounded, and as forgiving as the clients it stands for. */
final class Json {
  /** Deepest nesting that is read; what is deeper is not of any dialect. */
  static final int DEPTH_MAX = 1_000;

  /** A response is written around what was read: so much deeper than its events. */
  private static final int DEPTH_AROUND = 16;

  /**
   * Python's {@code json.loads} takes NaN and Infinity, and Python servers send them, so a chunk
   * that holds them is still a chunk. Names are not canonicalized: the table that would keep them
   * lives as long as the process and is filled by whoever writes the JSON.
   */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH_MAX)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .streamWriteConstraints(
              StreamWriteConstraints.builder().maxNestingDepth(DEPTH_MAX + DEPTH_AROUND).build())
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .disable(JsonFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
          .build();

  private Json() {}

  /** A parser before the first token. */
  static JsonParser parser(String text) {
    return FACTORY.createParser(ObjectReadContext.empty(), text);
  }

  /** Writes one JSON text. */
  static String write(Writing writing) {
    var out = new StringWriter();
    try (var generator = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      writing.to(generator);
    }
    return out.toString();
  }

  /**
   * Whether the parser's current value says anything, as clients test it: null, false, 0, {@code
   * ""} do not, and neither does {@code "null"}, which some servers write for null.
   */
  static boolean says(JsonParser parser) {
    return switch (parser.currentToken()) {
      case VALUE_NULL, VALUE_FALSE -> false;
      case VALUE_STRING -> says(parser.getString());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue() != 0;
      default -> true;
    };
  }

  /** {@link #says(JsonParser)} of a string. */
  static boolean says(String text) {
    return !text.isEmpty() && !text.equals("null");
  }

  /**
   * The parser's current value as an index: a whole number from 0 to 999,999,999.
   *
   * @return 0 for anything that is not a whole number, -1 for one out of range
   */
  static int index(JsonParser parser) {
    if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
      return 0;
    }
    var digits = parser.getString();
    return digits.length() > 9 || digits.startsWith("-") ? -1 : Integer.parseInt(digits);
  }

  /** Whether a text is one JSON text, and nothing of it is missing. */
  static boolean isWhole(CharSequence text) {
    try (var parser = parser(text.toString())) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (JacksonException e) {
      return false; // cut off, or none
    }
  }

  /** Whether a text is one JSON text as everybody reads it, without NaN and its kin. */
  static boolean isStandard(CharSequence text) {
    try (var parser = parser(text.toString())) {
      int values = 0;
      int depth = 0;
      for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.VALUE_NUMBER_FLOAT && parser.isNaN()) {
          return false;
        }
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        values += depth == 0 ? 1 : 0;
      }
      return values == 1;
    } catch (JacksonException e) {
      return false; // cut off, or none
    }
  }

  /** The parser's current value if it is a string. */
  static @Nullable String stringOrNull(JsonParser parser) {
    return parser.currentToken() == JsonToken.VALUE_STRING ? wellFormed(parser.getString()) : null;
  }

  /** Text without lone surrogates, which no encoding of it could hold: they become U+FFFD. */
  static String wellFormed(CharSequence text) {
    var whole = text.toString();
    if (!hasSurrogate(whole)) {
      return whole;
    }
    var out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      int codePoint = Character.codePointAt(text, i);
      if (Character.isSupplementaryCodePoint(codePoint)) {
        i++;
      }
      boolean lone = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
      out.appendCodePoint(lone ? 0xFFFD : codePoint);
    }
    return out.toString();
  }

  private static boolean hasSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return true;
      }
    }
    return false;
  }

  /** Something that writes itself. */
  @FunctionalInterface
  interface Writing {
    /** Writes one value. */
    void to(JsonGenerator out) throws JacksonException;
  }
}
