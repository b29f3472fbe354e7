package dev.lastword.hooks;

/**
 * Texts as PostgreSQL takes them. It has no U+0000 in its texts, and in {@code jsonb} neither that
 * nor half a surrogate pair; an answer that was read by its readers is not to be refused for one
 * character, so U+FFFD stands in its place, as it does where HTML meets a U+0000.
 */
final class PostgresText {
  private static final char REPLACEMENT = '\ufffd';
  private static final String REPLACEMENT_ESCAPE = "\\ufffd";

  /** Of {@code \} and {@code u} and four hexadecimal digits. */
  private static final int ESCAPE_CHARS = 6;

  private PostgresText() {}

  /**
   * A text. Half a surrogate pair in it is no matter: the driver encodes it as another character.
   */
  static String of(String text) {
    return text.replace('\0', REPLACEMENT);
  }

  /** A JSON text (RFC 8259), in whose strings such characters are escapes. */
  static String ofJson(String json) {
    if (!json.contains("\\u")) {
      return json;
    }
    var text = new StringBuilder(json.length());
    int at = 0;
    for (int i = json.indexOf('\\'); i >= 0; i = json.indexOf('\\', i)) {
      int length = escapeLength(json, i);
      if (length == 0) {
        text.append(json, at, i).append(REPLACEMENT_ESCAPE);
        at = i + ESCAPE_CHARS;
        i = at;
      } else {
        i += length;
      }
    }
    return text.append(json, at, json.length()).toString();
  }

  /** Characters of the escape at this place, of both where two are a pair; 0 if it cannot stay. */
  private static int escapeLength(String json, int at) {
    int unit = unit(json, at);
    if (unit < 0) {
      return 2;
    }
    if (Character.isHighSurrogate((char) unit)) {
      int next = unit(json, at + ESCAPE_CHARS);
      return next >= 0 && Character.isLowSurrogate((char) next) ? 2 * ESCAPE_CHARS : 0;
    }
    return unit == 0 || Character.isLowSurrogate((char) unit) ? 0 : ESCAPE_CHARS;
  }

  /** The UTF-16 code unit that is escaped at this place; -1 where none is. */
  private static int unit(String json, int at) {
    if (!json.startsWith("\\u", at) || at + ESCAPE_CHARS > json.length()) {
      return -1;
    }
    int unit = 0;
    for (int i = at + 2; i < at + ESCAPE_CHARS; i++) {
      int digit = Character.digit(json.charAt(i), 16);
      if (digit < 0) {
        return -1;
      }
      unit = unit << 4 | digit;
    }
    return unit;
  }
}
