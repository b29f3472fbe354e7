package dev.lastword.checker.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Optional;

/**
 * The page that explains one check, as it stands in {@code docs/checks}.
 *
 * @param symptom what people notice
 * @param cause why that is
 * @param whole all of it, as Markdown
 */
record CheckPage(String symptom, String cause, String whole) {
  private static final CheckPage NONE = new CheckPage("", "", "");

  /** The page's file in Lastword's repository. */
  static String file(String code) {
    return "docs/checks/" + code + ".md";
  }

  /** What the page says; nothing for a code without one. */
  static CheckPage of(String code) {
    try (var in = CheckPage.class.getResourceAsStream("checks/" + code + ".md")) {
      if (in == null) {
        return NONE;
      }
      var text = new String(in.readAllBytes(), UTF_8);
      return new CheckPage(
          paragraph(text, "**Symptom.** ").orElse(""),
          paragraph(text, "**Cause.** ").orElse(""),
          text);
    } catch (IOException e) {
      throw new UncheckedIOException("the page of " + code + " cannot be read", e);
    }
  }

  private static Optional<String> paragraph(String text, String start) {
    return Arrays.stream(text.split("\\R\\s*\\R", -1))
        .filter(each -> each.startsWith(start))
        .map(each -> each.substring(start.length()).replaceAll("\\R", " ").strip())
        .findFirst();
  }
}
