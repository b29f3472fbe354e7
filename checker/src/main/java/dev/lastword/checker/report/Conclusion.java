package dev.lastword.checker.report;

import dev.lastword.checker.scenario.Scenario.Severity;
import dev.lastword.checker.scenario.Verdict.State;
import java.util.Comparator;
import java.util.Optional;

/**
 * What it all comes to, in one sentence.
 *
 * @param mood how that looks
 */
record Conclusion(Mood mood, String sentence) {
  /** How it looks at a glance. */
  enum Mood {
    BAD,
    DOUBTFUL,
    GOOD
  }

  static Conclusion of(Report report) {
    if (!report.problem().isEmpty()) {
      return new Conclusion(Mood.DOUBTFUL, "This endpoint could not be checked.");
    }
    var worst = worst(report);
    if (worst.isPresent()) {
      return new Conclusion(Mood.BAD, found(report, worst.get()));
    }
    var untried = report.untried();
    if (untried.isPresent()) {
      return new Conclusion(
          Mood.DOUBTFUL,
          "It is not known whether readers lose answers: LW001 %s (%s). Nothing else was found."
              .formatted(without(untried.get()), untried.get().verdict().detail()));
    }
    if (count(report, State.PASS) + count(report, State.INCONCLUSIVE) == 0) {
      return new Conclusion(
          Mood.DOUBTFUL,
          "None of the checks that were asked for could be made: each says what it needs.");
    }
    if (!report.verified()) {
      return new Conclusion(
          Mood.DOUBTFUL,
          "Nothing wrong was seen on the wire, but nobody looked whether answers are saved: add"
              + " --verify.");
    }
    long open = count(report, State.INCONCLUSIVE);
    if (open > 0) {
      return new Conclusion(
          Mood.DOUBTFUL,
          "No fault was seen, but %s no verdict."
              .formatted(open == 1 ? "one check came to" : open + " checks came to"));
    }
    var passed = passed(count(report, State.PASS));
    return new Conclusion(
        Mood.GOOD,
        report.mainPassed()
            ? "Every answer survived: %s.".formatted(passed)
            : "No fault was seen: %s. Whether answers survive their readers is what LW001 tells, which was not asked for."
                .formatted(passed));
  }

  private static String found(Report report, Finding worst) {
    long faults = report.failed();
    return "%s: %s, the worst is %s (%s).%s"
        .formatted(
            worst.scenario().severity() == Severity.HIGH
                ? "This endpoint loses or endangers answers"
                : "This endpoint has faults that its readers notice",
            faults == 1 ? "one check failed" : faults + " checks failed",
            worst.scenario().code(),
            worst.scenario().title(),
            report
                .untried()
                .map(each -> " LW001 %s (%s).".formatted(without(each), each.verdict().detail()))
                .orElse(""));
  }

  /** How the main check is without a verdict. */
  private static String without(Finding main) {
    return main.verdict().runs() > 0 ? "came to no verdict" : "could not be tried";
  }

  private static String passed(long n) {
    return n == 1 ? "the one check that was made passed" : "all " + n + " checks passed";
  }

  private static long count(Report report, State state) {
    return report.findings().stream().filter(each -> each.verdict().state() == state).count();
  }

  /** The fault that hurts most, and of those the one that is named first. */
  private static Optional<Finding> worst(Report report) {
    return report.findings().stream()
        .filter(Finding::failed)
        .min(Comparator.comparing((Finding each) -> each.scenario().severity()).reversed());
  }
}
