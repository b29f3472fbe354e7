package dev.lastword.sabotage;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// The table in the guide: who has found each bug, and when. A run of some bugs changes their rows
/// only.
final class Table {
  private static final String BEGIN = "<!-- What follows is written by `./lastword sabotage`. -->";
  private static final Pattern ROW = Pattern.compile("\\| `([a-z0-9-]+)` \\|.*");

  private final String before;
  private final Map<String, String> rows = new LinkedHashMap<>();

  private Table(String before) {
    this.before = before;
  }

  /// The table that a guide ends with.
  ///
  /// @throws BugListException if the guide has no place for one
  static Table of(String guide) {
    int begin = guide.indexOf(BEGIN);
    if (begin < 0) {
      throw new BugListException("the guide has no line \"" + BEGIN + "\"");
    }
    var table = new Table(guide.substring(0, begin));
    guide
        .substring(begin)
        .lines()
        .forEach(
            line -> {
              var row = ROW.matcher(line);
              if (row.matches()) {
                table.rows.put(row.group(1), line);
              }
            });
    return table;
  }

  void put(Verdict verdict) {
    var bug = verdict.bug();
    rows.put(
        bug.name(),
        "| `%s` | %s | %s | %s |"
            .formatted(bug.name(), cell(bug.breaks()), cell(verdict.who()), verdict.seconds()));
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }

  /// The guide with the table, in the order of the list and without bugs that are no longer in it.
  String guide(BugList list) {
    var text = new StringBuilder(before).append(BEGIN).append('\n');
    int looked = 0;
    int found = 0;
    var byRoom = new LinkedHashMap<String, List<String>>();
    for (var bug : list.bugs()) {
      var row = rows.get(bug.name());
      if (row != null) {
        looked++;
        found += row.contains("**nobody**") ? 0 : 1;
        byRoom.computeIfAbsent(bug.room(), room -> new ArrayList<>()).add(row);
      }
    }
    text.append(
        "\n%d bugs; %d were looked for, %d of them found.\n"
            .formatted(list.bugs().size(), looked, found));
    byRoom.forEach(
        (room, lines) -> {
          text.append("\n### ").append(room).append("\n\n");
          text.append("| bug | breaks | found by | after |\n|---|---|---|---|\n");
          lines.forEach(line -> text.append(line).append('\n'));
        });
    return text.toString();
  }
}
