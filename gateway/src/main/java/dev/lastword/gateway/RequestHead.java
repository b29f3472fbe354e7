package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What a request says before its body, whatever protocol carried it.
 *
 * @param path as sent, without the query; starts with {@code /}
 * @param query as sent, without the question mark; empty for none
 * @param contentLength bytes of the body, 0 for none, {@link #UNKNOWN_LENGTH} if only its end will
 *     tell
 */
record RequestHead(
    HttpMethod method, String path, String query, HttpHeaders headers, long contentLength) {
  static final long UNKNOWN_LENGTH = -1;

  boolean hasBody() {
    return contentLength != 0;
  }

  boolean is(HttpMethod wanted) {
    return method.equals(wanted);
  }

  /**
   * The decoded value of the last query parameter of a name, or null: who adds to an address that
   * has one means the one that was added.
   */
  @Nullable String queryParameter(String name) {
    String value = null;
    for (var pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      var key = equals < 0 ? pair : pair.substring(0, equals);
      if (decoded(key).equals(name)) {
        value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
      }
    }
    return value;
  }

  private static String decoded(String text) {
    try {
      return java.net.URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text; // a stray percent sign stands for itself; whoever reads the value judges it
    }
  }
}
