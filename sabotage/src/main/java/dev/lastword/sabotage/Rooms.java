package dev.lastword.sabotage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// The rooms of the project and which need which, as the POMs say it.
///
/// @param needs each room in the order of the build, with the rooms that it needs directly
/// @param tests the same for the rooms' tests
record Rooms(Map<String, Set<String>> needs, Map<String, Set<String>> tests) {
  private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");
  private static final Pattern DEPENDENCY =
      Pattern.compile("<artifactId>lastword-([^<]+)</artifactId>\\s*(<scope>test</scope>)?");

  /// Reads the POMs under a root.
  static Rooms of(Path root) throws IOException {
    var modules =
        MODULE
            .matcher(Files.readString(root.resolve("pom.xml")))
            .results()
            .map(m -> m.group(1))
            .toList();
    var needs = new LinkedHashMap<String, Set<String>>();
    var tests = new LinkedHashMap<String, Set<String>>();
    for (var module : modules) {
      var pom = Files.readString(root.resolve(module, "pom.xml"));
      needs.put(module, new TreeSet<>());
      tests.put(module, new TreeSet<>());
      DEPENDENCY
          .matcher(pom)
          .results()
          .filter(found -> modules.contains(found.group(1)) && !found.group(1).equals(module))
          .forEach(
              found ->
                  (found.group(2) == null ? needs : tests)
                      .getOrDefault(module, Set.of())
                      .add(found.group(1)));
    }
    return new Rooms(needs, tests);
  }

  /// Whether there is such a room.
  boolean has(String room) {
    return needs.containsKey(room);
  }

  /// Whether a room is built into another one, or is it.
  boolean isIn(String room, String other) {
    return room.equals(other)
        || needs.getOrDefault(other, Set.of()).stream().anyMatch(needed -> isIn(room, needed));
  }

  /// The rooms that need one directly, in the order of the build.
  List<String> needing(String room) {
    return needs.entrySet().stream()
        .filter(other -> other.getValue().contains(room))
        .map(Map.Entry::getKey)
        .toList();
  }

  /// Whether the tests of a room run another one.
  boolean isTestedBy(String room, String other) {
    return isIn(room, other)
        || tests.getOrDefault(other, Set.of()).stream().anyMatch(needed -> isIn(room, needed));
  }

  /// A room and those on the way to another one that is built or tested with it; in the order of
  /// the build.
  List<String> between(String room, String target) {
    return needs.keySet().stream()
        .filter(each -> each.equals(room) || (isIn(room, each) && isTestedBy(each, target)))
        .toList();
  }
}
