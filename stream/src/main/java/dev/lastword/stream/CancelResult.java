package dev.lastword.stream;

/** What became of a cancel. */
public sealed interface CancelResult {
  /** The stream is cancelled, by this call or an earlier one; its partial is kept. */
  record Cancelled(StreamView stream) implements CancelResult {}

  /** It ended, or is complete and being saved: the view says how. */
  record Ended(StreamView stream) implements CancelResult {}

  /** There is no such stream. */
  record Unknown() implements CancelResult {}
}
