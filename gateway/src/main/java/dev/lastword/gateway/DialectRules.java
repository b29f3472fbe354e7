package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which dialect a response is in. What is configured wins over all that is told by the request, the
 * response and its events.
 *
 * @param named the dialect of every stream, where it is configured
 * @param paths dialects of paths, the first that fits
 * @param otherwise of a response about which nothing is told
 */
record DialectRules(Optional<Dialect> named, List<PathRule> paths, Dialect otherwise) {
  /**
   * The dialect of one path, or of all that begin with it.
   *
   * @param path ends with {@code *} if it is a beginning
   */
  record PathRule(String path, Dialect dialect) {
    private boolean fits(String asked) {
      return path.endsWith("*")
          ? asked.startsWith(path.substring(0, path.length() - 1))
          : asked.equals(path);
    }
  }

  /** Whether a path has a dialect of its own. */
  boolean isNamed(String path) {
    return paths.stream().anyMatch(rule -> rule.fits(path));
  }

  private Optional<Dialect> configured(String path) {
    return paths.stream()
        .filter(rule -> rule.fits(path))
        .map(PathRule::dialect)
        .findFirst()
        .or(() -> named);
  }

  /**
   * The dialect of a response whose head is there.
   *
   * @param body what was kept of the request's body
   */
  Dialect of(String path, byte[] body, HttpHeaders response) {
    return of(path, path, body, response);
  }

  /**
   * The same, where the upstream was asked for another path.
   *
   * @param asked what that is, by which it is recognised
   */
  Dialect of(String path, String asked, byte[] body, HttpHeaders response) {
    return configured(path)
        .or(() -> Dialects.recognise(asked, body, response::get))
        .orElse(otherwise);
  }

  /** The rules of a list: the semicolons between them, and not those that stand in parentheses. */
  static List<String> split(String list) {
    var rules = new ArrayList<String>();
    int depth = 0;
    int from = 0;
    for (int i = 0; i <= list.length(); i++) {
      char c = i == list.length() ? ';' : list.charAt(i);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == ';' && (depth <= 0 || i == list.length())) {
        rules.add(list.substring(from, i).strip());
        from = i + 1;
      }
    }
    rules.removeIf(String::isEmpty);
    return rules;
  }
}
