package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads what proxies say of the way a request came: {@code Forwarded} (RFC 7239) and {@code
 * X-Forwarded-For}, each with one element for each hop, the nearest last.
 */
final class ForwardedFields {
  static final String FORWARDED = "forwarded";
  static final String X_PREFIX = "x-forwarded-";
  static final String X_FOR = "x-forwarded-for";
  static final String X_HOST = "x-forwarded-host";
  static final String X_REAL_IP = "x-real-ip";

  private ForwardedFields() {}

  /**
   * One hop.
   *
   * @param from whom the request came from; empty where that is hidden, unknown or malformed
   * @param text as it was sent
   */
  record Hop(Optional<InetAddress> from, String text) {}

  /** The hops that {@code X-Forwarded-For} names. */
  static List<Hop> ofX(HttpHeaders headers) {
    var hops = new ArrayList<Hop>();
    for (var line : headers.getAll(X_FOR)) {
      for (var word : line.split(",", -1)) {
        var text = word.strip();
        hops.add(new Hop(node(text.startsWith("\"") ? unquoted(text) : text), text));
      }
    }
    return hops;
  }

  /** The hops that {@code Forwarded} names. */
  static List<Hop> ofForwarded(HttpHeaders headers) {
    var hops = new ArrayList<Hop>();
    for (var line : headers.getAll(FORWARDED)) {
      for (var element : split(line, ',')) {
        hops.add(new Hop(parameter(element, "for").flatMap(ForwardedFields::node), element));
      }
    }
    return hops;
  }

  /** The value of a parameter of one element; empty if it has none, or several. */
  static Optional<String> parameter(String element, String name) {
    String value = null;
    for (var pair : split(element, ';')) {
      int equals = pair.indexOf('=');
      if (equals > 0 && pair.substring(0, equals).toLowerCase(Locale.ROOT).equals(name)) {
        if (value != null) {
          return Optional.empty();
        }
        value = pair.substring(equals + 1);
      }
    }
    return Optional.ofNullable(value)
        .map(text -> text.startsWith("\"") ? unquoted(text) : text)
        .filter(text -> !text.isEmpty());
  }

  /** Parts between separators that stand in no quoted string. */
  private static List<String> split(String text, char separator) {
    var parts = new ArrayList<String>();
    boolean quoted = false;
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted && c == '\\') {
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == separator && !quoted) {
        parts.add(text.substring(from, i).strip());
        from = i + 1;
      }
    }
    parts.add(text.substring(Math.min(from, text.length())).strip());
    return parts;
  }

  /** What stands in a quoted string (RFC 9110 §5.6.4); empty if it is none. */
  private static String unquoted(String text) {
    var out = new StringBuilder();
    for (int i = 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"') {
        return i == text.length() - 1 ? out.toString() : "";
      }
      if (c == '\\' && ++i < text.length()) {
        c = text.charAt(i);
      }
      out.append(c);
    }
    return "";
  }

  /** The address of a node, whose port does not count: {@code 192.0.2.1:80, [2001:db8::1]:80}. */
  static Optional<InetAddress> node(String text) {
    var host = hostOf(text);
    return host == null ? Optional.empty() : AddressBlock.address(host);
  }

  private static @Nullable String hostOf(String text) {
    if (text.startsWith("[")) {
      int end = text.indexOf(']');
      return end > 0 && isPort(text.substring(end + 1)) ? text.substring(1, end) : null;
    }
    int colon = text.indexOf(':');
    if (colon >= 0 && colon == text.lastIndexOf(':')) {
      return isPort(text.substring(colon)) ? text.substring(0, colon) : null;
    }
    return text;
  }

  private static boolean isPort(String text) {
    return text.isEmpty() || text.matches(":(?:[0-9]{1,5}|_[0-9A-Za-z._-]+)");
  }
}
