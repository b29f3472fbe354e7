package dev.lastword.journal;

/** What the disk gave back is not what was written. Asking again does not help. */
public final class JournalDamagedException extends JournalFailedException {
  private static final long serialVersionUID = 1;

  /** Says what was being done, and where the damage is. */
  public JournalDamagedException(String message) {
    super(message);
  }

  /** Says what was being done, and where the damage is. */
  public JournalDamagedException(String message, Throwable cause) {
    super(message, cause);
  }
}
