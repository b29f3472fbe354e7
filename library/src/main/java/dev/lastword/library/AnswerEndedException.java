package dev.lastword.library;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;

/**
 * An answer has ended, or is about to, otherwise than its writer meant: its owner has cancelled it,
 * a bound or the disk has ended it, or it could not be saved. What it had become is kept.
 */
public final class AnswerEndedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Outcome outcome;
  private final String reason;

  AnswerEndedException(StreamId id, Outcome outcome, String reason) {
    super("answer %s ended %s: %s".formatted(id, outcome.word(), reason));
    this.outcome = outcome;
    this.reason = reason;
  }

  /** How; never {@code COMPLETED}. */
  public Outcome outcome() {
    return outcome;
  }

  /** Why, such as {@code cancelled}, {@code idle} or {@code save_rejected}. */
  public String reason() {
    return reason;
  }
}
