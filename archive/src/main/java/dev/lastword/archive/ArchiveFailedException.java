package dev.lastword.archive;

/** The database refused, or what it gave back is damaged. */
public final class ArchiveFailedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Says what was being done. */
  public ArchiveFailedException(String message) {
    super(message);
  }

  /** Says what was being done, and what the database said. */
  public ArchiveFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
