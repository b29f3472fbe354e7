package dev.lastword.checker;

import dev.lastword.cli.UsageException;
import java.time.Duration;
import java.util.regex.Pattern;

/** Times as people write them. */
final class Durations {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9})(ms|s|m)");

  private Durations() {}

  /**
   * A time such as {@code 500ms}, {@code 5s} or {@code 2m}.
   *
   * @throws UsageException if it is written in another way
   */
  static Duration parse(String flag, String text) {
    var match = FORM.matcher(text);
    if (!match.matches()) {
      throw new UsageException("--" + flag + " is '" + text + "', not a time such as 500ms or 5s");
    }
    long n = Long.parseLong(match.group(1));
    return switch (match.group(2)) {
      case "ms" -> Duration.ofMillis(n);
      case "s" -> Duration.ofSeconds(n);
      default -> Duration.ofMinutes(n);
    };
  }
}
