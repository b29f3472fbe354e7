package dev.lastword.gateway.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The answers that the demo model knows, from {@code scripts.md}: each begins with a line {@code
 * <!-- words that ask for it -->}; those without words answer everything else, in turns.
 */
final class DemoScripts {
  private static final Pattern HEADING = Pattern.compile("(?m)^<!--(.*)-->\\R");
  private static final Pattern TOKEN = Pattern.compile("\\s*[^\\s]{1,7}|\\s+");
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+");

  /** Most characters of the prompt that an answer repeats. */
  private static final int ECHO_CHARS_MAX = 80;

  private final List<Script> asked = new ArrayList<>();
  private final List<Script> others = new ArrayList<>();

  private record Script(List<String> words, String text) {}

  /** Reads the scripts that come with the class. */
  DemoScripts() {
    var source = source();
    var headings = HEADING.matcher(source).results().toList();
    for (int i = 0; i < headings.size(); i++) {
      int end = i + 1 < headings.size() ? headings.get(i + 1).start() : source.length();
      var words = words(headings.get(i).group(1));
      var script = new Script(words, source.substring(headings.get(i).end(), end).strip());
      (words.isEmpty() ? others : asked).add(script);
    }
  }

  /**
   * The answer to a prompt: the same one each time the same is asked at the same place in a
   * conversation.
   *
   * @param turn how many messages of the person came before
   */
  String answer(String prompt, int turn) {
    var said = words(prompt);
    long most = 0;
    var best = others.get(Math.floorMod(turn + prompt.length(), others.size()));
    for (var script : asked) {
      long hits = said.stream().filter(script.words()::contains).count();
      if (hits > most) {
        most = hits;
        best = script;
      }
    }
    return best.text().replace("{prompt}", echo(prompt));
  }

  /** Cuts a text into pieces of about the size of a model's tokens; joined, they are the text. */
  static List<String> tokens(String text) {
    return TOKEN.matcher(text).results().map(MatchResult::group).toList();
  }

  private static List<String> words(String text) {
    return WORD.matcher(text.toLowerCase(Locale.ROOT)).results().map(MatchResult::group).toList();
  }

  /** The beginning of a prompt on one line, without cutting a character in two. */
  private static String echo(String prompt) {
    var line = prompt.strip().replaceAll("\\s+", " ");
    var points = line.codePoints().limit(ECHO_CHARS_MAX).toArray();
    var echo = new String(points, 0, points.length);
    return echo.length() < line.length() ? echo + "…" : echo;
  }

  private static String source() {
    try (InputStream in = DemoScripts.class.getResourceAsStream("scripts.md")) {
      if (in == null) {
        throw new IllegalStateException("scripts.md is not beside " + DemoScripts.class.getName());
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("reading scripts.md", e);
    }
  }
}
