package dev.lastword.gateway;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What becomes of a relayed response whose last reader has gone.
 *
 * @param kind what is done
 * @param afterMs how long it may be without a reader; then it is cancelled
 */
record OnDisconnect(Kind kind, long afterMs) {
  /** What is done. */
  enum Kind {
    /** The response goes on to its end, if that comes in time. */
    CONTINUE,
    /** It is cancelled; its partial is kept. */
    CANCEL,
    /** Answers go on; what is none, such as a feed, ends with its last reader. */
    AUTO
  }

  static final OnDisconnect CONTINUE = new OnDisconnect(Kind.CONTINUE, Long.MAX_VALUE);
  static final OnDisconnect AUTO = new OnDisconnect(Kind.AUTO, Long.MAX_VALUE);

  /** What {@link #parse} reads, for messages. */
  static final String FORM = "continue, cancel or cancel-after=30s, at most 1h";

  static final long AFTER_MS_MAX = 3_600_000;

  /** Thirty days: no response runs for longer. */
  static final long UNATTENDED_MS_MAX = 2_592_000_000L;

  private static final Pattern CANCEL = Pattern.compile("cancel(?:-after=([0-9]{1,7})(ms|s|m|h))?");

  /** Reads what a client or the configuration says; empty if it is none of {@link #FORM}. */
  static Optional<OnDisconnect> parse(String text) {
    if (text.equals("continue")) {
      return Optional.of(CONTINUE);
    }
    var parts = CANCEL.matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    long afterMs =
        parts.group(1) == null ? 0 : Long.parseLong(parts.group(1)) * msOf(parts.group(2));
    return afterMs <= AFTER_MS_MAX
        ? Optional.of(new OnDisconnect(Kind.CANCEL, afterMs))
        : Optional.empty();
  }

  private static long msOf(String unit) {
    return switch (unit) {
      case "ms" -> 1;
      case "s" -> 1_000;
      case "m" -> 60_000;
      default -> 3_600_000;
    };
  }

  /** The same, for no longer than this. */
  OnDisconnect within(long mostMs) {
    return new OnDisconnect(kind, Math.min(afterMs, mostMs));
  }

  /** What it means where a response is certainly an answer, or may be something else. */
  OnDisconnect forRequest(boolean certainlyAnAnswer) {
    return kind == Kind.AUTO && certainlyAnAnswer ? new OnDisconnect(Kind.CONTINUE, afterMs) : this;
  }
}
