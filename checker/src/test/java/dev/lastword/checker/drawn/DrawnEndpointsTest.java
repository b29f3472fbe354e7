package dev.lastword.checker.drawn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.EndpointCheck;
import dev.lastword.checker.report.Finding;
import dev.lastword.checker.report.Report;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/**
 * Endpoints that are drawn at random, checked, and compared with what is true of them by
 * construction: no verdict is wrong, and hardly any is missing.
 *
 * <p>{@code -Dlastword.draws=2000 -Dlastword.seed=1} draws as many, from that seed on.
 */
final class DrawnEndpointsTest {
  private static final int DRAWS = Integer.getInteger("lastword.draws", 100);
  private static final long SEED = Long.getLong("lastword.seed", 1);
  private static final int AT_ONCE = Integer.getInteger("lastword.atOnce", 6);
  private static final double UNDECIDED_MAX = 0.05;

  /** What came of one endpoint. */
  private record Outcome(List<String> wrong, List<String> undecided, int cells) {}

  @Test
  void givenEndpointsDrawnAtRandom_whenChecked_thenNoVerdictIsWrongAndFewAreMissing()
      throws Exception {
    var wrong = new ArrayList<String>();
    var undecided = new ArrayList<String>();
    int cells = 0;
    var gate = new Semaphore(AT_ONCE);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var running = new ArrayList<Future<Outcome>>();
      for (long seed = SEED; seed < SEED + DRAWS; seed++) {
        var drawn = Drawn.of(seed);
        running.add(
            threads.submit(
                () -> {
                  gate.acquire();
                  try {
                    return outcome(drawn);
                  } finally {
                    gate.release();
                  }
                }));
      }
      for (var each : running) {
        var outcome = each.get();
        wrong.addAll(outcome.wrong());
        undecided.addAll(outcome.undecided());
        cells += outcome.cells();
      }
    }
    System.out.printf(
        "%d endpoints, %d verdicts: %d wrong, %d undecided%n",
        DRAWS, cells, wrong.size(), undecided.size());
    undecided.forEach(each -> System.out.println("undecided " + each));
    assertThat(wrong).isEmpty();
    assertThat(undecided).hasSizeLessThanOrEqualTo((int) (UNDECIDED_MAX * cells));
  }

  private static Outcome outcome(Drawn drawn) throws IOException, InterruptedException {
    try (var endpoint = new DrawnEndpoint(drawn)) {
      return compared(
          drawn,
          new EndpointCheck(endpoint.url("/chat"))
              .with("data", "{\"message\":\"tell me of {{run}}\"}")
              .with("verify", endpoint.url("/saved/{{header:x-message-id}}"))
              .with("wait", "700ms")
              .with("runs", "3")
              .with("readers", "3")
              .with("only", String.join(",", drawn.truth().keySet()))
              .run());
    }
  }

  private static Outcome compared(Drawn drawn, Report report) {
    var wrong = new ArrayList<String>();
    var undecided = new ArrayList<String>();
    var truth = drawn.truth();
    if (!report.problem().isEmpty()) {
      truth.forEach(
          (code, right) -> undecided.add(code + " " + report.problem() + "\n    " + drawn));
    }
    for (var finding : report.findings()) {
      var code = finding.scenario().code();
      var right = truth.getOrDefault(code, "");
      var state = finding.verdict().state().word();
      if (state.equals("inconclusive") || state.equals("not-applicable")) {
        undecided.add(told(report, finding, right, drawn));
      } else if (!state.equals(right)) {
        wrong.add(told(report, finding, right, drawn));
      }
    }
    return new Outcome(wrong, undecided, truth.size());
  }

  private static String told(Report report, Finding finding, String right, Drawn drawn) {
    return "%s is %s, not %s: %s%n    text %s; end %s%n    %s"
        .formatted(
            finding.scenario().code(),
            finding.verdict().state().word(),
            right,
            finding.verdict().detail(),
            report.seen().text(),
            report.seen().ending(),
            drawn);
  }
}
