package dev.lastword.checker.form;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Reading;
import dev.lastword.dialect.PlainDialect;
import dev.lastword.dialect.Sign;
import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Learns from the calm run by which events a response says its end, whatever they are called: the
 * last event, and the first behind all text that is named as an end is.
 */
final class EndSearch {
  private final Reading reading;
  private final int lastText;

  private EndSearch(Reading reading, int lastText) {
    this.reading = reading;
    this.lastText = lastText;
  }

  /**
   * What the calm run has shown.
   *
   * @param choice a dialect that knows its own ends is believed where one of them came
   * @param lastText the last event with text, -1 if none has any
   */
  static Endings learn(Reading reading, DialectChoice choice, int lastText) {
    if (choice.reason() == DialectChoice.Reason.TOLD || reading.arrivals().isEmpty()) {
      return Endings.OF_DIALECT;
    }
    var search = new EndSearch(reading, lastText);
    if (choice.dialect() instanceof PlainDialect) {
      return search.plain();
    }
    boolean silent = reading.ending().isEmpty() && reading.error().isEmpty();
    return silent && reading.end() == Reading.End.CLEAN ? search.ofVendor() : Endings.OF_DIALECT;
  }

  /** A vendor's dialect whose end did not come: another one may have, which is named so. */
  private Endings ofVendor() {
    int last = lastOfAll();
    return EventMarks.sayingEnd(event(last), before(last))
        .map(mark -> new Endings(Optional.empty(), Optional.of(mark), true, false))
        .orElse(Endings.OF_DIALECT);
  }

  private Endings plain() {
    boolean errors = failsAtTheEnd();
    if (errors || reading.error().isPresent()) {
      return new Endings(Optional.empty(), Optional.empty(), true, errors);
    }
    boolean failures = reading.arrivals().stream().noneMatch(each -> isFailure(each.event()));
    int last = usualTerminal().orElseGet(this::lastOfAll);
    if (last < lastText) {
      return new Endings(Optional.empty(), Optional.empty(), true, failures); // text goes on
    }
    if (last == lastText) {
      return new Endings(Optional.empty(), saying(last), true, failures);
    }
    var first = firstSounding(Math.max(0, lastText), last);
    boolean usual = EventMarks.sayingEnd(event(last), before(last)).isPresent();
    return new Endings(
        first, Optional.of(EventMarks.of(event(last), before(last))), usual, failures);
  }

  /** An ending that every page knows, wherever it stands. */
  private Optional<Integer> usualTerminal() {
    return reading.arrivals().stream()
        .filter(each -> each.sign() == Sign.ENDING || each.sign() == Sign.TERMINAL)
        .map(Arrival::index)
        .findFirst()
        .or(
            () ->
                reading.arrivals().stream()
                    .skip(lastText + 1L)
                    .filter(each -> EndNames.isLiteral(each.event().data()))
                    .map(Arrival::index)
                    .findFirst());
  }

  private Optional<EventMark> firstSounding(int from, int last) {
    for (int i = from; i < last; i++) {
      var mark = saying(i);
      if (mark.isPresent()) {
        return mark;
      }
    }
    return Optional.empty();
  }

  private Optional<EventMark> saying(int index) {
    return EventMarks.sayingEnd(event(index), before(index));
  }

  /** The last event that is no heartbeat. */
  private int lastOfAll() {
    int last = reading.arrivals().size() - 1;
    while (last > 0 && Heartbeats.include(event(last))) {
      last--;
    }
    return last;
  }

  private SseEvent event(int index) {
    return reading.arrivals().get(index).event();
  }

  /** Those before it, but for the same one that was said twice. */
  private List<SseEvent> before(int index) {
    var own = event(index);
    return reading.arrivals().stream()
        .limit(index)
        .filter(each -> each.index() <= lastText || !same(each.event(), own))
        .map(Arrival::event)
        .toList();
  }

  static boolean same(SseEvent left, SseEvent right) {
    return left.type().equals(right.type()) && left.data().equals(right.data());
  }

  private boolean failsAtTheEnd() {
    return reading.arrivals().stream()
        .anyMatch(each -> each.index() > lastText && isFailure(each.event()));
  }

  /** Whether an event is named as a failure of the answer is. */
  static boolean isFailure(SseEvent event) {
    return EventMarks.json(event)
            .filter(
                json ->
                    json.path("error").isObject()
                        || (json.path("error").isString()
                            && !json.path("error").asString().isBlank()))
            .isPresent()
        || named(event, EndNames::soundsFailed);
  }

  /** Whether the event's type, or a member that tells its kind, has such a name. */
  static boolean named(SseEvent event, Predicate<String> name) {
    if (!event.type().equals("message") && name.test(event.type())) {
      return true;
    }
    return EventMarks.json(event).stream()
        .flatMap(json -> Leaves.of(json).stream())
        .anyMatch(
            leaf ->
                leaf.depth() == 1
                    && leaf.node().isString()
                    && EndNames.isKind(leaf.key())
                    && !leaf.text().isBlank()
                    && name.test(leaf.text()));
  }
}
