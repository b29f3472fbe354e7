package dev.lastword.checker.report;

import dev.lastword.checker.scenario.Scenario;
import dev.lastword.checker.scenario.Verdict;

/** One check and what it found. */
public record Finding(Scenario scenario, Verdict verdict) {
  /** Whether a fault was seen. */
  public boolean failed() {
    return verdict.state() == Verdict.State.FAIL;
  }
}
