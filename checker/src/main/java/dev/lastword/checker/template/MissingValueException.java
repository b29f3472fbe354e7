package dev.lastword.checker.template;

/** A place cannot be filled, or not with what there is. */
public final class MissingValueException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MissingValueException(String message) {
    super(message);
  }
}
