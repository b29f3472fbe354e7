package dev.lastword.checker.report;

import dev.lastword.checker.scenario.Bench;
import dev.lastword.checker.scenario.Scenario;
import dev.lastword.checker.scenario.Timeline;
import dev.lastword.checker.scenario.Verdict;
import dev.lastword.checker.scenario.Verdict.State;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Reports to write, of checks that nobody made. */
final class Reports {
  /** What an endpoint may say that wants to be more than text in somebody's report. */
  static final String HOSTILE =
      "</script><script>alert(1)</script><img src=x onerror=alert(2)>\" onload='x' ]]> &amp; --> "
          + "\u0000\u001b[31m\u202Eevil\u2066 \uD800 </style></svg> %s ${x} {{run}}";

  private Reports() {}

  record Tried(String code, String title, Severity severity, String advice) implements Scenario {
    @Override
    public Verdict judge(Bench bench) {
      throw new IllegalStateException("nobody asked");
    }
  }

  static Finding finding(String code, Scenario.Severity severity, State state, String detail) {
    int failed = state == State.FAIL ? 3 : 0;
    var timeline =
        new Timeline(
            List.of(10.0, 20.0, 30.0),
            List.of(
                new Timeline.Mark("terminal", 30.0),
                new Timeline.Mark("leave", 30.1),
                new Timeline.Mark("given up", 5030.0)));
    return new Finding(
        new Tried(code, "title of " + code, severity, "advice for " + code),
        new Verdict(
            state,
            state == State.NOT_APPLICABLE ? 0 : 5,
            failed,
            detail,
            state == State.NOT_APPLICABLE ? Optional.empty() : Optional.of(timeline)),
        0.25);
  }

  static Report of(Finding... findings) {
    return report("http://localhost:1/chat?x={{run}}", "", findings);
  }

  static Report report(String url, String problem, Finding... findings) {
    return new Report(
        url,
        Seen.nothing("plain", "as it was said"),
        problem,
        List.of(findings),
        true,
        Optional.empty(),
        new Origin("0.1.0", List.of("lastword", "check", url), Optional.empty()),
        Instant.parse("2026-11-22T10:20:30.5Z"),
        2);
  }

  /** One of each, and everything that is text is hostile. */
  static Report hostile() {
    return report(
        "http://localhost:1/chat?" + HOSTILE,
        "",
        finding("LW001", Scenario.Severity.HIGH, State.FAIL, HOSTILE),
        finding("LW008", Scenario.Severity.LOW, State.FAIL, HOSTILE),
        finding("LW003", Scenario.Severity.HIGH, State.INCONCLUSIVE, HOSTILE),
        finding("LW005", Scenario.Severity.HIGH, State.NOT_APPLICABLE, HOSTILE),
        finding("LW014", Scenario.Severity.MEDIUM, State.PASS, HOSTILE));
  }
}
