package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.Values;
import dev.lastword.checker.verify.Watch;
import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.dialect.Sign;
import java.time.Duration;
import java.util.Optional;

/**
 * The calm run: a reader who stays to the very end.
 *
 * @param answer the text that it saw
 * @param values what its captured places stand for
 * @param watch how the answer became visible; empty without a verification
 * @param comparable how many of the answer's characters are saved at all when nobody leaves; 0 if
 *     something else is saved in its place
 */
record Baseline(
    Dialect dialect,
    Reading reading,
    String answer,
    Values values,
    Optional<Watch> watch,
    int comparable) {

  Duration duration() {
    return Duration.ofNanos(reading.endNanos());
  }

  /** The part of an answer that has to be saved. */
  String expected(String text) {
    return text.substring(0, Math.min(comparable, text.length()));
  }

  /** Whether all of the answer is saved when nobody leaves. */
  boolean savedWhole() {
    return comparable == Integer.MAX_VALUE;
  }

  /** Whether the response broke off, or just ended, before anything said that it is over. */
  boolean truncated() {
    return reading.ending().isEmpty()
        && reading.error().isEmpty()
        && (reading.end() == Reading.End.CUT || !endOfBodyCompletes());
  }

  boolean endOfBodyCompletes() {
    return dialect.detector(RequestFacts.NONE).endOfBodyCompletes();
  }

  /** Whether the ending event came, but not the terminal event that the dialect has behind it. */
  boolean lastMissing() {
    return reading.ending().isPresent()
        && dialect.missingTerminal().isPresent()
        && reading.arrivals().stream().noneMatch(each -> each.sign() == Sign.TERMINAL);
  }

  /** Number of characters that one event brings, at least 1. */
  int charactersPerEvent() {
    return Math.max(1, answer.length() / Math.max(1, reading.contentEvents()));
  }

  /** Why nothing can be said about what readers who leave lose; empty if something can. */
  Optional<String> noWhole() {
    if (truncated()) {
      return Optional.of(
          "the calm run broke off before its end (LW009), so that nobody knows the whole answer");
    }
    return watch.isPresent() && comparable == 0
        ? Optional.of("what is saved is not the answer, even when nobody leaves (LW010)")
        : Optional.empty();
  }

  /** The event at which readers leave who wait for the terminal event; or why there is none. */
  Terminal terminal() {
    var terminal = reading.terminal();
    if (terminal.isPresent() && !lastMissing()) {
      return new Terminal.Came(terminal.get());
    }
    if (terminal.isEmpty() && reading.error().isEmpty() && endOfBodyCompletes()) {
      return new Terminal.None(
          "the stream names no terminal event: its end is the body's end; if readers leave at an"
              + " event, name it with --terminal");
    }
    return new Terminal.Missing(
        reading.error().isPresent()
            ? "the calm run ended with an error event, so that no terminal event came"
            : "no terminal event came (LW008)");
  }

  /** What the calm run showed of the terminal event. */
  sealed interface Terminal {
    /** It came. */
    record Came(Arrival arrival) implements Terminal {}

    /** It should have come. */
    record Missing(String why) implements Terminal {}

    /** The stream has none. */
    record None(String why) implements Terminal {}
  }
}
