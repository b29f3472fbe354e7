package dev.lastword.sabotage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;

/// The bugs of a folder of Markdown files. In each file a second-level heading begins a bug:
///
/// ````
/// ## failed-flush-retried
///
/// I1: a flush that failed is tried again, and "succeeds" without the bytes.
///
/// `journal/src/main/java/dev/lastword/journal/SegmentWriter.java`
///
/// ```diff
///  } catch (IOException e) {
/// -  throw e;
/// +  file.force();
/// ```
/// ````
///
/// In a block, lines with a space or a minus in front are those that are there, lines with a space
/// or a plus those that stand there instead. Several blocks may follow a file, and several files a
/// heading. What stands before the first bug is for people.
record BugList(List<Bug> bugs) {
  private static final String NAME = "[a-z0-9]+(-[a-z0-9]+)*";

  BugList {
    bugs = List.copyOf(bugs);
    var names = new HashSet<String>();
    for (var bug : bugs) {
      if (!names.add(bug.name())) {
        throw new BugListException("there are two bugs of the name '" + bug.name() + "'");
      }
    }
  }

  /// Reads every `.md` file of a folder, in the order of their names.
  static BugList read(Path folder) throws IOException {
    var bugs = new ArrayList<Bug>();
    try (var files = Files.list(folder)) {
      for (var file : files.filter(each -> each.toString().endsWith(".md")).sorted().toList()) {
        bugs.addAll(parse(String.valueOf(file.getFileName()), Files.readString(file)));
      }
    }
    return new BugList(bugs);
  }

  /// The bugs of these names; all of them if there are no names.
  BugList only(Collection<String> names) {
    for (var name : names) {
      if (bugs.stream().noneMatch(bug -> bug.name().equals(name))) {
        throw new BugListException("there is no bug of the name '" + name + "'");
      }
    }
    return names.isEmpty()
        ? this
        : new BugList(bugs.stream().filter(bug -> names.contains(bug.name())).toList());
  }

  /// The bugs of one file's text.
  static List<Bug> parse(String file, String text) {
    var parser = new Parser(file);
    text.lines().forEach(parser::line);
    return parser.end();
  }

  /// Reads line by line.
  private static final class Parser {
    private final String file;
    private final List<Bug> bugs = new ArrayList<>();
    private final List<Change> changes = new ArrayList<>();
    private final List<String> breaks = new ArrayList<>();
    private final List<String> found = new ArrayList<>();
    private final List<String> replacement = new ArrayList<>();
    private String name = "";
    private String changed = "";
    private boolean inBlock;
    private int number;

    Parser(String file) {
      this.file = file;
    }

    void line(String line) {
      number++;
      if (inBlock) {
        blockLine(line);
      } else if (line.startsWith("## ")) {
        endBug();
        name = line.substring(3).strip();
        if (!name.matches(NAME)) {
          throw wrong(
              "a bug's name is lower-case words with hyphens between them, not '" + name + "'");
        }
      } else if (!name.isEmpty() && line.matches("`[^`]+`")) {
        changed = line.substring(1, line.length() - 1);
        if (!changed.contains("/")) {
          throw wrong("'" + changed + "' is no path from the root of the sources");
        }
      } else if (line.startsWith("```")) {
        beginBlock();
      } else if (!name.isEmpty() && changed.isEmpty() && !line.isBlank()) {
        breaks.add(line.strip());
      }
    }

    private void beginBlock() {
      if (changed.isEmpty()) {
        throw wrong("no file is named that this block changes");
      }
      inBlock = true;
    }

    private void blockLine(String line) {
      if (line.equals("```")) {
        inBlock = false;
        changes.add(new Change(changed, found, replacement));
        found.clear();
        replacement.clear();
        return;
      }
      char sign = line.isEmpty() ? ' ' : line.charAt(0);
      var rest = line.isEmpty() ? "" : line.substring(1);
      switch (sign) {
        case '-' -> found.add(rest);
        case '+' -> replacement.add(rest);
        case ' ' -> {
          found.add(rest);
          replacement.add(rest);
        }
        default -> throw wrong("a line in a block begins with a space, a minus or a plus");
      }
    }

    List<Bug> end() {
      if (inBlock) {
        throw wrong("the last block has no end");
      }
      endBug();
      return bugs;
    }

    private void endBug() {
      if (name.isEmpty()) {
        return;
      }
      if (breaks.isEmpty()) {
        throw wrong("nothing says what the bug '" + name + "' breaks");
      }
      bugs.add(new Bug(name, String.join(" ", breaks), changes));
      breaks.clear();
      changes.clear();
      name = "";
      changed = "";
    }

    private BugListException wrong(String what) {
      return new BugListException(file + ":" + number + ": " + what);
    }
  }
}
