package dev.lastword.checker.scenario;

import dev.lastword.checker.scenario.Departures.Departure;
import dev.lastword.checker.template.Json;
import java.util.List;
import java.util.OptionalInt;

/** Whether what is saved of an answer is only a part of it. */
final class Partial {
  /** A server takes a few events to see that its reader has gone. */
  private static final int EVENTS_UNSEEN = 3;

  /** A whole answer may be shorter than the calm run's, but hardly by so much. */
  private static final double SHARE_OF_THE_REST = 0.4;

  private Partial() {}

  /** Whether what a departure left behind ends where it left, and is marked complete. */
  static boolean calledComplete(Baseline baseline, Departure departure, CompleteMark mark) {
    if (!baseline.savedWhole() || !mark.in(departure.later().shown())) {
      return false;
    }
    var read = departure.trial().answer().strip();
    var beyond = beyond(departure.later().shown(), read);
    return beyond.isPresent() && beyond.getAsInt() < margin(baseline, read);
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

  /** So many characters more than were read are still a part. */
  private static double margin(Baseline baseline, String read) {
    int rest = baseline.answer().strip().length() - read.length();
    return Math.min(EVENTS_UNSEEN * baseline.charactersPerEvent() + 1, SHARE_OF_THE_REST * rest);
  }
}
