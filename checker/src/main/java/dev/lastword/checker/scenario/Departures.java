package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.verify.Look;
import dev.lastword.checker.verify.Verifier;
import dev.lastword.checker.verify.Watch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Readers who leave at one moment, one after the other, and what was saved of their answers. While
 * one departure's answer is still looked for, the next reader comes.
 */
final class Departures {
  /** So many departures show what happens now and then. */
  static final int MOST_RUNS = 20;

  private static final Duration SETTLE_MAX = Duration.ofSeconds(3);

  private final Bench bench;
  private final Verifier verifier;
  private final Moment moment;

  Departures(Bench bench, Verifier verifier, Moment moment) {
    this.bench = bench;
    this.verifier = verifier;
    this.moment = moment;
  }

  /**
   * One departure.
   *
   * @param reset whether it was a reset
   * @param later what was there once the generation would have been over
   * @param fault why there was nothing to look for, {@code ""} if there was
   */
  record Departure(
      Trial trial, Reading reading, boolean reset, Watch watch, Look later, String fault) {
    /** When the reader left, by {@link System#nanoTime}. */
    long leftNanos() {
      return reading.startedNanos() + reading.endNanos();
    }

    boolean lost() {
      return watch.lost();
    }

    Departure with(Watch other) {
      return new Departure(trial, reading, reset, other, later, fault);
    }
  }

  /** What came of all of them. */
  record Result(List<Departure> judged, List<Unjudged> unjudged) {
    int runs() {
      return judged.size();
    }

    /** These and those. */
    Result and(Result more) {
      return new Result(
          Stream.concat(judged.stream(), more.judged.stream()).toList(),
          Stream.concat(unjudged.stream(), more.unjudged.stream()).toList());
    }

    List<Departure> lost() {
      return judged.stream().filter(Departure::lost).toList();
    }

    /** The longest time that an answer took to become visible. */
    long latestNanos() {
      return judged.stream()
          .mapToLong(each -> each.watch().visibleNanos().orElse(0))
          .max()
          .orElse(0);
    }
  }

  /** Makes the plan's runs, and up to twenty where their results differ. */
  Result run(int runs) throws InterruptedException {
    var result = once(runs);
    int lost = result.lost().size();
    return lost > 0 && lost < result.runs() && runs < MOST_RUNS
        ? result.and(once(MOST_RUNS - runs))
        : result;
  }

  /** Makes so many runs. */
  Result once(int runs) throws InterruptedException {
    try (var watchers = Executors.newVirtualThreadPerTaskExecutor()) {
      return round(watchers, runs);
    }
  }

  private Result round(ExecutorService watchers, int runs) throws InterruptedException {
    var departures = new ArrayList<Future<Departure>>();
    var unjudged = new ArrayList<Unjudged>();
    for (int i = 0; i < runs; i++) {
      try {
        departures.add(leave(watchers, i % 2 == 1));
      } catch (IOException | MissingValueException e) {
        unjudged.add(Unjudged.without(String.valueOf(e.getMessage())));
      }
    }
    var looked = new ArrayList<Departure>();
    for (var future : departures) {
      var departure = result(future);
      if (departure.fault().isEmpty()) {
        looked.add(departure);
      } else {
        unjudged.add(Unjudged.without(departure.fault()));
      }
    }
    if (looked.stream().anyMatch(each -> !each.watch().saved())) {
      bench.awaitPace();
      looked.replaceAll(this::lookedForAgain);
    }
    return judged(looked, unjudged);
  }

  private Result judged(List<Departure> looked, List<Unjudged> unjudged)
      throws InterruptedException {
    var judged = new ArrayList<Departure>();
    for (var each : looked) {
      var departure = each.with(bench.understood(each.watch()));
      bench
          .unjudged(departure.trial(), departure.watch())
          .ifPresentOrElse(unjudged::add, () -> judged.add(departure));
    }
    return new Result(judged, unjudged);
  }

  /** What is lost is lost for good: a busy server may only have been late. */
  private Departure lookedForAgain(Departure departure) {
    if (departure.watch().saved()) {
      return departure;
    }
    var text = bench.baseline().expected(departure.trial().answer());
    var look = verifier.look(departure.trial().values(), text);
    return new Departure(
        departure.trial(),
        departure.reading(),
        departure.reset(),
        departure.watch().then(look, departure.leftNanos()),
        look,
        departure.fault());
  }

  /** Reads and leaves now; the looks that follow are the result's. */
  private Future<Departure> leave(ExecutorService watchers, boolean reset)
      throws IOException, InterruptedException {
    var trial = bench.trial();
    return bench
        .stage()
        .beside(
            () -> {
              var reading =
                  trial.readBeside(moment.conduct(reset ? Conduct.Move.RESET : Conduct.Move.CLOSE));
              var text = bench.baseline().expected(trial.answer());
              boolean distinguished = bench.distinguishes(trial.values(), text, trial.answer());
              var departure =
                  watchers.submit(() -> watched(trial, reading, reset, text, distinguished));
              if (halfWay(reading)) {
                settle(bench.rest(reading));
              }
              return departure;
            });
  }

  private static boolean halfWay(Reading reading) {
    return reading.end() == Reading.End.LEFT && reading.ending().isEmpty();
  }

  /** A generation that goes on without its reader must not meet the next one. */
  private static void settle(Duration rest) throws InterruptedException {
    Thread.sleep(rest.compareTo(SETTLE_MAX) < 0 ? rest : SETTLE_MAX);
  }

  private Departure watched(
      Trial trial, Reading reading, boolean reset, String text, boolean distinguished)
      throws InterruptedException {
    long left = reading.startedNanos() + reading.endNanos();
    var limit = hasLeft(reading) && distinguished ? bench.limit(reading) : Duration.ZERO;
    var watch = verifier.watch(trial.values(), text, left, limit);
    var fault = fault(trial, reading, distinguished, text);
    var later = watch.last();
    if (fault.isEmpty() && halfWay(reading) && bench.wholeMark().isPresent()) {
      long over = left + bench.rest(reading).toNanos();
      Thread.sleep(Duration.ofNanos(Math.max(0, over - System.nanoTime())));
      later = verifier.look(trial.values(), text);
    }
    return new Departure(trial, reading, reset, watch, later, fault);
  }

  private boolean hasLeft(Reading reading) {
    return reading.end() == Reading.End.LEFT
        || (moment.isTheEnd() && reading.end() == Reading.End.CLEAN);
  }

  private String fault(Trial trial, Reading reading, boolean distinguished, String text) {
    if (!hasLeft(reading)) {
      return "the moment to leave never came (HTTP " + reading.head().status() + ")";
    }
    boolean namesAnswer = verifier.verification().expectation().namesAnswer();
    if (namesAnswer && text.isBlank()) {
      return "no text had been read yet";
    }
    if (namesAnswer && halfWay(reading) && trial.asks(text)) {
      return "what had been read by then stands in the request too, so that finding it says nothing";
    }
    return !distinguished ? Bench.ALIKE : "";
  }

  private static Departure result(Future<Departure> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a look failed", e.getCause());
    }
  }
}
