package dev.lastword.sabotage;

/// The list of bugs does not fit: to its own form, or to the sources. The message names the bug or
/// the line.
final class BugListException extends RuntimeException {
  private static final long serialVersionUID = 1;

  BugListException(String message) {
    super(message);
  }
}
