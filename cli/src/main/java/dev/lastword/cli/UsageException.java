package dev.lastword.cli;

/**
 * What was asked for cannot be done as it was said; the message is one line for whoever said it.
 */
public class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Names what is wrong, and what was meant or is possible. */
  public UsageException(String message) {
    super(message);
  }

  /** What the command ends with. */
  public int exitCode() {
    return Commands.WRONG;
  }
}
