package dev.lastword.sse;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * UTF-8 decoding without BOM as WHATWG Encoding §8.1.1 writes it, which differs from the JDK's in
 * how many U+FFFD stand for malformed bytes: three for a surrogate's {@code ED A0 80}, not one.
 */
final class Utf8 {
  private static final char REPLACEMENT = '\uFFFD';

  private Utf8() {}

  static String decode(byte[] bytes) {
    var decoded = new String(bytes, UTF_8);
    // Both decoders agree on bytes that are well-formed, and only these give no replacement.
    return decoded.indexOf(REPLACEMENT) < 0 ? decoded : decodeMalformed(bytes);
  }

  private static String decodeMalformed(byte[] bytes) {
    var out = new StringBuilder(bytes.length);
    int at = 0;
    while (at < bytes.length) {
      int lead = bytes[at] & 0xFF;
      int length = sequenceLength(lead);
      int taken = 1;
      int codePoint = length == 1 ? lead : lead & (0x7F >> length);
      while (taken < length
          && at + taken < bytes.length
          && continues(lead, taken, bytes[at + taken])) {
        codePoint = codePoint << 6 | (bytes[at + taken] & 0x3F);
        taken++;
      }
      out.appendCodePoint(taken == length ? codePoint : REPLACEMENT);
      at += taken;
    }
    return out.toString();
  }

  /** Bytes of the sequence that a byte leads, 0 if it leads none. */
  private static int sequenceLength(int lead) {
    if (lead < 0x80) {
      return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
      return 0;
    }
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  }

  /** Whether a byte continues the sequence: the second one's range rules out what is too long. */
  private static boolean continues(int lead, int taken, byte next) {
    int b = next & 0xFF;
    if (taken > 1) {
      return b >= 0x80 && b <= 0xBF;
    }
    int lower = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    int upper = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    return b >= lower && b <= upper;
  }
}
