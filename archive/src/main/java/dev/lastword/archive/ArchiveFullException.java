package dev.lastword.archive;

/**
 * The disk is full, and what was kept in reserve for this is used up, too. Nothing was done; less
 * at once may go, deletions above all.
 */
public final class ArchiveFullException extends ArchiveFailedException {
  private static final long serialVersionUID = 1;

  /** Says what was being done. */
  public ArchiveFullException(String message) {
    super(message);
  }

  /** Says what was being done, and what the database said. */
  public ArchiveFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
