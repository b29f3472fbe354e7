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

  /** A piece of text of one choice, which is open again if it had finished. */
  static void text(ScriptedUpstream to, int choice, String text) {
    speak(to, choice, text);
    to.script(
        isPlain(to) ? SseEvent.of(text) : chunk(choice, "{\"content\":\"" + text + "\"}", "null"),
        Meaning.CONTENT);
  }

  /** A piece of text of the only choice, and its finish reason in the same event. */
  static void textAndFinish(ScriptedUpstream to, String text) {
    if (isPlain(to) || to.choices() > 1) {
      text(to, 0, text);
      return;
    }
    speak(to, 0, text);
    to.finishes(0);
    to.script(chunk(0, "{\"content\":\"" + text + "\"}", "\"stop\""), Meaning.ENDING);
  }

  private static void speak(ScriptedUpstream to, int choice, String text) {
    to.opens(choice);
    if (choice == 0) { // the only one where texts are compared
      to.scriptText(text);
    }
  }

  /** The finish reason of every choice; that of the last open one is the ending. */
  static void finish(ScriptedUpstream to) {
    if (isPlain(to)) {
      return;
    }
    for (int choice = 0; choice < to.choices(); choice++) {
      boolean was = to.isFinished();
      to.finishes(choice);
      to.script(
          chunk(choice, "{}", "\"stop\""),
          was ? Meaning.TAIL : to.isFinished() ? Meaning.ENDING : Meaning.CONTENT);
    }
  }

  static void usage(ScriptedUpstream to) {
    if (!isPlain(to)) {
      to.script(
          SseEvent.of(
              "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[],"
                  + "\"usage\":{\"total_tokens\":7}}"),
          to.isFinished() ? Meaning.TAIL : Meaning.CONTENT);
    }
  }

  /** The terminal event; for plain streams the marker, which is an ending and no more. */
  static void done(ScriptedUpstream to) {
    var marker = to.isFinished() ? Meaning.TAIL : Meaning.ENDING;
    to.script(SseEvent.of("[DONE]"), isPlain(to) ? marker : Meaning.TERMINAL);
    if (isPlain(to)) {
      to.finishes(0);
    }
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
    switch (random.nextInt(19)) {
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
      case 11 -> {
        finish(to);
        usage(to);
        text(to, random.nextInt(to.choices()), to.id() + ".after-a-tool ");
        close(to, drawClose(random));
      }
      case 12, 13 -> {
        finish(to);
        text(to, random.nextInt(to.choices()), to.id() + ".after-a-tool ");
        whole(to);
        close(to, drawClose(random));
      }
      case 14 -> {
        stopInEveryChunk(to, random);
        close(to, drawClose(random));
      }
      case 15 -> {
        stopInEveryChunk(to, random);
        done(to);
        close(to, drawClose(random));
      }
      case 16 -> {
        stopInEveryChunk(to, random);
        error(to);
        close(to, drawClose(random));
      }
      default -> {
        whole(to);
        close(to, drawClose(random));
      }
    }
  }

  private static void stopInEveryChunk(ScriptedUpstream to, RandomGenerator random) {
    int events = 1 + random.nextInt(4);
    for (int i = 0; i < events; i++) {
      textAndFinish(to, to.id() + ".stop-" + i + " ");
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
