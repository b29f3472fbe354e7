package dev.lastword.checker.scenario;

import dev.lastword.checker.template.Json;
import java.util.regex.Pattern;

/**
 * How a verification shows that an answer is taken for complete.
 *
 * @param pointer the place in its JSON, {@code ""} if the whole of what is shown is searched
 * @param pattern what stands there, all of it; or somewhere in what is shown
 */
public record CompleteMark(String pointer, Pattern pattern) implements WholeMark {
  /**
   * The mark of a rule: {@code /pointer=text}, or a regular expression.
   *
   * @throws java.util.regex.PatternSyntaxException if it is neither
   */
  public static CompleteMark of(String rule) {
    int equals = rule.indexOf('=');
    return rule.startsWith("/") && equals > 0
        ? new CompleteMark(
            rule.substring(0, equals), Pattern.compile(rule.substring(equals + 1), Pattern.LITERAL))
        : new CompleteMark("", Pattern.compile(rule));
  }

  @Override
  public boolean in(String shown, String text) {
    return in(shown);
  }

  @Override
  public String told() {
    return pointer.isEmpty() ? pattern.pattern() : pointer + "=" + pattern.pattern();
  }

  /** Whether what is shown is marked complete. */
  boolean in(String shown) {
    return pointer.isEmpty()
        ? pattern.matcher(shown).find()
        : Json.parse(shown)
            .flatMap(json -> Json.at(json, pointer))
            .filter(value -> pattern.matcher(value).matches())
            .isPresent();
  }
}
