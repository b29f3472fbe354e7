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

  /** The file in Lastword's repository that shows the fix in Python, Node and Java. */
  public String page() {
    return CheckPage.file(scenario.code());
  }
}
