package dev.lastword.servlet;

import java.io.IOException;

/** An event stream could not be opened: its reader is answered 503, and nothing of it is taken. */
final class NotKeptException extends IOException {
  private static final long serialVersionUID = 1;

  NotKeptException(RuntimeException cause) {
    super("the event stream cannot be kept now: " + cause.getMessage(), cause);
  }
}
