package dev.lastword.journal;

import java.util.Locale;

/** How a stream ended. One for ever; its number in the journal is its ordinal and never changes. */
public enum Outcome {
  /** The upstream said its ending event, and the response was saved before anyone read it. */
  COMPLETED,
  /** Its owner stopped it; the partial is kept. */
  CANCELLED,
  /** The upstream, the disk or a limit ended it; the partial is kept. */
  FAILED,
  /** The process that ran it went away; the partial is kept. */
  INTERRUPTED;

  /** The word for JSON, logs and metrics, such as {@code completed}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
