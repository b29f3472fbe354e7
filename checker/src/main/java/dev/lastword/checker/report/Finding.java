package dev.lastword.checker.report;

import dev.lastword.checker.scenario.Scenario;
import dev.lastword.checker.scenario.Verdict;

/**
 * One check and what it found.
 *
 * @param seconds how long it took
 */
public record Finding(Scenario scenario, Verdict verdict, double seconds) {
  /** Whether a fault was seen. */
  public boolean failed() {
    return verdict.state() == Verdict.State.FAIL;
  }

  /** Whether a fault was seen that is at least this severe. */
  public boolean failed(Scenario.Severity least) {
    return failed() && scenario.severity().compareTo(least) >= 0;
  }

  /** Where its check is explained: symptom, cause, and the fix in Python, Node and Java. */
  public String page() {
    return CheckPage.address(scenario.code());
  }
}
