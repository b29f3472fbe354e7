package dev.lastword.checker.probe;

import java.io.IOException;

/** The connection ended before the body did. */
public final class CutException extends IOException {
  private static final long serialVersionUID = 1;

  CutException(String message) {
    super(message);
  }

  CutException() {
    super("the connection ended before the body did");
  }
}
