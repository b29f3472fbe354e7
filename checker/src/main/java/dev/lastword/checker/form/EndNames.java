package dev.lastword.checker.form;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** The words by which streams say that an answer is over, or has failed, whatever their form. */
final class EndNames {
  private static final Set<String> FINAL =
      Set.of(
          "done",
          "end",
          "ended",
          "eos",
          "eof",
          "eom",
          "fin",
          "final",
          "finish",
          "finished",
          "complete",
          "completed",
          "stop",
          "stopped",
          "close",
          "closed",
          "over",
          "bye",
          "terminate",
          "terminated",
          "success",
          "succeeded");
  private static final Set<String> FAILED = Set.of("error", "failed", "failure", "exception");

  /** What ends here is a part of an answer, not the answer. */
  private static final Set<String> PARTS =
      Set.of(
          "block",
          "part",
          "item",
          "step",
          "node",
          "tool",
          "text",
          "content",
          "reasoning",
          "thinking",
          "thought",
          "chunk",
          "token",
          "delta",
          "function",
          "call",
          "source",
          "search",
          "retrieval",
          "chain",
          "model");

  private static final Set<String> REASONS = Set.of("finishreason", "stopreason", "donereason");
  private static final Set<String> NO_REASON = Set.of("", "null", "none", "unspecified");
  private static final Pattern LITERAL =
      Pattern.compile(
          "(?:[A-Z]+|[\\[<({|*#_-]+\\s*[A-Za-z_ ]+\\s*[\\])>}|*#_-]+|/?[a-z]+)", Pattern.DOTALL);

  private EndNames() {}

  /** Whether a name, such as {@code message_end}, {@code RUN_FINISHED} or {@code isFinal}, does. */
  static boolean soundsFinal(String name) {
    var words = words(name);
    return words.stream().anyMatch(FINAL::contains) && words.stream().noneMatch(PARTS::contains);
  }

  /** Whether a name says that the answer has failed. */
  static boolean soundsFailed(String name) {
    var words = words(name);
    return words.stream().anyMatch(FAILED::contains) && words.stream().noneMatch(PARTS::contains);
  }

  /**
   * Whether a member says the end by its value: {@code "done": true}, {@code "status":
   * "completed"}.
   */
  static boolean soundsFinal(String key, String value) {
    if (REASONS.contains(key.toLowerCase(Locale.ROOT).replaceAll("[^a-z]", ""))) {
      return !NO_REASON.contains(value.toLowerCase(Locale.ROOT));
    }
    return value.equals("true") ? soundsFinal(key) : isKind(key) && soundsFinal(value);
  }

  /**
   * Whether a member of this name tells of what kind an event is, or how far the answer has come.
   */
  static boolean isKind(String key) {
    return switch (key.toLowerCase(Locale.ROOT)) {
      case "type",
          "event",
          "event_type",
          "eventtype",
          "kind",
          "op",
          "operation",
          "action",
          "object",
          "status",
          "state",
          "phase",
          "name",
          "channel",
          "category",
          "role",
          "tag",
          "mode",
          "msg" ->
          true;
      default -> false;
    };
  }

  /** Whether data that is no JSON says the end: {@code [DONE]}, {@code END}, {@code <|end|>}. */
  static boolean isLiteral(String data) {
    return data.length() <= 24
        && LITERAL.matcher(data).matches()
        && words(data).size() <= 3
        && soundsFinal(data)
        && (!data.matches("[a-z]+") || data.equals("done"));
  }

  /** A name's words, at capitals and at what is no letter, in lower case. */
  static List<String> words(String name) {
    var spaced =
        name.replaceAll("([a-z0-9])([A-Z])", "$1 $2").replaceAll("[^A-Za-z]+", " ").strip();
    return spaced.isEmpty()
        ? List.of()
        : Arrays.stream(spaced.split(" ", -1)).map(each -> each.toLowerCase(Locale.ROOT)).toList();
  }
}
