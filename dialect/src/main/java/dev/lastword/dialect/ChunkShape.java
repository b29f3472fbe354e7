package dev.lastword.dialect;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a chunk but for its piece of text: the next chunk mostly has the same, and is then
 * known without being parsed.
 *
 * <p>A chunk of the same shape is the same JSON but for the value of one string, and for the
 * padding that OpenAI puts behind it to hide its length: the quote that begins the string can only
 * be one that opens a value, or nothing of this shape is JSON. Nothing else in the chunk is
 * escaped, so that no other member can have the same name in disguise.
 */
final class ChunkShape {
  /** After so many shapes of which none was met again, a stream is not worth another try. */
  static final int MISSES_MAX = 32;

  /** Longest chunk that is remembered. */
  private static final int BYTES_MAX = 4 << 10;

  private static final byte[] OBFUSCATION = ChunkScan.ascii("\"obfuscation\"");

  private final byte[] bytes;
  private final int textFrom;
  private final int textTo;
  private final int paddingFrom;
  private final int paddingTo;

  private ChunkShape(byte[] bytes, int textFrom, int textTo, int paddingFrom, int paddingTo) {
    this.bytes = bytes;
    this.textFrom = textFrom;
    this.textTo = textTo;
    this.paddingFrom = paddingFrom;
    this.paddingTo = paddingTo;
  }

  /**
   * The shape of a chunk; empty if not exactly one member of that name holds a string, if anything
   * else is escaped, or if it is too long to remember.
   *
   * @param quotedName name of the member with the text, in quotes
   */
  static Optional<ChunkShape> of(byte[] chunk, byte[] quotedName) {
    int from = chunk.length > BYTES_MAX ? -1 : stringOf(quotedName, chunk, 0);
    int to = from < 0 ? -1 : stringEnd(chunk, from, chunk.length);
    if (to < 0 || stringOf(quotedName, chunk, to) >= 0) {
      return Optional.empty();
    }
    int paddingFrom = stringOf(OBFUSCATION, chunk, to);
    int paddingTo = paddingFrom < 0 ? -1 : stringEnd(chunk, paddingFrom, chunk.length);
    if (paddingTo < 0) {
      paddingFrom = chunk.length;
      paddingTo = chunk.length;
    }
    return contains(chunk, 0, from, '\\') || contains(chunk, to, chunk.length, '\\')
        ? Optional.empty()
        : Optional.of(new ChunkShape(chunk, from, to, paddingFrom, paddingTo));
  }

  /**
   * Where the text of a chunk of this shape ends, exclusive, or -1 if its shape is another.
   *
   * @param in holds the chunk, from {@code from} to before {@code to}
   */
  int textEnd(byte[] in, int from, int to) {
    int text = from + textFrom;
    if (text > to || !Arrays.equals(bytes, 0, textFrom, in, from, text)) {
      return -1;
    }
    int end = stringEnd(in, text, to);
    return end >= 0 && restIsSame(in, end, to) ? end : -1;
  }

  private boolean restIsSame(byte[] in, int at, int to) {
    int padding = at + paddingFrom - textTo;
    if (padding > to || !Arrays.equals(bytes, textTo, paddingFrom, in, at, padding)) {
      return false;
    }
    int rest = padding;
    if (paddingFrom < bytes.length) {
      rest = stringEnd(in, padding, to);
      if (rest < 0 || contains(in, padding, rest, '\\')) {
        return false;
      }
    }
    return Arrays.equals(bytes, paddingTo, bytes.length, in, rest, to);
  }

  /**
   * The text of a chunk of this shape, decoded.
   *
   * @param from where the chunk begins
   * @param end as {@link #textEnd} found it
   * @return null if a parser should judge it: it is not UTF-8, or escaped in a way JSON does not
   *     know
   */
  @Nullable String text(byte[] in, int from, int end) {
    int start = from + textFrom;
    var text = new String(in, start, end - start, StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') >= 0) {
      return null;
    }
    return text.indexOf('\\') < 0 ? text : unescaped(text);
  }

  @SuppressWarnings("IncrementInForLoopAndHeader") // an escape takes more than one character
  private static @Nullable String unescaped(String text) {
    var out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      i++; // a backslash is never the last: it would have escaped the quote
      switch (text.charAt(i)) {
        case '"', '\\', '/' -> out.append(text.charAt(i));
        case 'b' -> out.append('\b');
        case 'f' -> out.append('\f');
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case 't' -> out.append('\t');
        case 'u' -> {
          int unit = unit(text, i + 1);
          if (unit < 0) {
            return null;
          }
          out.append((char) unit);
          i += 4;
        }
        default -> {
          return null;
        }
      }
    }
    return out.toString();
  }

  /** The number that four hexadecimal digits stand for, or -1. */
  private static int unit(String text, int at) {
    if (at + 4 > text.length()) {
      return -1;
    }
    int unit = 0;
    for (int i = at; i < at + 4; i++) {
      int digit = text.charAt(i) < 0x80 ? Character.digit(text.charAt(i), 16) : -1;
      if (digit < 0) {
        return -1;
      }
      unit = unit << 4 | digit;
    }
    return unit;
  }

  /** Where the string value of the next member of a name begins, behind its quote, or -1. */
  private static int stringOf(byte[] quotedName, byte[] chunk, int from) {
    for (int i = from; i + quotedName.length < chunk.length; i++) {
      // In valid JSON an unescaped quote before the name can only open it.
      if (chunk[i] == '"' && (i == 0 || chunk[i - 1] != '\\')) {
        if (ChunkScan.startsWith(chunk, i, quotedName)) {
          int value = valueBehind(chunk, i + quotedName.length);
          if (value < chunk.length && chunk[value] == '"') {
            return value + 1;
          }
        }
      }
    }
    return -1;
  }

  /** Where the value stands if what is behind a string is a colon, or the end. */
  private static int valueBehind(byte[] chunk, int at) {
    int colon = ChunkScan.skipSpace(chunk, at);
    return colon < chunk.length && chunk[colon] == ':'
        ? ChunkScan.skipSpace(chunk, colon + 1)
        : chunk.length;
  }

  /** Where the quote stands that ends a string, or -1 if none does or JSON forbids a byte of it. */
  private static int stringEnd(byte[] chunk, int from, int to) {
    for (int i = from; i < to; i++) {
      byte b = chunk[i];
      if (b == '"') {
        return i;
      }
      if (b >= 0 && b < ' ') {
        return -1;
      }
      if (b == '\\') {
        i++;
      }
    }
    return -1;
  }

  private static boolean contains(byte[] chunk, int from, int to, char what) {
    for (int i = from; i < to; i++) {
      if (chunk[i] == what) {
        return true;
      }
    }
    return false;
  }
}
