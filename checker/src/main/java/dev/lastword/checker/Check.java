package dev.lastword.checker;

import dev.lastword.checker.probe.Reader;
import dev.lastword.checker.report.Finding;
import dev.lastword.checker.report.Report;
import dev.lastword.checker.scenario.Bench;
import dev.lastword.checker.scenario.CannotCheckException;
import dev.lastword.checker.scenario.Plan;
import dev.lastword.checker.scenario.Scenarios;
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
    long started = System.nanoTime();
    var findings = new ArrayList<Finding>();
    var problem = "";
    var answers = plan.answers();
    try {
      var bench = Bench.open(plan, reader, progress);
      answers = bench.answers();
      for (var scenario : Scenarios.all()) {
        if (wanted.test(scenario.code())) {
          progress.accept(scenario.code() + " " + scenario.title());
          findings.add(new Finding(scenario, scenario.judge(bench)));
        }
      }
    } catch (CannotCheckException e) {
      problem = String.valueOf(e.getMessage());
    }
    return new Report(
        plan.request().url().text(),
        answers.dialect().name(),
        answers.choice().reason().text(),
        problem,
        List.copyOf(findings),
        (System.nanoTime() - started) / 1e9);
  }
}
