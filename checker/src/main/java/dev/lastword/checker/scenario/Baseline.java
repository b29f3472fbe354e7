package dev.lastword.checker.scenario;

import dev.lastword.checker.form.Answers;
import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.Values;
import dev.lastword.checker.verify.Watch;
import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.dialect.Sign;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The calm run: a reader who stays to the very end.
 *
 * @param answers how its text and its end were told
 * @param answer the text that it saw
 * @param textEvents the events that brought it, by their indexes
 * @param values what its captured places stand for
 * @param watch how the answer became visible; empty without a verification
 * @param comparable how many of the answer's characters are saved at all when nobody leaves; 0 if
 *     something else is saved in its place
 * @param repeatsTheRequest whether finding it saved proves nothing, because the request holds it
 *     and is shown too
 */
record Baseline(
    Answers answers,
    Reading reading,
    String answer,
    List<Integer> textEvents,
    Values values,
    Optional<Watch> watch,
    int comparable,
    boolean repeatsTheRequest) {

  /** What a share comes to may be rounded, and count white space at its end. */
  private static final int ROUNDED = 3;

  /** What the last events brought is no larger part of an answer. */
  private static final double CUT_MAX = 0.2;

  Dialect dialect() {
    return answers.dialect();
  }

  Duration duration() {
    return Duration.ofNanos(reading.endNanos());
  }

  /**
   * The part of an answer that has to be saved: no more than the calm run's answer was, be it cut
   * to a width, to a share, or by what its last events brought.
   */
  String expected(String text) {
    if (savedWhole()) {
      return text;
    }
    int whole = Math.max(1, answer.strip().length());
    int missing = Math.max(0, whole - comparable);
    int share = (int) ((long) text.length() * comparable / whole) - ROUNDED;
    int cut = missing < CUT_MAX * whole ? text.length() - missing : text.length();
    return text.substring(0, Math.max(0, Math.min(comparable, Math.min(share, cut))));
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
    return dialect().detector(RequestFacts.NONE).endOfBodyCompletes();
  }

  /** Whether the ending event came, but not the terminal event that the dialect has behind it. */
  boolean lastMissing() {
    return reading.ending().isPresent()
        && dialect().missingTerminal().isPresent()
        && reading.arrivals().stream().noneMatch(each -> each.sign() == Sign.TERMINAL);
  }

  /** Number of characters that one event with text brings, at least 1. */
  int charactersPerEvent() {
    return Math.max(1, answer.length() / Math.max(1, textEvents.size()));
  }

  /** The index of the event with text that comes after this share of them, or of the first. */
  int textEvent(double share) {
    return textEvents.isEmpty()
        ? 0
        : textEvents.get(Math.clamp((long) (share * textEvents.size()), 1, textEvents.size()) - 1);
  }

  /** Why nothing can be said about what readers who leave lose; empty if something can. */
  Optional<String> noWhole() {
    if (truncated()) {
      return Optional.of(
          "the calm run broke off before its end (LW009), so that nobody knows the whole answer");
    }
    if (watch.isPresent() && comparable == 0) {
      return Optional.of("what is saved is not the answer, even when nobody leaves (LW010)");
    }
    return repeatsTheRequest
        ? Optional.of(
            "the answer stands in the request, which the verification shows too, so that finding it"
                + " says nothing: ask for another answer")
        : Optional.empty();
  }

  /** The event at which readers leave who wait for the terminal event; or why there is none. */
  Terminal terminal() {
    var terminal = reading.terminal();
    if (terminal.isPresent() && !lastMissing()) {
      return new Terminal.Came(terminal.get());
    }
    if (terminal.isEmpty() && reading.error().isEmpty() && endOfBodyCompletes()) {
      return new Terminal.EndOfBody();
    }
    return new Terminal.Missing(
        reading.error().isPresent()
            ? "the calm run ended with an error event, so that no terminal event came"
            : "no terminal event came (LW008)");
  }

  /** Whether an ending event of its own came ahead of the terminal event. */
  boolean endsEarlier() {
    return reading.ending().isPresent()
        && (lastMissing() || !reading.ending().equals(reading.terminal()));
  }

  /** What the calm run showed of the terminal event. */
  sealed interface Terminal {
    /** It came. */
    record Came(Arrival arrival) implements Terminal {}

    /** It should have come. */
    record Missing(String why) implements Terminal {}

    /** The stream names none: the last that it says is text, and the end of the body ends it. */
    record EndOfBody() implements Terminal {}
  }
}
