package dev.lastword.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A piece of Markdown that says what was measured, on what, how, and with which result.
final class Report {
  private final StringBuilder text = new StringBuilder();
  private final List<List<String>> rows = new ArrayList<>();

  static Report titled(String title) throws IOException {
    var report = new Report();
    report.text.append("## ").append(title).append("\n\n").append(machine()).append("\n\n");
    return report;
  }

  Report paragraph(String sentences) {
    endTable();
    text.append(sentences).append("\n\n");
    return this;
  }

  /// A row of the current table; the first one after a paragraph is its head.
  Report row(String... cells) {
    rows.add(List.of(cells));
    return this;
  }

  /// Prints the report, and writes it where the options say.
  void publish(LoadOptions options) throws IOException {
    endTable();
    System.out.print(text);
    if (options.markdown.isPresent()) {
      Files.writeString(options.markdown.get(), text);
    }
  }

  private void endTable() {
    for (int i = 0; i < rows.size(); i++) {
      text.append("| ").append(String.join(" | ", rows.get(i))).append(" |\n");
      if (i == 0) {
        text.append("|").append("---|".repeat(rows.getFirst().size())).append('\n');
      }
    }
    if (!rows.isEmpty()) {
      text.append('\n');
      rows.clear();
    }
  }

  private static String machine() throws IOException {
    var model = firstLine(Path.of("/proc/cpuinfo"), "model name");
    var memory = firstLine(Path.of("/proc/meminfo"), "MemTotal").replaceAll("\\D", "");
    return String.format(
        Locale.ROOT,
        "%d cores (%s), %.0f GiB, Linux %s, Java %s; source, readers and system on the same machine.",
        Runtime.getRuntime().availableProcessors(),
        model,
        Long.parseLong(memory) / 1048576.0,
        System.getProperty("os.version"),
        Runtime.version());
  }

  private static String firstLine(Path file, String start) throws IOException {
    try (var lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(start))
          .map(line -> line.substring(line.indexOf(':') + 1).trim())
          .findFirst()
          .orElse("0");
    }
  }
}
