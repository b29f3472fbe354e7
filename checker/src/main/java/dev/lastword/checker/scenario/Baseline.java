package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.verify.Watch;
import java.time.Duration;
import java.util.Optional;

/**
 * The calm run: a reader who stays to the very end.
 *
 * @param answer the text that it saw
 * @param watch how the answer became visible; empty without a verification
 * @param comparable how many of the answer's characters are saved at all when nobody leaves
 */
record Baseline(Reading reading, String answer, Optional<Watch> watch, int comparable) {
  Duration duration() {
    return Duration.ofNanos(reading.endNanos());
  }

  /** The part of an answer that has to be saved. */
  String expected(String text) {
    return text.substring(0, Math.min(comparable, text.length()));
  }
}
