package dev.lastword.gateway;

import java.util.Locale;
import java.util.Optional;

/**
 * The target of a request (RFC 9112 §3.2), in origin form or in absolute form.
 *
 * @param authority of the absolute form; empty for the origin form
 * @param pathAndQuery as sent; starts with {@code /}
 */
record RequestTarget(Optional<Authority> authority, String pathAndQuery) {

  /** Reads a target; empty if it is none of a resource: no URI, another scheme, a fragment. */
  static Optional<RequestTarget> parse(String target) {
    if (!target.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '#')) {
      return Optional.empty();
    }
    if (target.startsWith("/")) {
      return Optional.of(new RequestTarget(Optional.empty(), target));
    }
    int scheme = target.indexOf("://");
    if (scheme < 0 || !isHttp(target.substring(0, scheme))) {
      return Optional.empty();
    }
    int start = scheme + 3;
    int end = start;
    while (end < target.length() && "/?".indexOf(target.charAt(end)) < 0) {
      end++;
    }
    var rest = target.substring(end);
    return Authority.parse(target.substring(start, end))
        .map(
            authority ->
                new RequestTarget(
                    Optional.of(authority), rest.startsWith("/") ? rest : "/" + rest));
  }

  private static boolean isHttp(String scheme) {
    var lower = scheme.toLowerCase(Locale.ROOT);
    return lower.equals("http") || lower.equals("https");
  }

  /**
   * Whether a path climbs above its root at any point, read as the least careful server would:
   * decoded once, with backslashes as slashes, runs of slashes as one, parameters after a semicolon
   * left out.
   */
  static boolean climbs(String path) {
    if (!path.contains("..") && path.indexOf('%') < 0) {
      return false;
    }
    int depth = 0;
    for (var segment : decoded(path).split("/")) {
      int semicolon = segment.indexOf(';');
      var name = semicolon < 0 ? segment : segment.substring(0, semicolon);
      if (name.equals("..")) {
        depth--;
      } else if (!segment.isEmpty() && !name.equals(".")) {
        depth++;
      }
      if (depth < 0) {
        return true;
      }
    }
    return false;
  }

  /** Whether a path has a segment that is not a name but a direction. */
  static boolean dotted(String path) {
    return ("/" + decoded(path) + "/").matches(".*/\\.\\.?/.*");
  }

  /** What dots and slashes are, encoded or not; everything else stays. */
  private static String decoded(String path) {
    return path.replaceAll("(?i)%2e", ".")
        .replaceAll("(?i)%2f|%5c|\\\\", "/")
        .replaceAll("(?i)%3b", ";");
  }
}
