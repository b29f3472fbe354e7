package dev.lastword.library;

/**
 * A reader's last event ID is none of the stream's: it would miss events or see some twice. An
 * endpoint answers 400, and the reader begins anew without an ID.
 */
public final class UnknownEventException extends RuntimeException {
  private static final long serialVersionUID = 1;

  UnknownEventException(String message) {
    super(message);
  }
}
