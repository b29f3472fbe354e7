package dev.lastword.journal.postgresql;

import java.io.IOException;

/** Another process has opened the journal. Nothing was written, and nothing more will be. */
final class FencedException extends IOException {
  private static final long serialVersionUID = 1;

  FencedException(String message) {
    super(message);
  }
}
