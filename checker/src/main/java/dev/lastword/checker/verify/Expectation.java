package dev.lastword.checker.verify;

import dev.lastword.checker.template.Html;
import dev.lastword.checker.template.Json;
import dev.lastword.checker.template.Template;
import dev.lastword.checker.template.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a verification has to show.
 *
 * @param pointer for {@link Kind#EQUALS} the place in JSON
 * @param text what has to be there, most often {@code {{answer}}}
 */
public record Expectation(Kind kind, String pointer, Template text) {
  private static final int SAME_START = 12;
  private static final Pattern WHITE = Pattern.compile("[\\s\u00A0]+");
  private static final char REPLACEMENT = '\uFFFD';

  /** How it is compared. */
  public enum Kind {
    /** The text stands somewhere in what is shown. */
    CONTAINS,
    /** A value in JSON is the text. */
    EQUALS,
    /** A value in JSON begins with the text. */
    STARTS,
    /** A value in JSON contains the text. */
    HOLDS,
    /** A regular expression finds something. */
    MATCHES
  }

  /** What is expected when nothing else is said: the answer, somewhere. */
  public static final Expectation ANSWER =
      new Expectation(Kind.CONTAINS, "", new Template("{{answer}}"));

  /**
   * What can be expected where only a part of the answer was read, and more may have been saved.
   */
  Expectation ofPart() {
    return kind == Kind.EQUALS ? new Expectation(Kind.STARTS, pointer, text) : this;
  }

  /** What can be expected where the value is another one than the answer, whoever stays. */
  Expectation ofWhatIsSaved() {
    return kind == Kind.EQUALS || kind == Kind.STARTS
        ? new Expectation(Kind.HOLDS, pointer, text)
        : this;
  }

  /** Whether it asks for what the reader has seen. */
  public boolean namesAnswer() {
    return text.has("answer");
  }

  /** What is expected in one run, but for its answer. */
  String asked(Values values) {
    return text.plain(values.with("answer", ""));
  }

  /** How many characters of the expected text are there from its start; -1 if it is all there. */
  int found(String shown, Values values) {
    if (kind == Kind.MATCHES) {
      return Pattern.compile(text.pattern(values)).matcher(shown).find() ? -1 : 0;
    }
    var wanted = text.plain(values).strip();
    var whole = wholeCharacters(wanted);
    if (whole.isEmpty()) {
      return 0; // nothing is found everywhere
    }
    int most = 0;
    for (var each : kind == Kind.CONTAINS ? texts(shown) : pointed(shown)) {
      if (satisfies(each, wanted) || (whole.length() < wanted.length() && satisfies(each, whole))) {
        return -1;
      }
      most = Math.max(most, commonStart(each, wanted));
    }
    return most;
  }

  /**
   * Without the half of a character at its end, which some streams send by itself: what is saved
   * there is its other half too, or a sign that stands for none.
   */
  private static String wholeCharacters(String text) {
    int length = text.length();
    return length > 0
            && (Character.isHighSurrogate(text.charAt(length - 1))
                || text.charAt(length - 1) == REPLACEMENT)
        ? text.substring(0, length - 1)
        : text;
  }

  private boolean satisfies(String text, String wanted) {
    return switch (kind) {
      case CONTAINS, HOLDS -> contains(text, wanted);
      case EQUALS -> same(text, wanted);
      case STARTS -> spaced(text).startsWith(spaced(wanted));
      case MATCHES -> throw new IllegalStateException("a pattern is no text to compare");
    };
  }

  private List<String> pointed(String shown) {
    return Json.parse(shown).flatMap(json -> Json.at(json, pointer)).stream().toList();
  }

  /** What is shown, in each way in which it may be written. */
  private static List<String> texts(String shown) {
    var texts = new ArrayList<String>();
    texts.add(shown);
    texts.addAll(Json.texts(shown));
    for (var each : List.copyOf(texts)) {
      if (each.indexOf('&') >= 0 || each.indexOf('<') >= 0) {
        texts.add(Html.unescaped(each));
        texts.add(Html.text(each));
      }
    }
    return texts;
  }

  private static boolean same(String text, String wanted) {
    return text.strip().equals(wanted) || spaced(text).equals(spaced(wanted));
  }

  private static boolean contains(String text, String wanted) {
    return text.contains(wanted) || spaced(text).contains(spaced(wanted));
  }

  /** White space is no part of what was said: pages and logs break lines as they like. */
  private static String spaced(String text) {
    return WHITE.matcher(text).replaceAll(" ").strip();
  }

  private static int commonStart(String text, String wanted) {
    var shown = WHITE.matcher(text).replaceAll(" ");
    var start = spaced(wanted);
    int at = shown.indexOf(start.substring(0, Math.min(SAME_START, start.length())));
    if (at < 0) {
      return 0;
    }
    int n = 0;
    while (n < start.length()
        && at + n < shown.length()
        && shown.charAt(at + n) == start.charAt(n)) {
      n++;
    }
    return unspaced(wanted, n);
  }

  /** How many characters of a text come to so many once its white space is taken for one each. */
  private static int unspaced(String text, int spaced) {
    int at = 0;
    for (int n = 0; n < spaced && at < text.length(); n++) {
      boolean white = isWhite(text.charAt(at));
      do {
        at++;
      } while (white && at < text.length() && isWhite(text.charAt(at)));
    }
    return at;
  }

  private static boolean isWhite(char c) {
    return " \t\n\u000B\f\r\u00A0".indexOf(c) >= 0;
  }
}
