package dev.lastword.checker;

import dev.lastword.checker.probe.Credentials;
import dev.lastword.checker.probe.Reader;
import dev.lastword.checker.report.Finding;
import dev.lastword.checker.report.Origin;
import dev.lastword.checker.report.Report;
import dev.lastword.checker.report.Seen;
import dev.lastword.checker.scenario.Bench;
import dev.lastword.checker.scenario.CannotCheckException;
import dev.lastword.checker.scenario.Plan;
import dev.lastword.checker.scenario.Reproduction;
import dev.lastword.checker.scenario.Scenario;
import dev.lastword.checker.scenario.Scenarios;
import dev.lastword.checker.scenario.Verdict;
import dev.lastword.cli.UsageException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Checks one endpoint. */
final class Check {
  private final Plan plan;
  private final Reader reader;
  private final Origin origin;
  private final Consumer<String> progress;

  /**
   * @param origin what the report says about how it was made
   */
  Check(Plan plan, Reader reader, Origin origin, Consumer<String> progress) {
    this.plan = plan;
    this.reader = reader;
    this.origin = origin;
    this.progress = progress;
  }

  /**
   * Tries everything that is asked for. Checks run side by side: they read one after the other, and
   * wait together for what readers left behind.
   *
   * @param wanted tells by its code whether a check is
   */
  Report run(Predicate<String> wanted) throws InterruptedException {
    var begun = Instant.now();
    long started = System.nanoTime();
    List<Finding> findings = List.of();
    Optional<Reproduction> reproduction = Optional.empty();
    var problem = "";
    var choice = plan.answers().choice();
    var seen = Seen.nothing(choice.dialect().name(), choice.reason().text());
    try {
      var bench = Bench.open(plan, reader, progress);
      seen = seen(bench);
      findings = findings(bench, wanted);
      reproduction =
          bench.reproduction(
              findings.stream()
                  .filter(Finding::failed)
                  .map(each -> each.scenario().code())
                  .toList());
    } catch (CannotCheckException e) {
      problem = String.valueOf(e.getMessage());
    } catch (UsageException e) {
      throw e;
    } catch (RuntimeException e) {
      problem = "the checker failed by itself, which is a fault of its own: " + e;
    }
    return new Report(
        Credentials.shown(plan.request().url().text()),
        seen,
        problem,
        findings,
        plan.verification().isPresent(),
        reproduction,
        origin,
        begun,
        secondsSince(started));
  }

  private static Seen seen(Bench bench) {
    var choice = bench.answers().choice();
    var facts = bench.facts();
    return new Seen(
        choice.dialect().name(),
        choice.reason().text(),
        facts.text(),
        facts.ending(),
        facts.lastEvents(),
        bench.framework());
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }

  private List<Finding> findings(Bench bench, Predicate<String> wanted)
      throws InterruptedException {
    var asked = Scenarios.all().stream().filter(each -> wanted.test(each.code())).toList();
    var findings = new ArrayList<Finding>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var running = new ArrayList<Future<Finding>>();
      for (var scenario : asked) {
        if (!scenario.disrupts()) {
          running.add(threads.submit(() -> finding(bench, scenario)));
        }
      }
      for (var each : running) {
        findings.add(each.get());
      }
      for (var scenario : asked) {
        if (scenario.disrupts()) {
          findings.add(finding(bench, scenario));
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case UsageException wrong -> throw wrong;
        case Error fatal -> throw fatal;
        case null, default -> throw new IllegalStateException("a check failed", e.getCause());
      }
    }
    findings.sort(Comparator.comparing(each -> each.scenario().code()));
    return List.copyOf(findings);
  }

  private Finding finding(Bench bench, Scenario scenario) throws InterruptedException {
    progress.accept(scenario.code() + " " + scenario.title());
    long started = System.nanoTime();
    return new Finding(scenario, judged(scenario, bench), secondsSince(started));
  }

  /** A check that fails by itself says nothing, and takes no other with it. */
  static Verdict judged(Scenario scenario, Bench bench) throws InterruptedException {
    try {
      return scenario.judge(bench);
    } catch (UsageException e) {
      throw e;
    } catch (RuntimeException e) {
      return Verdict.failedByItself(e);
    }
  }
}
