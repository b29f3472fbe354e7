package dev.lastword.checker.report;

import java.util.List;
import java.util.Optional;

/**
 * What makes a report one that can be cited: who made it, and how to make it again.
 *
 * @param version of the checker
 * @param command the command line, word by word; what credentials it has is left out
 * @param docs address of the pages of the checks, in which {@code {code}} stands for the code;
 *     empty if nobody said one
 */
public record Origin(String version, List<String> command, Optional<String> docs) {
  private static final String CODE = "{code}";

  /** Words that a shell takes as they are. */
  private static final String PLAIN = "[A-Za-z0-9_./:=@%+,-]+";

  /** The command line as a shell takes it. */
  public String shell() {
    return String.join(" ", command.stream().map(Origin::quoted).toList());
  }

  /** A text as one word of a shell. */
  public static String quoted(String text) {
    return text.matches(PLAIN) ? text : "'" + text.replace("'", "'\\''") + "'";
  }

  /** The address of a check's page, if it is known where the pages are. */
  Optional<String> page(String code) {
    return docs.map(
        each ->
            each.contains(CODE)
                ? each.replace(CODE, code)
                : each.replaceFirst("/+$", "") + "/" + code + ".md");
  }
}
