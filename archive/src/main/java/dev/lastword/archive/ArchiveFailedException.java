package dev.lastword.archive;

/** The database refused. The subclasses are the cases in which a caller can do something. */
public sealed class ArchiveFailedException extends RuntimeException
    permits ArchiveBusyException,
        ArchiveDamagedException,
        ArchiveFencedException,
        ArchiveFullException,
        ArchiveUnavailableException {
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
