package dev.lastword.checker.report;

import dev.lastword.checker.scenario.Reproduction;
import dev.lastword.checker.scenario.Scenario;
import dev.lastword.checker.scenario.Verdict.State;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The outcome of one check of an endpoint.
 *
 * @param url what was checked, as it was written
 * @param seen what the calm run has shown of the stream
 * @param problem why it could not be checked, {@code ""} if it could
 * @param findings one for each code, in their order
 * @param verified whether it was looked up what is saved
 * @param reproduction how the worst loss is seen without the checker
 * @param origin who made this, and how
 * @param started when it began
 * @param seconds how long it took
 */
public record Report(
    String url,
    Seen seen,
    String problem,
    List<Finding> findings,
    boolean verified,
    Optional<Reproduction> reproduction,
    Origin origin,
    Instant started,
    double seconds) {
  /** Nothing was found, and whether readers lose answers at the end was tried. */
  public static final int CLEAN = 0;

  /** Faults were found. */
  public static final int FINDINGS = 1;

  /** It could not be checked. */
  public static final int CANNOT_CHECK = 2;

  /** Nothing was found, but whether readers lose answers at the end could not be tried. */
  public static final int NOT_TRIED = 3;

  /** The check without which nothing is said about lost answers. */
  private static final String MAIN = "LW001";

  /** What a reader wants to know first: faults, then what is open. */
  private static final List<State> ORDER =
      List.of(State.FAIL, State.INCONCLUSIVE, State.PASS, State.NOT_APPLICABLE);

  /**
   * The exit code.
   *
   * @param least the least severity that counts
   */
  public int exitCode(Scenario.Severity least) {
    if (!problem.isEmpty()) {
      return CANNOT_CHECK;
    }
    if (findings.stream().anyMatch(each -> each.failed(least))) {
      return FINDINGS;
    }
    return untried().isPresent() ? NOT_TRIED : CLEAN;
  }

  /** The main check, where it was asked for and came to no verdict. */
  public Optional<Finding> untried() {
    return findings.stream()
        .filter(each -> each.scenario().code().equals(MAIN))
        .filter(
            each ->
                each.verdict().state() == State.INCONCLUSIVE
                    || each.verdict().state() == State.NOT_APPLICABLE)
        .findFirst();
  }

  /** Whether the main check was made, and passed. */
  boolean mainPassed() {
    return findings.stream()
        .filter(each -> each.scenario().code().equals(MAIN))
        .anyMatch(each -> each.verdict().state() == State.PASS);
  }

  /** Whether a finding is the main check's, and came to no verdict. */
  boolean isUntried(Finding finding) {
    return untried().filter(finding::equals).isPresent();
  }

  /** The findings, those first that a reader wants to know first. */
  public List<Finding> byWeight() {
    return findings.stream()
        .sorted(
            Comparator.comparingInt((Finding each) -> ORDER.indexOf(each.verdict().state()))
                .thenComparing(
                    each -> each.failed() ? each.scenario().severity() : Scenario.Severity.LOW,
                    Comparator.reverseOrder()))
        .toList();
  }

  /** How the end of the response was told. */
  public String dialect() {
    return seen.dialect();
  }

  /** Why in that way, in a few words. */
  public String dialectReason() {
    return seen.dialectReason();
  }

  /** Number of faults. */
  public long failed() {
    return findings.stream().filter(Finding::failed).count();
  }
}
