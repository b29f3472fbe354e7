package dev.lastword.archive;

/**
 * Another program holds a lock of the database, such as a person's shell in a transaction. Nothing
 * was done; later it may be.
 */
public final class ArchiveBusyException extends ArchiveFailedException {
  private static final long serialVersionUID = 1;

  /** Says what was being done, and for how long it was tried. */
  public ArchiveBusyException(String message, Throwable cause) {
    super(message, cause);
  }
}
