package dev.lastword.archive;

/**
 * Nothing is taken from this process any more, until it opens the archive again: another has opened
 * it since, or it is not as this one left it. Nothing was done.
 */
public final class ArchiveFencedException extends ArchiveFailedException {
  private static final long serialVersionUID = 1;

  /** Says who has it, or what it lacks. */
  public ArchiveFencedException(String message) {
    super(message);
  }

  /** Says what was being done, and who has it, or what it lacks. */
  public ArchiveFencedException(String message, Throwable cause) {
    super(message, cause);
  }
}
