package dev.lastword.checker.report;

import dev.lastword.checker.scenario.Reproduction;
import dev.lastword.checker.scenario.Timeline;
import dev.lastword.checker.scenario.Verdict.State;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** A report for a terminal: a table, the worst case on a line of time, and what to do. */
public final class TextReport {
  private static final int LINE_COLUMNS = 60;
  private static final int DETAIL_COLUMNS = 92;
  private static final int TITLE_COLUMNS = 42;

  private final boolean colour;

  /**
   * @param colour whether escape sequences are understood
   */
  public TextReport(boolean colour) {
    this.colour = colour;
  }

  /** The text, with a line end behind it. */
  public String of(Report report) {
    var text = new StringBuilder();
    if (!report.problem().isEmpty()) {
      return "cannot check "
          + Terminal.shown(report.url())
          + "\n  "
          + wrapped(report.problem(), "  ")
          + "\n";
    }
    text.append(wrapped(Conclusion.of(report).sentence(), "")).append('\n');
    form(text, report.seen());
    var findings = report.byWeight();
    findings.stream()
        .filter(each -> each.verdict().state() != State.NOT_APPLICABLE)
        .forEach(each -> row(text, each));
    notTried(text, findings);
    worst(report)
        .ifPresent(
            finding -> finding.verdict().worst().ifPresent(line -> timeline(text, finding, line)));
    advice(text, report);
    report.reproduction().ifPresent(each -> reproduction(text, each));
    summary(text, report);
    return text.toString();
  }

  private static void form(StringBuilder text, Seen seen) {
    text.append("dialect: %s, %s\n".formatted(seen.dialect(), seen.dialectReason()));
    if (!seen.text().isEmpty()) {
      text.append("text: ").append(wrapped(seen.text(), "      ")).append('\n');
    }
    if (!seen.ending().isEmpty()) {
      text.append("end: ").append(wrapped(seen.ending(), "     ")).append('\n');
    }
    text.append('\n');
  }

  /** What needs to be told more, on as few lines as it takes. */
  private void notTried(StringBuilder text, List<Finding> findings) {
    var byNeed = new LinkedHashMap<String, List<String>>();
    findings.stream()
        .filter(each -> each.verdict().state() == State.NOT_APPLICABLE)
        .forEach(
            each ->
                byNeed
                    .computeIfAbsent(each.verdict().detail(), detail -> new ArrayList<>())
                    .add(each.scenario().code()));
    if (byNeed.isEmpty()) {
      return;
    }
    text.append(painted(State.NOT_APPLICABLE, "not tried")).append('\n');
    byNeed.forEach(
        (need, codes) ->
            text.append("       ")
                .append(wrapped(String.join(", ", codes) + ": " + need, "       "))
                .append('\n'));
  }

  private void row(StringBuilder text, Finding finding) {
    var scenario = finding.scenario();
    var verdict = finding.verdict();
    text.append(scenario.code())
        .append("  ")
        .append(padded(scenario.title(), TITLE_COLUMNS))
        .append(painted(verdict.state(), word(verdict.state())))
        .append('\n')
        .append("       ")
        .append(wrapped(verdict.detail(), "       "))
        .append('\n');
  }

  private static String word(State state) {
    return switch (state) {
      case PASS -> "pass";
      case FAIL -> "FAIL";
      case INCONCLUSIVE -> "inconclusive";
      case NOT_APPLICABLE -> "not tried";
    };
  }

  private String painted(State state, String word) {
    if (!colour) {
      return word;
    }
    int code =
        switch (state) {
          case PASS -> 32;
          case FAIL -> 31;
          case INCONCLUSIVE -> 33;
          case NOT_APPLICABLE -> 90;
        };
    return "\u001b[" + code + "m" + word + "\u001b[0m";
  }

  /** The first failure with a picture, as the conclusion counts them. */
  private static Optional<Finding> worst(Report report) {
    return report.byWeight().stream()
        .filter(each -> each.failed() && each.verdict().worst().isPresent())
        .findFirst();
  }

  private static void timeline(StringBuilder text, Finding finding, Timeline line) {
    var axis = TimeAxis.of(line);
    var row = new StringBuilder("-".repeat(LINE_COLUMNS));
    if (axis.broken()) {
      int gap = column(axis.gapPercent());
      row.replace(gap, gap + 2, "//");
    }
    line.eventsMs().forEach(at -> row.setCharAt(column(axis.percent(at)), '.'));
    var legend = new ArrayList<String>();
    char letter = 'A';
    for (var mark : line.marks()) {
      row.setCharAt(column(axis.percent(mark.atMs())), letter);
      legend.add("%c %s %.1f ms".formatted(letter, mark.name(), mark.atMs()));
      letter++;
    }
    text.append("\nThe worst case, ")
        .append(finding.scenario().code())
        .append(" (each dot an event")
        .append(axis.broken() ? "; behind // time is drawn shorter" : "")
        .append("):\n  ")
        .append(row)
        .append("\n  ")
        .append(String.join("   ", legend))
        .append('\n');
  }

  private static int column(double percent) {
    return (int) Math.clamp(percent * (LINE_COLUMNS - 1) / 100, 0, LINE_COLUMNS - 1);
  }

  private static void advice(StringBuilder text, Report report) {
    var failed = report.byWeight().stream().filter(Finding::failed).toList();
    if (failed.isEmpty()) {
      return;
    }
    text.append("\nWhat to do:\n");
    for (var finding : failed) {
      var page = report.origin().page(finding.scenario().code());
      text.append("  ")
          .append(finding.scenario().code())
          .append("  ")
          .append(
              wrapped(
                  finding.scenario().advice() + page.map(each -> " " + each).orElse(""),
                  "         "))
          .append('\n');
    }
    report
        .seen()
        .framework()
        .ifPresent(
            each ->
                text.append("  In ")
                    .append(wrapped(each.title() + ": " + each.change() + ".", "         "))
                    .append('\n'));
  }

  private static void reproduction(StringBuilder text, Reproduction how) {
    text.append("\n").append(how.code()).append(" without Lastword:\n");
    (how.shell().isEmpty() ? how.script() : how.shell())
        .lines()
        .forEach(line -> text.append("  ").append(Terminal.shown(line)).append('\n'));
  }

  private static void summary(StringBuilder text, Report report) {
    var counts =
        report.findings().stream()
            .collect(Collectors.groupingBy(each -> each.verdict().state(), Collectors.counting()));
    text.append(
        String.format(
            Locale.ROOT,
            "%n%d failed, %d passed, %d inconclusive, %d not tried; %.1f s; lastword %s%n",
            counts.getOrDefault(State.FAIL, 0L),
            counts.getOrDefault(State.PASS, 0L),
            counts.getOrDefault(State.INCONCLUSIVE, 0L),
            counts.getOrDefault(State.NOT_APPLICABLE, 0L),
            report.seconds(),
            report.origin().version()));
  }

  private static String padded(String text, int columns) {
    return text + " ".repeat(Math.max(1, columns - text.length()));
  }

  private static String wrapped(String text, String indent) {
    var lines = new StringBuilder();
    int column = 0;
    for (var word : Terminal.shown(text).split(" ", -1)) {
      if (column > 0 && column + word.length() > DETAIL_COLUMNS) {
        lines.append('\n').append(indent);
        column = 0;
      } else if (column > 0) {
        lines.append(' ');
      }
      lines.append(word);
      column += word.length() + 1;
    }
    return lines.toString();
  }
}
