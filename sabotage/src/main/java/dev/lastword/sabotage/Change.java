package dev.lastword.sabotage;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Some lines of one file, and what stands there instead.
///
/// Lines are compared without the white space around them, so that a change of the indentation is
/// none of the bug's.
///
/// @param file path from the root of the sources, with `/`
/// @param found the lines that are there; at least one
/// @param replacement the lines that stand there instead; may be none
record Change(String file, List<String> found, List<String> replacement) {
  Change {
    found = List.copyOf(found);
    replacement = List.copyOf(replacement);
    if (found.isEmpty()) {
      throw new BugListException("a change of " + file + " names no line that is there");
    }
    if (found.equals(replacement)) {
      throw new BugListException("a change of " + file + " changes nothing");
    }
  }

  /// The text with the change in it.
  ///
  /// @throws BugListException if the lines are not in the text, or are there more than once
  String apply(String text) {
    var lines = text.lines().toList();
    var places =
        IntStream.rangeClosed(0, lines.size() - found.size())
            .filter(place -> isAt(lines, place))
            .boxed()
            .toList();
    if (places.size() != 1) {
      throw new BugListException(
          "%s has %s lines that begin with \"%s\""
              .formatted(
                  file,
                  places.isEmpty() ? "no" : places.size() + " times the",
                  found.getFirst().strip()));
    }
    int place = places.getFirst();
    var changed = new ArrayList<>(lines.subList(0, place));
    changed.addAll(replacement);
    changed.addAll(lines.subList(place + found.size(), lines.size()));
    return String.join("\n", changed) + "\n";
  }

  private boolean isAt(List<String> lines, int place) {
    return IntStream.range(0, found.size())
        .allMatch(i -> lines.get(place + i).strip().equals(found.get(i).strip()));
  }
}
