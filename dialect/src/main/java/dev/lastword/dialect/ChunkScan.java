package dev.lastword.dialect;

import java.nio.charset.StandardCharsets;

/**
 * Tells by one look over the bytes that a chunk says nothing of the end, which is true of almost
 * every chunk and costs less than half of a parse.
 *
 * <p>It may say "perhaps" of anything, and then the chunk is parsed; it says "no" only where a
 * parse would find no error, no finish reason and no choice that was not known before. That holds
 * because each of these needs a member of that name, and a name stands in the JSON either as it is,
 * behind an unescaped quote, or with one of its ASCII letters written as a {@code \}{@code u00XX}
 * escape, which is taken for a "perhaps" wherever it stands. Quotes inside strings are escaped, so
 * text that quotes a chunk looks different.
 */
final class ChunkScan {
  private static final byte[] FINISH_REASON = ascii("finish_reason\"");
  private static final byte[] ERROR = ascii("error\"");
  private static final byte[] INDEX = ascii("index\"");
  private static final byte[] NULL = ascii("null");
  private static final byte[] EMPTY = ascii("\"\"");

  private ChunkScan() {}

  /**
   * Whether a chunk may say anything of the end.
   *
   * @param start where its first byte that is not white space stands
   * @param known every choice below this number is known
   */
  static boolean maySay(byte[] data, int start, int known) {
    if (start == data.length || data[start] != '{') {
      return false;
    }
    for (int i = start + 1; i < data.length; i++) {
      byte b = data[i];
      if (b == '"') {
        if (nameSays(data, i + 1, known)) {
          return true;
        }
      } else if (b == '\\') {
        if (escapesLetter(data, i + 1)) {
          return true;
        }
        i++; // what is escaped opens and closes nothing
      }
    }
    return false;
  }

  private static boolean nameSays(byte[] data, int at, int known) {
    if (at == data.length) {
      return false;
    }
    return switch (data[at]) {
      case 'f' -> startsWith(data, at, FINISH_REASON) && valueSays(data, at + FINISH_REASON.length);
      case 'e' -> startsWith(data, at, ERROR) && valueSays(data, at + ERROR.length);
      case 'i' -> startsWith(data, at, INDEX) && indexIsNew(data, at + INDEX.length, known);
      default -> false;
    };
  }

  private static boolean valueSays(byte[] data, int afterName) {
    int colon = skipSpace(data, afterName);
    if (colon == data.length || data[colon] != ':') {
      return false; // a string value that reads like the name
    }
    int value = skipSpace(data, colon + 1);
    return !startsWith(data, value, NULL) && !startsWith(data, value, EMPTY);
  }

  private static boolean indexIsNew(byte[] data, int afterName, int known) {
    int colon = skipSpace(data, afterName);
    if (colon == data.length || data[colon] != ':') {
      return false;
    }
    int at = skipSpace(data, colon + 1);
    int end = at;
    int index = 0;
    while (end < data.length && data[end] >= '0' && data[end] <= '9' && end - at < 9) {
      index = index * 10 + data[end++] - '0';
    }
    return end == at || index >= known;
  }

  /** Whether {@code uXXXX} at a place stands for a character from {@code @} to DEL. */
  static boolean escapesLetter(byte[] data, int at) {
    return at + 3 < data.length
        && data[at] == 'u'
        && data[at + 1] == '0'
        && data[at + 2] == '0'
        && data[at + 3] >= '4'
        && data[at + 3] <= '7';
  }

  /** The first place from {@code at} on that holds no JSON white space, or the end. */
  static int skipSpace(byte[] data, int at) {
    int i = at;
    while (i < data.length
        && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r')) {
      i++;
    }
    return i;
  }

  /** Whether bytes stand at a place. */
  static boolean startsWith(byte[] data, int at, byte[] what) {
    if (data.length - at < what.length) {
      return false;
    }
    for (int i = 0; i < what.length; i++) {
      if (data[at + i] != what[i]) {
        return false;
      }
    }
    return true;
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
