package dev.lastword.sabotage;

import java.util.Optional;

/// What a child process says about how far it is, one line each: a mark, a word, and fields with
/// tabs between them.
sealed interface Said {
  /// What such a line begins with.
  String MARK = "@@sabotage";

  /// It begins with something.
  record At(String what, String name) implements Said {}

  /// Something failed.
  record Failed(Children.Red red) implements Said {}

  /// It has come to its end.
  ///
  /// @param whole it says so itself, and nothing failed
  record End(boolean whole) implements Said {}

  /// The line for it, and nothing else: what a test has printed without an end of line is not part
  /// of it.
  static void print(String word, String... fields) {
    var line = new StringBuilder("\n" + MARK + "\t" + word);
    for (var field : fields) {
      line.append('\t').append(field.replaceAll("[\\t\\r\\n]+", " "));
    }
    System.out.println(line);
    System.out.flush();
  }

  /// What a line says; empty for any other line.
  static Optional<Said> parse(String line) {
    var fields = line.split("\t", -1);
    if (fields.length < 2 || !fields[0].equals(MARK)) {
      return Optional.empty();
    }
    return switch (fields[1]) {
      case "at" -> Optional.of(new At(fields[2], fields[3]));
      case "red" -> Optional.of(new Failed(new Children.Red(fields[2], fields[3], fields[4])));
      case "end" -> Optional.of(new End(true));
      default -> Optional.empty();
    };
  }
}
