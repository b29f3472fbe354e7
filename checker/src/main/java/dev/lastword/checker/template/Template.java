package dev.lastword.checker.template;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A text with places such as {@code {{run}}} or {@code {{header:x-message-id}}}. A value is put in
 * so that it stays a value where the text is used.
 */
public record Template(String text) {
  private static final Pattern PLACE = Pattern.compile("\\{\\{\\s*([^{}]+?)\\s*}}");
  private static final List<String> OF_THE_RUN = List.of("run", "header:", "cookie:", "event:");
  private static final String IN_ADDRESSES =
      "-._~:/?#[]@!$&'()*+,;=%" + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  private static final Pattern SAFE_IN_A_SHELL = Pattern.compile("[A-Za-z0-9_.:@/=+, -]*");

  /** Filled as it is. */
  public String plain(Values values) {
    return filled(values, value -> value);
  }

  /** Filled for a header line: a value cannot begin another. */
  public String line(Values values) {
    return filled(values, value -> value.replaceAll("[\\r\\n\\x00]", " "));
  }

  /** Filled for an address: what cannot stand in one is percent-encoded. */
  public String address(Values values) {
    return filled(values, Template::encoded);
  }

  /**
   * Filled for a request's body: values are escaped as JSON or form fields need it.
   *
   * @param contentType the request's, {@code ""} if it has none
   */
  public String body(Values values, String contentType) {
    var start = text.stripLeading();
    if (contentType.contains("json") || start.startsWith("{") || start.startsWith("[")) {
      return filled(values, Json::escaped);
    }
    return contentType.contains("x-www-form-urlencoded")
        ? filled(values, value -> URLEncoder.encode(value, StandardCharsets.UTF_8))
        : plain(values);
  }

  /**
   * Filled for a shell.
   *
   * @throws MissingValueException for a value with characters that a shell acts upon
   */
  public String command(Values values) {
    return filled(
        values,
        value -> {
          if (!SAFE_IN_A_SHELL.matcher(value).matches()) {
            throw new MissingValueException(
                "a value has characters that must not get into a shell command");
          }
          return value;
        });
  }

  /**
   * Filled for a regular expression: a value stands for itself, whatever white space is between its
   * words.
   */
  public String pattern(Values values) {
    return filled(
        values,
        value ->
            Stream.of(value.strip().split("\\s+", -1))
                .map(Pattern::quote)
                .collect(Collectors.joining("\\s+")));
  }

  /** Whether it has this place. */
  public boolean has(String place) {
    return places().contains(place);
  }

  /** Whether it is another text in every run. */
  public boolean namesRun() {
    return places().stream()
        .anyMatch(place -> OF_THE_RUN.stream().anyMatch(place::startsWith) || place.contains("."));
  }

  private List<String> places() {
    return PLACE.matcher(text).results().map(found -> found.group(1)).toList();
  }

  private String filled(Values values, UnaryOperator<String> form) {
    return PLACE
        .matcher(text)
        .replaceAll(
            (MatchResult found) ->
                Matcher.quoteReplacement(form.apply(values.get(found.group(1)))));
  }

  private static String encoded(String value) {
    var encoded = new StringBuilder();
    value
        .codePoints()
        .mapToObj(Character::toString)
        .forEach(
            each ->
                encoded.append(
                    IN_ADDRESSES.contains(each)
                        ? each
                        : URLEncoder.encode(each, StandardCharsets.UTF_8)));
    return encoded.toString().replace("+", "%2B");
  }
}
