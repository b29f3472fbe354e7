package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.cookie.ServerCookieDecoder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The credential that a request shows, the first that it has of {@code Authorization}, {@code
 * x-api-key}, {@code api-key}, {@code x-goog-api-key}, {@code key=} in the query of Gemini's paths
 * and of the gateway's own, the configured field, the configured cookie.
 *
 * @param kind {@link #SECRET}, or the field or cookie that the configuration names: whoever writes
 *     a name into {@code Authorization} must not be taken for whom a proxy in front has named
 * @param value without the word {@code Bearer}, so that one key is one owner whichever field the
 *     vendor's client sends it in
 */
record Presented(String kind, String value) {
  static final String SECRET = "secret";

  /** Fields that vendors' clients send keys in. */
  static final List<String> FIELDS =
      List.of("authorization", "x-api-key", "api-key", "x-goog-api-key");

  /** The parameter that Gemini's clients send keys in. */
  static final String PARAMETER = "key";

  private static final Pattern BEARER = Pattern.compile("(?i)bearer(\\s+|$)");
  private static final Pattern WITH_PARAMETER =
      Pattern.compile(
          "/(?:v1/stream|api/streams|api/conversations)(?:/.*)?|.*/v1(?:alpha|beta)/.*|.*:\\w*[gG]enerateContent");

  /**
   * Where credentials are looked for beside the vendors' fields.
   *
   * @param header a field's name in lower case, or empty
   * @param cookie a cookie's name, or empty
   */
  record Places(String header, String cookie) {
    static final Places VENDORS = new Places("", "");
  }

  /** What a request shows, if anything. */
  static Optional<Presented> of(RequestHead head, Places more) {
    for (var field : FIELDS) {
      var value = text(head.headers().getAll(field));
      if (!value.isEmpty()) {
        return Optional.of(new Presented(SECRET, value));
      }
    }
    if (hasParameter(head)) {
      var value = head.queryParameter(PARAMETER);
      if (value != null && !value.isEmpty()) {
        return Optional.of(new Presented(SECRET, value));
      }
    }
    return configured(head, more);
  }

  private static Optional<Presented> configured(RequestHead head, Places more) {
    if (!more.header().isEmpty()) {
      var value = text(head.headers().getAll(more.header()));
      if (!value.isEmpty()) {
        return Optional.of(new Presented("header " + more.header(), value));
      }
    }
    if (!more.cookie().isEmpty()) {
      var value = cookie(head, more.cookie());
      if (!value.isEmpty()) {
        return Optional.of(new Presented("cookie " + more.cookie(), value));
      }
    }
    return Optional.empty();
  }

  /** The request without any credential that it could be known by. */
  static RequestHead without(RequestHead head, Places more) {
    var headers = head.headers().copy();
    FIELDS.forEach(headers::remove);
    if (!more.header().isEmpty()) {
      headers.remove(more.header());
    }
    if (!more.cookie().isEmpty()) {
      removeCookie(headers, more.cookie());
    }
    return head.with(hasParameter(head) ? head.targetWithout(PARAMETER) : head.target(), headers);
  }

  private static void removeCookie(HttpHeaders headers, String name) {
    var rest =
        headers.getAll(HttpHeaderNames.COOKIE).stream()
            .flatMap(field -> Arrays.stream(field.split(";", -1)))
            .map(String::strip)
            .filter(pair -> !pair.isEmpty() && !pair.split("=", 2)[0].strip().equals(name))
            .collect(Collectors.joining("; "));
    headers.remove(HttpHeaderNames.COOKIE);
    if (!rest.isEmpty()) {
      headers.set(HttpHeaderNames.COOKIE, rest);
    }
  }

  /** Whether {@code key=} in the query of this path is a credential and no application's word. */
  static boolean hasParameter(RequestHead head) {
    return !head.query().isEmpty() && WITH_PARAMETER.matcher(head.path()).matches();
  }

  /** All values of a field; who sends two is neither of those who send one. */
  private static String text(List<String> values) {
    return switch (values.size()) {
      case 0 -> "";
      case 1 -> BEARER.matcher(values.getFirst().strip()).replaceFirst("");
      default -> String.join("\n", values).strip();
    };
  }

  private static String cookie(RequestHead head, String name) {
    var values =
        head.headers().getAll(HttpHeaderNames.COOKIE).stream()
            .flatMap(field -> ServerCookieDecoder.LAX.decodeAll(field).stream())
            .filter(cookie -> cookie.name().equals(name))
            .map(cookie -> cookie.value())
            .toList();
    return String.join("\n", values);
  }
}
