package dev.lastword.journal;

import java.io.IOException;

/** A file does not hold what was written to it. */
final class DamagedException extends IOException {
  private static final long serialVersionUID = 1;

  DamagedException(String name, long offset, String what) {
    super("%s %s (offset %d)".formatted(name, what, offset));
  }
}
