package dev.lastword.checker.form;

import dev.lastword.checker.form.TextPlace.Spot;
import dev.lastword.checker.probe.Arrival;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the events with text said of themselves in the calm run: words beside the text that came
 * again. Events of a kind that did not come there may have another text at the same place, such as
 * a thought or a tool's.
 *
 * @param place where the text stands; empty where a dialect puts it together
 * @param known the words of the calm run, by their place
 */
public record TextKinds(Optional<TextPlace> place, Map<String, Set<String>> known) {
  private static final int WORDS_MAX = 12;

  /** What the calm run has shown. */
  public static TextKinds of(Optional<TextPlace> place, List<Arrival> calm) {
    var known = new HashMap<String, Set<String>>();
    if (place.isPresent()) {
      words(place.get(), calm)
          .forEach(
              each ->
                  known
                      .computeIfAbsent(each.pointer(), pointer -> new HashSet<>())
                      .add(each.value()));
    }
    known.values().removeIf(words -> words.size() > WORDS_MAX);
    return new TextKinds(place, known);
  }

  /** Whether all events with text are of kinds that came in the calm run. */
  public boolean know(List<Arrival> arrivals) {
    return place.isEmpty()
        || words(place.get(), arrivals)
            .allMatch(
                each ->
                    !known.containsKey(each.pointer())
                        || known.getOrDefault(each.pointer(), Set.of()).contains(each.value()));
  }

  private static Stream<Condition> words(TextPlace place, List<Arrival> arrivals) {
    return place.spot() instanceof Spot.Value(String pointer)
        ? arrivals.stream()
            .filter(arrival -> !place.piece(arrival).isEmpty())
            .flatMap(arrival -> EventMarks.json(arrival.event()).stream())
            .flatMap(json -> Leaves.of(json).stream())
            .filter(leaf -> !leaf.pointer().equals(pointer) && TextSearch.mayTellKind(leaf))
            .map(leaf -> new Condition(leaf.pointer(), leaf.text()))
        : Stream.empty();
  }
}
