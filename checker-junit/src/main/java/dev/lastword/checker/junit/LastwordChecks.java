package dev.lastword.checker.junit;

import dev.lastword.checker.EndpointCheck;
import dev.lastword.checker.report.Finding;
import dev.lastword.checker.report.Report;
import dev.lastword.checker.scenario.Scenario.Severity;
import java.time.Duration;
import java.util.Iterator;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;

/**
 * The checks of {@code lastword check}, for tests of one's own endpoint: it is read as real readers
 * do, and judged by what was saved.
 *
 * <p>The endpoint has to listen on a port. Each method says what the flag of the same name says,
 * and a text may hold the same places, such as <code>{{run}}</code>. Nothing is asked before {@link
 * #report}, {@link #tests} or {@link #assertClean}; they take seconds to a minute, so name those
 * checks that matter with {@link #only} where that is too long.
 *
 * @see LastwordCheck
 * @see "docs/guides/checker.md"
 */
public final class LastwordChecks implements Iterable<DynamicTest> {
  private final EndpointCheck check;

  private LastwordChecks(EndpointCheck check) {
    this.check = check;
  }

  /**
   * Checks of an endpoint.
   *
   * @param url with its scheme, such as {@code http://localhost:8080/chat}
   */
  public static LastwordChecks of(String url) {
    return new LastwordChecks(new EndpointCheck(url));
  }

  /** The request's body, which makes it a POST. */
  public LastwordChecks data(String body) {
    return with("data", body);
  }

  /** A request header; may be repeated. */
  public LastwordChecks header(String name, String value) {
    return with("header", name + ": " + value);
  }

  /** Where a saved answer is found, such as <code>…/messages/{{header:x-message-id}}</code>. */
  public LastwordChecks verify(String url) {
    return with("verify", url);
  }

  /** What has to be found there; the whole answer if nothing is said. */
  public LastwordChecks expect(String text) {
    return with("expect", text);
  }

  /** Where a stream is read again. */
  public LastwordChecks resume(String url) {
    return with("resume", url);
  }

  /** Which checks to make, by their codes; all if nothing is said. */
  public LastwordChecks only(String... codes) {
    return with("only", String.join(",", codes));
  }

  /** Which checks to leave out. */
  public LastwordChecks skip(String... codes) {
    return with("skip", String.join(",", codes));
  }

  /** Runs of each race, 1 to 1000. */
  public LastwordChecks runs(int runs) {
    return with("runs", String.valueOf(runs));
  }

  /** How long an answer may take to appear once it would be complete, in whole milliseconds. */
  public LastwordChecks patience(Duration patience) {
    return with("wait", patience.toMillis() + "ms");
  }

  /** The least severity that fails a test. */
  public LastwordChecks failOn(Severity least) {
    return with("fail-on", least.name().toLowerCase(Locale.ROOT));
  }

  /**
   * Says what any other flag of the command line says.
   *
   * @param flag its long name without dashes, such as {@code dialect} or {@code verify-command}
   * @throws RuntimeException if there is no such flag
   */
  public LastwordChecks with(String flag, String value) {
    check.with(flag, value);
    return this;
  }

  /** Makes the checks, and judges nothing. */
  public Report report() {
    try {
      return check.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while checking", e);
    }
  }

  /**
   * Makes the checks.
   *
   * @throws AssertionError if one fails, the endpoint cannot be checked, or LW001 was asked for and
   *     could not be tried: nothing is known of lost answers then; its message names all
   */
  public void assertClean() {
    var report = report();
    if (!report.problem().isEmpty()) {
      throw new AssertionError("cannot check " + report.url() + ": " + report.problem());
    }
    var failed = report.findings().stream().filter(each -> each.failed(check.least())).toList();
    if (!failed.isEmpty()) {
      throw new AssertionError(
          failed.stream().map(LastwordChecks::said).collect(Collectors.joining("\n")));
    }
    report
        .untried()
        .ifPresent(
            finding -> {
              throw new AssertionError(untried(finding));
            });
  }

  private static String untried(Finding finding) {
    return "it is not known whether answers are lost: %s could not be tried: %s"
        .formatted(finding.scenario().code(), finding.verdict().detail());
  }

  /**
   * Makes the checks; each is a test that passes, fails, or is skipped with the reason where it
   * came to no verdict, could not be tried, or counts less than {@link #failOn}. LW001, without
   * which nothing is known of lost answers, fails where it could not be tried.
   */
  public Stream<DynamicTest> tests() {
    var report = report();
    if (!report.problem().isEmpty()) {
      return Stream.of(
          DynamicTest.dynamicTest(
              "can be checked",
              () -> {
                throw new AssertionError(report.problem());
              }));
    }
    return report.findings().stream()
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.scenario().code() + " " + each.scenario().title(),
                    () -> judge(each, report.untried().filter(each::equals).isPresent())));
  }

  @Override
  public Iterator<DynamicTest> iterator() {
    return tests().iterator();
  }

  private void judge(Finding finding, boolean untried) {
    var verdict = finding.verdict();
    if (untried) {
      throw new AssertionError(untried(finding));
    }
    switch (verdict.state()) {
      case PASS -> {}
      case FAIL -> {
        if (finding.failed(check.least())) {
          throw new AssertionError(said(finding));
        }
        Assumptions.abort("less severe than failOn: " + verdict.detail());
      }
      case INCONCLUSIVE, NOT_APPLICABLE ->
          Assumptions.abort(verdict.state().word() + ": " + verdict.detail());
    }
  }

  private static String said(Finding finding) {
    return "%s %s: %s%n  %s %s"
        .formatted(
            finding.scenario().code(),
            finding.scenario().title(),
            finding.verdict().detail(),
            finding.scenario().advice(),
            finding.page());
  }
}
