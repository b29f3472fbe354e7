package dev.lastword.journal;

/**
 * The disk refused: what was asked for may work when it is asked for again. If it is a {@link
 * JournalDamagedException}, it never will.
 */
public class JournalFailedException extends RuntimeException {
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
