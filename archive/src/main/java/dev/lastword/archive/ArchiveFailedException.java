package dev.lastword.archive;

/** The database refused. */
public final class ArchiveFailedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Says what was being done, and what the database said. */
  public ArchiveFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
