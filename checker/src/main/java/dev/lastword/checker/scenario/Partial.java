package dev.lastword.checker.scenario;

import dev.lastword.checker.scenario.Departures.Departure;
import dev.lastword.checker.template.Json;
import java.util.List;
import java.util.OptionalInt;

/** Whether what is saved of an answer is only a part of it. */
final class Partial {
  /** A server takes a few events to see that its reader has gone. */
  private static final int EVENTS_UNSEEN = 3;

  /** A whole answer may be shorter than those that were read whole, but hardly by so much. */
  private static final double SHARE_OF_A_WHOLE = 0.7;

  private Partial() {}

  /** Whether what a departure left behind ends where it left, and is marked complete. */
  static boolean calledComplete(Bench bench, Departure departure, WholeMark mark)
      throws InterruptedException {
    var baseline = bench.baseline();
    var shown = departure.later().shown();
    var read = departure.trial().answer().strip();
    if (!baseline.savedWhole() || !mark.in(shown, read)) {
      return false;
    }
    var saved = saved(baseline, shown, read);
    int beyond = saved.length() - saved.indexOf(read) - read.length();
    return saved.contains(read)
        && beyond <= EVENTS_UNSEEN * baseline.charactersPerEvent()
        && read.length() + beyond < SHARE_OF_A_WHOLE * bench.shortestWhole();
  }

  /** The text that is saved of an answer, at the place of the calm run's. */
  private static String saved(Baseline baseline, String shown, String read) {
    return baseline
        .watch()
        .flatMap(watch -> SavedText.last(watch.last().shown(), baseline.answer()))
        .flatMap(calm -> SavedText.like(calm, shown, read))
        .map(each -> each.text().strip())
        .orElse(shown.strip());
  }

  /** Number of characters that are shown behind those that were read; empty if they are not. */
  static OptionalInt beyond(String shown, String read) {
    var texts = Json.parse(shown).map(Json::strings).orElse(List.of(shown));
    return texts.stream()
        .map(String::strip)
        .filter(text -> text.contains(read))
        .mapToInt(text -> text.length() - text.indexOf(read) - read.length())
        .min();
  }
}
