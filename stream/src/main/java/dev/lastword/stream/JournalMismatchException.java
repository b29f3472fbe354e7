package dev.lastword.stream;

/**
 * Journal and archive do not belong together: one of them was lost, moved or restored by itself.
 * Going on would lose or repeat answers without a word.
 */
public final class JournalMismatchException extends RuntimeException {
  private static final long serialVersionUID = 1;

  JournalMismatchException(String message) {
    super(message);
  }
}
