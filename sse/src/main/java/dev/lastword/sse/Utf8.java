package dev.lastword.sse;

import java.nio.charset.StandardCharsets;

/**
 * UTF-8 decoding as WHATWG Encoding §8.1 writes it, which differs from the JDK's in how much one
 * U+FFFD replaces.
 */
final class Utf8 {
  private Utf8() {}

  static String decode(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
