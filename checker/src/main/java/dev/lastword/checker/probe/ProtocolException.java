package dev.lastword.checker.probe;

import java.io.IOException;

/** The peer speaks another protocol than it was spoken to in. */
public final class ProtocolException extends IOException {
  private static final long serialVersionUID = 1;

  ProtocolException(String message) {
    super(message);
  }
}
