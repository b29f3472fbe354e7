package dev.lastword.checker.verify;

import java.util.OptionalLong;

/**
 * Looks repeated until what is expected was there, or a limit.
 *
 * @param first the first look
 * @param last the last one
 * @param visibleNanos from the moment in question to the begin of the look that found it; empty if
 *     none did
 */
public record Watch(Look first, Look last, OptionalLong visibleNanos) {
  /** This with one more look. */
  public Watch then(Look look, long sinceNanos) {
    var visible =
        look.saved()
            ? OptionalLong.of(Math.max(0, look.atNanos() - sinceNanos))
            : OptionalLong.empty();
    return new Watch(first, look, visible);
  }

  /** Whether any look found it. */
  public boolean saved() {
    return visibleNanos.isPresent();
  }

  /** Whether it was looked for to the end, in vain. */
  public boolean lost() {
    return !saved() && last.outcome() != Look.Outcome.BLIND;
  }
}
