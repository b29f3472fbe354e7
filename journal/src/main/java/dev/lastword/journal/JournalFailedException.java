package dev.lastword.journal;

/** The disk refused, or what it gave back is damaged. Never retried. */
public final class JournalFailedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Says what was being done. */
  public JournalFailedException(String message) {
    super(message);
  }

  /** Says what was being done, and what the disk said. */
  public JournalFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
