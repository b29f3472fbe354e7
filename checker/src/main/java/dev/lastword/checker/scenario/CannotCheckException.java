package dev.lastword.checker.scenario;

/** The endpoint cannot be checked; the message says why, and what to do. */
public final class CannotCheckException extends Exception {
  private static final long serialVersionUID = 1;

  CannotCheckException(String message) {
    super(message);
  }
}
