package dev.lastword.checker.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.scenario.Scenario;
import dev.lastword.checker.scenario.Scenario.Severity;
import dev.lastword.checker.scenario.Scenarios;
import dev.lastword.checker.scenario.Verdict.State;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The report for people: self-contained, true, and safe from what an endpoint says. */
final class HtmlReportTest {
  @Test
  void givenAnEndpointSaysMarkup_whenReported_thenItStaysText() {
    var html = HtmlReport.of(Reports.hostile());
    var body = html.substring(html.indexOf("<body>"));

    assertThat(tags(html))
        .doesNotContain("script", "img")
        .filteredOn("style"::equals)
        .as("begin and end of our own style")
        .hasSize(2);
    assertThat(Pattern.compile("<[^>]*\\son\\w+\\s*=").matcher(body).find()).isFalse();
    assertThat(html).doesNotContain("\u0000", "\u001b");
    assertThat(body).contains("<bdi>&lt;/script&gt;&lt;script&gt;alert(1)");
  }

  private static List<String> tags(String html) {
    return Pattern.compile("</?([a-zA-Z]+)").matcher(html).results().map(m -> m.group(1)).toList();
  }

  @Test
  void givenAnyReport_whenOpened_thenNothingIsLoadedFromElsewhere() {
    var html = HtmlReport.of(Reports.hostile());

    assertThat(html).contains("default-src 'none'").doesNotContain("url(", "@import", "<link");
    assertThat(Pattern.compile("\\ssrc=").matcher(withoutText(html)).find()).isFalse();
  }

  /** The document without the endpoint's text, in which anything may stand as text. */
  private static String withoutText(String html) {
    return html.replaceAll(">[^<]*<", "><");
  }

  @Test
  void givenFaults_whenReported_thenTheVerdictNamesTheWorstAndEachCardSaysWhatToDo() {
    var html =
        HtmlReport.of(
            Reports.of(
                Reports.finding("LW008", Severity.MEDIUM, State.FAIL, "it came twice"),
                Reports.finding("LW001", Severity.HIGH, State.FAIL, "lost 3 of 5")));

    assertThat(html).contains("<h1>This endpoint loses or endangers answers: 2 checks failed");
    assertThat(html).contains("the worst is LW001", "Lost 3 of 5.", "advice for LW001");
    assertThat(html).contains("<code>docs/checks/LW001.md</code>", "after a refresh it is gone");
  }

  @Test
  void givenALongWaitAfterAShortStream_whenDrawn_thenTheStreamKeepsMostOfThePicture() {
    var finding = Reports.finding("LW001", Severity.HIGH, State.FAIL, "lost");
    var axis = TimeAxis.of(finding.verdict().worst().orElseThrow());

    assertThat(axis.broken()).isTrue();
    assertThat(axis.percent(30)).isBetween(60.0, 75.0);
    assertThat(axis.percent(30.1)).isGreaterThan(axis.percent(30));
    assertThat(axis.percent(5030)).isBetween(95.0, 100.0);
  }

  @Test
  void givenNothingWasLookedUp_whenReported_thenNoVerdictOnSavingIsPretended() {
    var report = Reports.of(Reports.finding("LW014", Severity.MEDIUM, State.PASS, "fine"));
    var blind =
        new Report(
            report.url(),
            report.seen(),
            "",
            report.findings(),
            false,
            report.reproduction(),
            report.origin(),
            report.started(),
            report.seconds());

    assertThat(Conclusion.of(report).mood()).isEqualTo(Conclusion.Mood.GOOD);
    assertThat(Conclusion.of(blind).mood()).isEqualTo(Conclusion.Mood.DOUBTFUL);
    assertThat(HtmlReport.of(blind)).contains("nobody looked whether answers are saved");
  }

  @Test
  void givenItCouldNotBeChecked_whenReported_thenItSaysWhy() {
    var html = HtmlReport.of(Reports.report("http://localhost:1/", "nobody <listens>"));

    assertThat(html).contains("could not be checked", "nobody &lt;listens&gt;");
  }

  @Test
  void givenEveryCheckThereIs_whenItsPageIsRead_thenItSaysSymptomAndCause() {
    assertThat(Scenarios.all())
        .extracting(Scenario::code)
        .allSatisfy(
            code -> {
              assertThat(CheckPage.of(code).symptom()).as(code).isNotEmpty();
              assertThat(CheckPage.of(code).cause()).as(code).isNotEmpty();
            });
  }
}
