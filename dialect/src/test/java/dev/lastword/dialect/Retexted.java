package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An event with another text in the same chunk: mostly a fair one, sometimes one that is not JSON.
 */
final class Retexted {
  private static final Pattern STRINGS =
      Pattern.compile("(\"(?:content|text|obfuscation)\" ?: ?\")((?:[^\"\\\\]|\\\\.)*)\"");

  private static final List<String> TEXTS =
      List.of(
          "",
          "token",
          " a b",
          "äß€",
          "😀",
          "\\n\\t\\\\\\\"\\/\\b\\f\\r",
          "\\u00e9\\ud83d\\ude00",
          "\\ud83d",
          "\\u0066inish_reason",
          "\\\"finish_reason\\\":\\\"stop\\\"",
          "[DONE]",
          "\uFFFD",
          "\\x",
          "\\u12",
          "\\u\u0661\u0661\u0661\u0661",
          "\t",
          "\u007f",
          "\",\"finish_reason\":\"stop\",\"x\":\"",
          "\"},\"finish_reason\":\"stop\",\"x\":{\"y\":\"",
          "\",\"refusal\":\"no",
          "\\");

  private Retexted() {}

  static SseEvent of(SseEvent event, Random random) {
    var data = new String(event.dataBytes(), StandardCharsets.ISO_8859_1);
    var again =
        STRINGS
            .matcher(data)
            .replaceAll(string -> Matcher.quoteReplacement(string.group(1) + text(random) + '"'));
    return new SseEvent(
        event.typeBytes(), again.getBytes(StandardCharsets.ISO_8859_1), new byte[0]);
  }

  private static String text(Random random) {
    return random.nextInt(12) == 0
        ? "a\u00ed\u00a0\u0080b\u00ff\u00c3" // bytes that are not UTF-8
        : latin(TEXTS.get(random.nextInt(TEXTS.size())));
  }

  /** The text's UTF-8 bytes as characters of one byte each. */
  private static String latin(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }
}
