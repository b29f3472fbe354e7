package dev.lastword.journal;

import java.io.IOException;

/** A file does not hold what was written to it. */
class DamagedException extends IOException {
  private static final long serialVersionUID = 1;

  private final String what;

  DamagedException(String name, long offset, String what) {
    super("%s %s (offset %d)".formatted(name, what, offset));
    this.what = what;
  }

  /** What is wrong, without name and place. */
  String what() {
    return what;
  }
}
