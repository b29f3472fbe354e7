package dev.lastword.stream;

/** What became of a deletion. */
public enum DeleteResult {
  /** The stream is gone, for readers and after every restart; one that ran was cancelled first. */
  DELETED,
  /** Its answer is complete and waits for a save hook: it stays until that is settled. */
  PENDING,
  /** There is no such stream. */
  UNKNOWN
}
