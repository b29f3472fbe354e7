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

  @Test
  void givenLw001WasNotAskedFor_whenPrinted_thenNothingIsSaidOfAnswersThatSurvived() {
    var framing = Reports.finding("LW014", Severity.MEDIUM, State.PASS, "fine");
    var stop = Reports.finding("LW006", Severity.MEDIUM, State.NOT_APPLICABLE, "add --stop");
    var main = Reports.finding("LW001", Severity.HIGH, State.PASS, "all found");

    var nothing = new TextReport(false).of(Reports.of(stop));
    var other = new TextReport(false).of(Reports.of(framing, stop));
    var all = new TextReport(false).of(Reports.of(main, framing, stop));

    assertThat(nothing).contains("could be made").doesNotContain("survived", "all 0");
    assertThat(other).contains("LW001 tells, which was not asked for").doesNotContain("survived");
    assertThat(all).contains("Every answer survived: all 2 checks passed.");
  }

  @Test
  void givenSomeOfItsRunsAreUnjudged_whenLw001HasNoVerdict_thenItIsNotSaidToBeUntried() {
    var open = Reports.finding("LW001", Severity.HIGH, State.INCONCLUSIVE, "2 more unjudged");

    assertThat(new TextReport(false).of(Reports.of(open)))
        .contains("LW001 came to no verdict (2 more unjudged)");
  }
}
