package dev.lastword.checker.scenario;

import java.io.IOException;

/** An earlier request was not answered with success; the message says which, and how. */
final class StepFailedException extends IOException {
  private static final long serialVersionUID = 1;

  StepFailedException(String message) {
    super(message);
  }
}
