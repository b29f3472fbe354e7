package dev.lastword.checker.verify;

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
      return Pattern.compile(text.plain(values)).matcher(shown).find() ? -1 : 0;
    }
    var wanted = text.plain(values).strip();
    if (wanted.isEmpty()) {
      return 0; // nothing is found everywhere
    }
    int most = 0;
    for (var each : kind == Kind.CONTAINS ? texts(shown) : pointed(shown)) {
      if (satisfies(each, wanted)) {
        return -1;
      }
      most = Math.max(most, commonStart(each, wanted));
    }
    return most;
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
    Json.parse(shown).ifPresent(json -> texts.addAll(Json.strings(json)));
    texts.add(
        shown
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&#x27;", "'")
            .replace("&amp;", "&"));
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
    return text.strip().replaceAll("\\s+", " ");
  }

  private static int commonStart(String text, String wanted) {
    int at = text.indexOf(wanted.substring(0, Math.min(SAME_START, wanted.length())));
    if (at < 0) {
      return 0;
    }
    int n = 0;
    while (n < wanted.length()
        && at + n < text.length()
        && text.charAt(at + n) == wanted.charAt(n)) {
      n++;
    }
    return n;
  }
}
