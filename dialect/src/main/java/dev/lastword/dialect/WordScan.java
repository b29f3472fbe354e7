package dev.lastword.dialect;

import java.util.List;

/**
 * Tells by one look over the bytes whether any of some words stands in a JSON text as a whole
 * string, be it a name or a value: nearly no event holds one, and the others need no parse.
 *
 * <p>It may find a word that means nothing, and never misses one: a string begins behind an
 * unescaped quote, and a word whose characters are escaped is taken for found wherever any escape
 * of a letter, of {@code _}, {@code -} or {@code .} stands. Text that quotes a word has its quotes
 * escaped.
 */
final class WordScan {
  private final byte[][] words;

  /**
   * @param words of ASCII letters, {@code _}, {@code -} and {@code .}
   */
  WordScan(List<String> words) {
    this.words = words.stream().map(word -> ChunkScan.ascii(word + '"')).toArray(byte[][]::new);
  }

  /** Whether a word may stand in the data; false if that is no JSON object. */
  boolean finds(byte[] data) {
    int start = ChunkScan.skipSpace(data, 0);
    if (start == data.length || data[start] != '{') {
      return false;
    }
    for (int i = start + 1; i < data.length; i++) {
      byte b = data[i];
      if (b == '"') {
        if (wordAt(data, i + 1)) {
          return true;
        }
      } else if (b == '\\') {
        if (ChunkScan.escapesLetter(data, i + 1) || escapesPunctuation(data, i + 1)) {
          return true;
        }
        i++; // what is escaped opens and closes nothing
      }
    }
    return false;
  }

  private boolean wordAt(byte[] data, int at) {
    for (var word : words) {
      if (ChunkScan.startsWith(data, at, word)) {
        return true;
      }
    }
    return false;
  }

  /** Whether {@code uXXXX} at a place stands for a hyphen or a full stop. */
  private static boolean escapesPunctuation(byte[] data, int at) {
    return at + 4 < data.length
        && data[at] == 'u'
        && data[at + 1] == '0'
        && data[at + 2] == '0'
        && data[at + 3] == '2'
        && "dDeE".indexOf(data[at + 4]) >= 0;
  }
}
