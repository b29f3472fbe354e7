package dev.lastword.library;

/**
 * The thread was interrupted while it waited; its interrupt flag is set. What it waited for goes
 * on: an answer that is being sealed is sealed all the same.
 */
public final class WaitInterruptedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  WaitInterruptedException(String message) {
    super(message);
  }
}
