package dev.lastword.sabotage;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/// A bug that can be planted.
///
/// @param name what it is called on the command line and in the table: lower-case words with
///   hyphens between them
/// @param breaks the invariant that it breaks, and how, in a sentence
/// @param changes what is changed, in order; at least one
record Bug(String name, String breaks, List<Change> changes) {
  Bug {
    changes = List.copyOf(changes);
    if (changes.isEmpty()) {
      throw new BugListException("bug '" + name + "' changes nothing");
    }
  }

  /// The room that it is planted in: the folder of the first file that it changes.
  String room() {
    var file = changes.getFirst().file();
    return file.substring(0, file.indexOf('/'));
  }

  /// The files that it changes, with the bug in them.
  ///
  /// @param sources gives the text of a file
  /// @throws BugListException if a change does not apply
  Map<String, String> plant(UnaryOperator<String> sources) {
    var planted = new LinkedHashMap<String, String>();
    for (var change : changes) {
      var text = planted.computeIfAbsent(change.file(), sources);
      try {
        planted.put(change.file(), change.apply(text));
      } catch (BugListException e) {
        throw new BugListException("bug '" + name + "' no longer applies: " + e.getMessage());
      }
    }
    return planted;
  }
}
