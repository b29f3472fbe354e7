package dev.lastword.hooks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A statement with named parameters, such as {@code :stream}, as a driver takes it. What stands in
 * texts, quoted names and comments is no parameter, and neither is {@code ::} or {@code :=}.
 *
 * @param sql with {@code ?} in place of the parameters
 * @param names of the parameters, in their order
 */
record NamedStatement(String sql, List<String> names) {
  private static final Pattern INSERT =
      Pattern.compile("(with\\b.*\\)\\s*)?insert\\b.*", Pattern.DOTALL);
  private static final Pattern UPDATE =
      Pattern.compile("(with\\b.*\\)\\s*)?update\\b[^;]*;?\\s*", Pattern.DOTALL);
  private static final Pattern TAKES_TWICE =
      Pattern.compile(
          ".*\\b(on\\s+conflict|on\\s+duplicate\\s+key|insert\\s+or\\s+(ignore|replace)|insert\\s+ignore|not\\s+exists)\\b.*",
          Pattern.DOTALL);

  private static final Pattern IGNORES =
      Pattern.compile(".*\\b(insert|update)\\s+(low_priority\\s+)?ignore\\b.*", Pattern.DOTALL);

  /**
   * Reads a statement.
   *
   * @throws IllegalArgumentException if it has a parameter without a name
   */
  static NamedStatement parse(String text) {
    var reading = new Reading(text);
    var statement = reading.read();
    if (reading.question >= 0) {
      throw new IllegalArgumentException(
          ("the statement has a '?' at %d, which has no value: parameters have names, such as"
                  + " :stream, and PostgreSQL's operator '?' is written '??'")
              .formatted(reading.question));
    }
    return statement;
  }

  /**
   * Whether it is an insert that fails, or adds a row, when it is run a second time. Of other
   * statements nobody can tell from their text.
   */
  boolean isInsertedTwice() {
    var words = new Reading(sql).withoutTexts().toLowerCase(Locale.ROOT).strip();
    return INSERT.matcher(words).matches() && !TAKES_TWICE.matcher(words).matches();
  }

  /**
   * Whether it changes rows that have to be there, so that one that finds none has saved nothing.
   */
  boolean isUpdate() {
    return UPDATE
        .matcher(new Reading(sql).withoutTexts().toLowerCase(Locale.ROOT).strip())
        .matches();
  }

  /** Whether it passes over whatever is wrong with its values, as MariaDB's {@code ignore} does. */
  boolean isIgnoring() {
    return IGNORES.matcher(new Reading(sql).withoutTexts().toLowerCase(Locale.ROOT)).matches();
  }

  /** One reading of a text, from its beginning to its end. */
  private static final class Reading {
    private final String text;
    private final StringBuilder sql = new StringBuilder();
    private final StringBuilder words = new StringBuilder();
    private final List<String> names = new ArrayList<>();
    private int at;

    /** Where the first parameter without a name is, or -1. */
    private int question = -1;

    Reading(String text) {
      this.text = text;
    }

    NamedStatement read() {
      while (at < text.length()) {
        next();
      }
      return new NamedStatement(sql.toString(), List.copyOf(names));
    }

    String withoutTexts() {
      read();
      return words.toString();
    }

    private void next() {
      char c = text.charAt(at);
      int end =
          switch (c) {
            case '\'', '"', '`' -> quoted(c);
            case '-' -> text.startsWith("--", at) ? lineEnd() : at;
            case '/' -> text.startsWith("/*", at) ? commentEnd() : at;
            case '$' -> dollarQuoted();
            default -> at;
          };
      if (end > at) {
        sql.append(text, at, end);
        words.append(' ');
        at = end;
      } else if (c == ':') {
        colon();
      } else if (c == '?') {
        question();
      } else {
        plain(1);
      }
    }

    private void plain(int count) {
      sql.append(text, at, at + count);
      words.append(text, at, at + count);
      at += count;
    }

    /** Twice it is PostgreSQL's operator, as its driver takes it. */
    private void question() {
      if (text.startsWith("??", at)) {
        plain(2);
      } else {
        question = question < 0 ? at : question;
        plain(1);
      }
    }

    private void colon() {
      int end = at + 1;
      while (end < text.length() && isOfName(text.charAt(end), end == at + 1)) {
        end++;
      }
      if (end == at + 1) {
        plain(text.startsWith("::", at) ? 2 : 1);
        return;
      }
      names.add(text.substring(at + 1, end));
      sql.append('?');
      words.append('?');
      at = end;
    }

    private static boolean isOfName(char c, boolean first) {
      return c == '_'
          || (c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (!first && c >= '0' && c <= '9');
    }

    /** Behind a text or a quoted name, in which the quote stands twice for itself. */
    private int quoted(char quote) {
      for (int i = at + 1; i < text.length(); i++) {
        if (text.charAt(i) == quote) {
          if (i + 1 < text.length() && text.charAt(i + 1) == quote) {
            i++;
          } else {
            return i + 1;
          }
        }
      }
      return text.length();
    }

    private int lineEnd() {
      int end = text.indexOf('\n', at);
      return end < 0 ? text.length() : end;
    }

    /** PostgreSQL's comments nest. */
    private int commentEnd() {
      int depth = 0;
      for (int i = at; i + 1 < text.length(); i++) {
        if (text.startsWith("/*", i)) {
          depth++;
          i++;
        } else if (text.startsWith("*/", i)) {
          depth--;
          i++;
          if (depth == 0) {
            return i + 1;
          }
        }
      }
      return text.length();
    }

    /** Behind {@code $tag$ … $tag$}; here if it is none. */
    private int dollarQuoted() {
      int end = text.indexOf('$', at + 1);
      if (end < 0 || !text.substring(at + 1, end).matches("([A-Za-z_][A-Za-z0-9_]*)?")) {
        return at;
      }
      var tag = text.substring(at, end + 1);
      int closing = text.indexOf(tag, end + 1);
      return closing < 0 ? text.length() : closing + tag.length();
    }
  }
}
