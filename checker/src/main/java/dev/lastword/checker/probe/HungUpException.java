package dev.lastword.checker.probe;

import java.io.IOException;

/** The peer closed the connection ahead of a response. */
public final class HungUpException extends IOException {
  private static final long serialVersionUID = 1;

  HungUpException() {
    super("the server hung up");
  }
}
