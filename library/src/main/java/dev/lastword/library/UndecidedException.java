package dev.lastword.library;

/**
 * Lastword was closed, or its disk takes nothing any more, before the answer had its outcome. The
 * next start gives it one: a whole answer is then saved and said, any other is interrupted.
 */
public final class UndecidedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  UndecidedException(String message) {
    super(message);
  }
}
