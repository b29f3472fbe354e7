package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.verify.Verifier;
import dev.lastword.checker.verify.Watch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** LW011: many read at the same time, each to the end; all answers are saved, and nobody waits. */
final class ManyReaders extends NamedScenario {
  /** From here on a reader wonders whether anything still comes. */
  private static final long WAIT_NANOS_MAX = 5_000_000_000L;

  ManyReaders() {
    super(
        "LW011",
        Severity.HIGH,
        "many readers at the same time",
        "Wait for each save, let it queue for a connection, and keep one response's state in that"
            + " response.");
  }

  /** What came of one reader. */
  private sealed interface Outcome {
    /** It read, and was looked for. */
    record Looked(Trial trial, Reading reading, Watch watch) implements Outcome {
      Looked with(Watch other) {
        return new Looked(trial, reading, other);
      }
    }

    /** There was nothing to look for. */
    record Missed(String why) implements Outcome {}
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    if (bench.verifier().isEmpty()) {
      return Verdict.notApplicable(LeaveAtTerminal.NEEDS_VERIFY);
    }
    var noWhole = bench.baseline().noWhole();
    if (noWhole.isPresent()) {
      return Verdict.inconclusive(0, noWhole.get());
    }
    int readers = bench.plan().means().readers();
    bench.progress(code() + " " + readers + " readers at the same time");
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      return verdict(bench, outcomes(bench, threads, readers));
    } catch (IOException | MissingValueException e) {
      return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
    }
  }

  private static List<Outcome> outcomes(Bench bench, ExecutorService threads, int readers)
      throws IOException, InterruptedException {
    var trials = new ArrayList<Trial>();
    for (int i = 0; i < readers; i++) {
      trials.add(bench.trial());
    }
    var reading = new CountDownLatch(readers);
    var running =
        bench
            .stage()
            .alone(
                () -> {
                  var all =
                      trials.stream()
                          .map(trial -> threads.submit(() -> read(bench, trial, reading)))
                          .toList();
                  reading.await(); // looking for what was saved needs no stage
                  return all;
                });
    var outcomes = new ArrayList<Outcome>();
    for (var each : running) {
      outcomes.add(result(each));
    }
    return outcomes;
  }

  private static Outcome result(Future<Outcome> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a reader failed", e.getCause());
    }
  }

  private static Outcome read(Bench bench, Trial trial, CountDownLatch reading)
      throws InterruptedException {
    Reading read;
    try {
      read = trial.readBeside(Conduct.CALM);
    } catch (IOException | MissingValueException e) {
      return new Outcome.Missed(String.valueOf(e.getMessage()));
    } finally {
      reading.countDown();
    }
    if (!read.head().isSuccess()) {
      return new Outcome.Missed("HTTP " + read.head().status());
    }
    var text = bench.baseline().expected(trial.answer());
    if (!bench.distinguishes(trial.values(), text, trial.answer())) {
      return new Outcome.Missed(Bench.ALIKE);
    }
    long end = read.startedNanos() + read.endNanos();
    Verifier verifier = bench.verifier().orElseThrow();
    var watch = verifier.watch(trial.values(), text, end, bench.plan().patience());
    return new Outcome.Looked(trial, read, watch);
  }

  private static Outcome.Looked lookedForAgain(Bench bench, Outcome.Looked one) {
    if (one.watch().saved()) {
      return one;
    }
    var text = bench.baseline().expected(one.trial().answer());
    var look = bench.verifier().orElseThrow().look(one.trial().values(), text);
    long end = one.reading().startedNanos() + one.reading().endNanos();
    return one.with(one.watch().then(look, end));
  }

  private static Verdict verdict(Bench bench, List<Outcome> outcomes) throws InterruptedException {
    var looked = new ArrayList<Outcome.Looked>();
    var unjudged = new ArrayList<Unjudged>();
    for (var outcome : outcomes) {
      switch (outcome) {
        case Outcome.Looked one -> looked.add(one);
        case Outcome.Missed(String why) -> unjudged.add(Unjudged.without(why));
      }
    }
    if (looked.stream().anyMatch(each -> !each.watch().saved())) {
      bench.awaitPace();
      looked.replaceAll(each -> lookedForAgain(bench, each));
    }
    var judged = new ArrayList<Outcome.Looked>();
    for (var each : looked) {
      var one = each.with(bench.understood(each.watch()));
      bench
          .unjudged(one.trial(), one.watch())
          .ifPresentOrElse(unjudged::add, () -> judged.add(one));
    }
    return judged.isEmpty() ? Unjudged.none(unjudged) : verdict(bench, judged, unjudged);
  }

  private static Verdict verdict(
      Bench bench, List<Outcome.Looked> judged, List<Unjudged> unjudged) {
    var lost = judged.stream().filter(each -> each.watch().lost()).toList();
    long alone = waited(bench.baseline().reading());
    var detail = detail(judged, lost.size(), alone);
    if (!lost.isEmpty()) {
      return Verdict.fail(
              judged.size(),
              lost.size(),
              detail
                  + "; for one the verification shows '"
                  + lost.getFirst().watch().last().saw()
                  + "'")
          .with(Timeline.of(lost.getFirst().reading(), List.of()));
    }
    var timeline = Timeline.of(judged.getFirst().reading(), List.of());
    if (alone > WAIT_NANOS_MAX) {
      return Verdict.fail(judged.size(), judged.size(), detail + ", while the reader waits")
          .with(timeline);
    }
    var pass = Unjudged.weighed(Verdict.pass(judged.size(), detail).with(timeline), unjudged);
    return judged.size() < 2 || judged.size() < unjudged.size()
        ? pass.undecided() // those were not many
        : pass;
  }

  private static String detail(List<Outcome.Looked> judged, int lost, long alone) {
    long together = judged.stream().mapToLong(each -> waited(each.reading())).max().orElse(0);
    return "of %d read at the same time %d are saved; from the last word to the ending it took %s"
            .formatted(judged.size(), judged.size() - lost, Timeline.time(alone))
        + " alone and at most %s together".formatted(Timeline.time(together));
  }

  /** From the last word to the event that says that there are no more. */
  private static long waited(Reading reading) {
    int ending = reading.ending().map(each -> each.index()).orElse(0);
    return ending == 0
        ? 0
        : reading.arrivals().get(ending).atNanos() - reading.arrivals().get(ending - 1).atNanos();
  }
}
