package dev.lastword.checker;

import dev.lastword.checker.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What runs over the zoo have found: one line for each route and repetition, so that a run that was
 * ended goes on where it was. Thread-safe.
 */
final class ZooLog {
  private final Optional<Path> file;
  private final Set<String> done = new HashSet<>();
  private final List<String> differences = new ArrayList<>();
  private int checks;
  private int cells;

  /**
   * @param file kept and gone on with; empty for none
   */
  ZooLog(Optional<Path> file) throws IOException {
    this.file = file;
    if (file.isPresent() && Files.exists(file.get())) {
      for (var line : Files.readAllLines(file.get())) {
        take(line);
      }
    }
  }

  private void take(String line) {
    var parts = line.split("\t", -1);
    done.add(parts[0] + "\t" + parts[1]);
    checks++;
    cells += Integer.parseInt(parts[2]);
    for (int i = 3; i < parts.length; i++) {
      differences.add("repetition " + parts[0] + ": " + parts[1] + " " + parts[i]);
    }
  }

  /** Whether this has been done. */
  synchronized boolean has(int repetition, ZooRoute route) {
    return done.contains(repetition + "\t" + route.label());
  }

  /**
   * Takes what a check of a route found.
   *
   * @return the cells that differ
   */
  synchronized List<String> add(int repetition, ZooRoute route, Report report) throws IOException {
    var wrong = differences(route, report);
    var line = new ArrayList<>(List.of(String.valueOf(repetition), route.label()));
    line.add(String.valueOf(report.findings().size()));
    line.addAll(wrong);
    var text = String.join("\t", line);
    take(text);
    if (file.isPresent()) {
      Files.writeString(
          file.get(), text + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
    return wrong;
  }

  private static List<String> differences(ZooRoute route, Report report) {
    if (!report.problem().isEmpty()) {
      return List.of("cannot check: " + oneLine(report.problem()));
    }
    var wrong = new ArrayList<String>();
    for (var finding : report.findings()) {
      var code = finding.scenario().code();
      var verdict = finding.verdict();
      if (!route.allows(code, verdict.state().word())) {
        wrong.add(
            "%s: %s, expected %s (%d of %d; %s)"
                .formatted(
                    code,
                    verdict.state().word(),
                    String.join(" or ", route.expected().getOrDefault(code, List.of())),
                    verdict.failed(),
                    verdict.runs(),
                    oneLine(verdict.detail())));
      }
    }
    return wrong;
  }

  private static String oneLine(String text) {
    return text.replaceAll("[\\s\\p{Cc}]+", " ");
  }

  /** Checks of a route so far. */
  synchronized int checks() {
    return checks;
  }

  /** Cells compared so far. */
  synchronized int cells() {
    return cells;
  }

  /** Cells that differ so far, with where. */
  synchronized List<String> differences() {
    return List.copyOf(differences);
  }
}
