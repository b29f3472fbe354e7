package dev.lastword.checker;

import dev.lastword.checker.report.Terminal;
import java.io.PrintStream;

/** What is going on, on one line that is written over; silent where nobody looks on. */
final class Progress {
  private final PrintStream err;

  Progress(PrintStream err) {
    this.err = err;
  }

  /** Whether a person looks on. */
  @SuppressWarnings(
      "SystemConsoleNull") // it is null where JDK 25, which the launcher takes, finds none
  static boolean isTerminal() {
    return System.console() != null;
  }

  void say(String what) {
    if (isTerminal()) {
      err.print("\r\u001b[K" + Terminal.shown(what) + " …");
      err.flush();
    }
  }

  void clear() {
    if (isTerminal()) {
      err.print("\r\u001b[K");
      err.flush();
    }
  }
}
