package dev.lastword.checker.report;

import dev.lastword.checker.scenario.Scenario.Severity;
import java.time.Instant;
import java.util.List;

/**
 * The outcome of one check of an endpoint.
 *
 * @param url what was checked, as it was written
 * @param seen what the calm run has shown of the stream
 * @param problem why it could not be checked, {@code ""} if it could
 * @param findings one for each code, in their order
 * @param verified whether it was looked up what is saved
 * @param started when it began
 * @param seconds how long it took
 */
public record Report(
    String url,
    Seen seen,
    String problem,
    List<Finding> findings,
    boolean verified,
    Instant started,
    double seconds) {
  /** Nothing was found. */
  public static final int CLEAN = 0;

  /** Faults were found. */
  public static final int FINDINGS = 1;

  /** It could not be checked. */
  public static final int CANNOT_CHECK = 2;

  /**
   * The exit code.
   *
   * @param least the least severity that counts
   */
  public int exitCode(Severity least) {
    if (!problem.isEmpty()) {
      return CANNOT_CHECK;
    }
    return findings.stream().anyMatch(each -> each.failed(least)) ? FINDINGS : CLEAN;
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
