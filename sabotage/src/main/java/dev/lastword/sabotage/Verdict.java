package dev.lastword.sabotage;

import java.time.Duration;
import java.util.Locale;

/// What has become of one planted bug.
///
/// @param took how long the proofs ran until then, without the compiler
record Verdict(Bug bug, By by, Duration took) {
  /// Who has found it.
  sealed interface By {
    /// A simulated world.
    record Seed(String name, String why) implements By {}

    /// A test.
    record Test(String name, String why) implements By {}

    /// Nobody.
    record Nobody() implements By {}
  }

  boolean isFound() {
    return !(by instanceof By.Nobody);
  }

  /// Who has found it, as the table says it.
  String who() {
    return switch (by) {
      case By.Seed(var name, var why) -> name + " (" + why + ")";
      case By.Test(var name, var why) -> "`" + name + "`";
      case By.Nobody() -> "**nobody**";
    };
  }

  /// How long it took, in seconds.
  String seconds() {
    double seconds = took.toMillis() / 1_000.0;
    return String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
  }
}
