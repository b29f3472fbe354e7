package dev.lastword.journal;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** How far each stream has come, by the entries that were seen. */
final class StreamSummary {
  private final Map<StreamId, Line> streams = new LinkedHashMap<>();

  private static final class Line {
    String state = "open";
    long events;
    long wireBytes;
    long late;
  }

  void add(Entry entry) {
    var line = streams.computeIfAbsent(entry.stream(), stream -> new Line());
    switch (entry) {
      case Entry.Opened e -> {}
      case Entry.Appended e -> count(line, e.events().count(), e.events().length());
      case Entry.Ending e -> {
        count(line, e.withheld().count(), e.withheld().length());
        line.state = "complete";
      }
      case Entry.Saved e -> line.state = line.state.equals("complete") ? "saved" : line.state;
      case Entry.Sealed e -> {
        count(line, e.events().count(), e.events().length());
        line.state = e.outcome().word();
      }
      case Entry.Late e -> line.late += e.events().count();
      case Entry.Deleted e -> line.state = "deleted";
      case Entry.Withheld e -> count(line, e.events().count(), e.events().length());
      case Entry.Shown e -> {}
      case Entry.Rejected e -> {}
    }
  }

  private static void count(Line line, int events, int wireBytes) {
    line.events += events;
    line.wireBytes += wireBytes;
  }

  void print(Lines lines) throws IOException {
    lines.line("");
    lines.line("streams " + streams.size());
    for (var each : streams.entrySet()) {
      var line = each.getValue();
      lines.line(
          "  "
              + each.getKey()
              + " state="
              + line.state
              + " events="
              + line.events
              + " wire_bytes="
              + line.wireBytes
              + " late="
              + line.late);
    }
  }
}
