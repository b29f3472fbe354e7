package dev.lastword.archive;

/**
 * Another process has opened the archive since: nothing is taken from this one any more, until it
 * opens it again. Nothing was done.
 */
public final class ArchiveFencedException extends ArchiveFailedException {
  private static final long serialVersionUID = 1;

  /** Says who has it. */
  public ArchiveFencedException(String message) {
    super(message);
  }

  /** Says what was being done, and who has it. */
  public ArchiveFencedException(String message, Throwable cause) {
    super(message, cause);
  }
}
