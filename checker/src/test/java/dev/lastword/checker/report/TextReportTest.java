package dev.lastword.checker.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.scenario.Scenario.Severity;
import dev.lastword.checker.scenario.Verdict;
import dev.lastword.checker.scenario.Verdict.State;
import org.junit.jupiter.api.Test;

/** A report for a terminal. */
final class TextReportTest {
  @Test
  void givenAnotherFaultWasSeenMoreOften_whenPrinted_thenTheWorstIsOneAndTheSameThroughout() {
    var lost = Reports.finding("LW001", Severity.HIGH, State.FAIL, "5 of 5 lost");
    var late = Reports.finding("LW003", Severity.HIGH, State.FAIL, "19 of 20 late");
    var often =
        new Finding(
            late.scenario(), new Verdict(State.FAIL, 20, 19, "late", late.verdict().worst()), 1);

    var text = new TextReport(false).of(Reports.of(lost, often));

    assertThat(text).contains("the worst is LW001", "The worst case, LW001");
  }
}
