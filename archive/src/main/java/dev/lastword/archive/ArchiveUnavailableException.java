package dev.lastword.archive;

/** The database's server is not to be reached now. Later it may be; nothing that it has is lost. */
public final class ArchiveUnavailableException extends ArchiveFailedException {
  private static final long serialVersionUID = 1;

  /** Says what was being done, and what the connection said. */
  public ArchiveUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
