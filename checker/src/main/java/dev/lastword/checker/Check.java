package dev.lastword.checker;

import dev.lastword.checker.probe.Reader;
import dev.lastword.checker.report.Finding;
import dev.lastword.checker.report.Report;
import dev.lastword.checker.scenario.Bench;
import dev.lastword.checker.scenario.CannotCheckException;
import dev.lastword.checker.scenario.Plan;
import dev.lastword.checker.scenario.Scenario;
import dev.lastword.checker.scenario.Scenarios;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Checks one endpoint. */
final class Check {
  private final Plan plan;
  private final Reader reader;
  private final Consumer<String> progress;

  Check(Plan plan, Reader reader, Consumer<String> progress) {
    this.plan = plan;
    this.reader = reader;
    this.progress = progress;
  }

  /**
   * Tries everything that is asked for.
   *
   * @param wanted tells by its code whether a check is
   */
  Report run(Predicate<String> wanted) throws InterruptedException {
    var begun = Instant.now();
    long started = System.nanoTime();
    var findings = new ArrayList<Finding>();
    var problem = "";
    try {
      var bench = Bench.open(plan, reader, progress);
      for (var scenario : Scenarios.all()) {
        if (wanted.test(scenario.code())) {
          progress.accept(scenario.code() + " " + scenario.title());
          findings.add(judged(scenario, bench));
        }
      }
    } catch (CannotCheckException e) {
      problem = String.valueOf(e.getMessage());
    }
    return new Report(
        plan.request().url().text(),
        plan.answers().dialect().name(),
        problem,
        List.copyOf(findings),
        plan.verification().isPresent(),
        begun,
        secondsSince(started));
  }

  private static Finding judged(Scenario scenario, Bench bench) throws InterruptedException {
    long started = System.nanoTime();
    var verdict = scenario.judge(bench);
    return new Finding(scenario, verdict, secondsSince(started));
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }
}
