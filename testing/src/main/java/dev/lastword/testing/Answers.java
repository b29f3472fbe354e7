package dev.lastword.testing;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.sse.SseEvent;
import dev.lastword.testing.ScriptedUpstream.Close;
import dev.lastword.testing.ScriptedUpstream.Meaning;
import java.util.List;
import java.util.random.RandomGenerator;

/** Writes the scripts of upstreams: whole answers, broken ones, and all that follows an ending. */
final class Answers {
  private static final String[] LINE_ENDS = {"\n", "\n", "\r\n", "\r"};

  private Answers() {}

  static boolean isPlain(ScriptedUpstream to) {
    return to.dialect().missingTerminal().isEmpty();
  }

  /** A piece of text of one choice. */
  static void text(ScriptedUpstream to, int choice, String text) {
    if (choice == 0) { // the only one where texts are compared
      to.scriptText(text);
    }
    to.script(
        isPlain(to) ? SseEvent.of(text) : chunk(choice, "{\"content\":\"" + text + "\"}", "null"),
        Meaning.CONTENT);
  }

  /** The finish reason of every choice; the last of them is the ending. */
  static void finish(ScriptedUpstream to) {
    if (isPlain(to)) {
      return;
    }
    for (int choice = 0; choice < to.choices(); choice++) {
      boolean last = choice == to.choices() - 1;
      to.script(chunk(choice, "{}", "\"stop\""), last ? Meaning.ENDING : Meaning.CONTENT);
    }
  }

  static void usage(ScriptedUpstream to) {
    if (!isPlain(to)) {
      to.script(
          SseEvent.of(
              "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[],"
                  + "\"usage\":{\"total_tokens\":7}}"),
          Meaning.CONTENT);
    }
  }

  /** The terminal event; for plain streams the marker, which is an ending and no more. */
  static void done(ScriptedUpstream to) {
    to.script(SseEvent.of("[DONE]"), isPlain(to) ? Meaning.ENDING : Meaning.TERMINAL);
  }

  static void error(ScriptedUpstream to) {
    to.script(
        isPlain(to)
            ? SseEvent.of("error", "{\"error\":\"overloaded\"}")
            : SseEvent.of("{\"error\":{\"message\":\"overloaded\",\"code\":529}}"),
        Meaning.ERROR);
  }

  /** An event that a test wrote itself. */
  static void any(ScriptedUpstream to, SseEvent event) {
    to.script(event, Meaning.CONTENT);
  }

  private static SseEvent chunk(int choice, String delta, String finishReason) {
    return SseEvent.of(
        "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
            + "\"choices\":[{\"index\":%d,\"delta\":%s,\"finish_reason\":%s}]}"
                .formatted(choice, delta, finishReason));
  }

  /** A whole script, drawn. Every piece of text in it is like no other. */
  static void draw(ScriptedUpstream to, RandomGenerator random, int textMax) {
    to.lineEnd(LINE_ENDS[random.nextInt(LINE_ENDS.length)]);
    int events = random.nextInt(textMax > 1_000 ? 24 : 12);
    for (int i = 0; i < events; i++) {
      if (random.nextInt(8) == 0) {
        to.scriptNoise(random.nextBoolean() ? ": ping\n\n" : "retry: 3000\nid: up-" + i + "\n");
      }
      var padding =
          random.nextInt(textMax > 1_000 ? 2 : 6) == 0 ? "x".repeat(random.nextInt(textMax)) : "";
      text(to, random.nextInt(to.choices()), to.id() + "." + i + " " + padding);
    }
    drawEnd(to, random);
  }

  private static void drawEnd(ScriptedUpstream to, RandomGenerator random) {
    switch (random.nextInt(14)) {
      case 0 -> close(to, Close.CLEAN);
      case 1 -> close(to, Close.RESET);
      case 2 -> close(to, Close.NEVER);
      case 3 -> {
        error(to);
        close(to, drawClose(random));
      }
      case 4 -> {
        text(to, 0, to.id() + ".huge " + "y".repeat(5_000));
        to.oversize();
        close(to, drawClose(random));
      }
      case 5 -> {
        finish(to);
        close(to, drawClose(random));
      }
      case 6 -> {
        finish(to);
        usage(to);
        error(to);
        close(to, drawClose(random));
      }
      case 7 -> {
        done(to);
        close(to, drawClose(random));
      }
      case 8 -> {
        whole(to);
        done(to);
        close(to, drawClose(random));
      }
      case 9 -> {
        whole(to);
        text(to, 0, to.id() + ".late");
        close(to, drawClose(random));
      }
      case 10 -> {
        finish(to);
        to.scriptNoise("data: half an ev");
        close(to, drawClose(random));
      }
      default -> {
        whole(to);
        close(to, drawClose(random));
      }
    }
  }

  private static void whole(ScriptedUpstream to) {
    finish(to);
    usage(to);
    done(to);
  }

  private static Close drawClose(RandomGenerator random) {
    return List.of(Close.values()).get(random.nextInt(10) < 6 ? 0 : random.nextInt(3));
  }

  private static void close(ScriptedUpstream to, Close close) {
    to.scriptClose(close);
  }

  static boolean drawPlain(RandomGenerator random) {
    return random.nextInt(4) == 0;
  }

  static Dialect plain() {
    return Dialects.ofPath("/events");
  }

  static Dialect chat() {
    return Dialects.ofPath("/v1/chat/completions");
  }
}
