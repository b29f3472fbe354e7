package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.verify.Look;
import dev.lastword.checker.verify.Verifier;
import dev.lastword.checker.verify.Watch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Readers who stay, and look what is saved at the instant at which they have read one event. The
 * look begins on the thread that has read it, over a connection that was opened ahead.
 */
final class Instants {
  private final Bench bench;
  private final Optional<Predicate<Arrival>> moment;
  private final String what;

  /**
   * @param moment the event; empty for the end of the body
   * @param what its name, such as {@code the terminal event}
   */
  Instants(Bench bench, Optional<Predicate<Arrival>> moment, String what) {
    this.bench = bench;
    this.moment = moment;
    this.what = what;
  }

  /**
   * One run.
   *
   * @param fault why there was nothing to look for, {@code ""} if there was
   */
  private record Instant(Trial trial, Reading reading, Watch watch, String fault) {
    boolean late() {
      return !watch.first().saved();
    }
  }

  /** Makes the plan's runs, and up to twenty where their results differ. */
  Verdict verdict() throws InterruptedException {
    var instants = new ArrayList<Instant>();
    var unjudged = new ArrayList<Unjudged>();
    try (var watchers = Executors.newVirtualThreadPerTaskExecutor()) {
      round(watchers, bench.plan().runs(), instants, unjudged);
      if (differs(instants)) {
        round(watchers, Departures.MOST_RUNS - instants.size(), instants, unjudged);
      }
    }
    return instants.isEmpty() ? Unjudged.none(unjudged) : verdict(instants, unjudged);
  }

  private static boolean differs(List<Instant> instants) {
    long late = instants.stream().filter(Instant::late).count();
    return late > 0 && late < instants.size();
  }

  /** Readers one after the other; what was not saved at once is looked for beside the next ones. */
  private void round(
      ExecutorService watchers, int runs, List<Instant> instants, List<Unjudged> unjudged)
      throws InterruptedException {
    var running = new ArrayList<Future<Instant>>();
    for (int i = 0; i < runs; i++) {
      try {
        running.add(watchers.submit(run(bench.verifier().orElseThrow())));
      } catch (IOException | MissingValueException e) {
        unjudged.add(Unjudged.without(String.valueOf(e.getMessage())));
      }
    }
    for (var each : running) {
      judge(result(each), instants, unjudged);
    }
  }

  /** What the first look was told counts: a later one may find what was saved in between. */
  private void judge(Instant instant, List<Instant> instants, List<Unjudged> unjudged)
      throws InterruptedException {
    if (!instant.fault().isEmpty()) {
      unjudged.add(Unjudged.without(instant.fault()));
      return;
    }
    var seen = instant.watch();
    var first = bench.understood(seen.first());
    if (first.outcome() == Look.Outcome.BLIND) {
      unjudged.add(Bench.failed(first));
      return;
    }
    var watch = new Watch(first, seen.last(), seen.visibleNanos());
    var trial = instant.trial();
    var doubt = bench.doubt(trial.arrivals(), trial.values(), watch);
    if (doubt.isEmpty()) {
      instants.add(new Instant(trial, instant.reading(), watch, ""));
    } else {
      unjudged.add(Unjudged.open(doubt));
    }
  }

  private static Instant result(Future<Instant> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a look failed", e.getCause());
    }
  }

  /** Reads and looks once now; the looks that follow are the result's. */
  private Callable<Instant> run(Verifier verifier) throws IOException, InterruptedException {
    var trial = bench.trial();
    var conduct = new LookingConduct(bench, trial, verifier, moment);
    var reading = trial.read(conduct);
    if (conduct.look == null && moment.isEmpty() && reading.end() == Reading.End.CLEAN) {
      conduct.lookNow(); // the end of the body is the end of the response
    }
    conduct.close();
    var first = conduct.look;
    if (first == null) {
      var never = new Watch(Look.none(), Look.none(), OptionalLong.empty());
      return () -> new Instant(trial, reading, never, what + " never came");
    }
    boolean distinguished = bench.distinguishes(trial.values(), conduct.text, conduct.text);
    var patience = bench.plan().patience();
    var fault = fault(conduct.text, distinguished);
    return () ->
        new Instant(
            trial,
            reading,
            verifier.watch(first, trial.values(), conduct.text, first.atNanos(), patience),
            fault);
  }

  private String fault(String text, boolean distinguished) {
    var expectation = bench.verifier().orElseThrow().verification().expectation();
    if (expectation.namesAnswer() && text.isBlank()) {
      return "no text had been read when " + what + " came";
    }
    return distinguished ? "" : Bench.ALIKE;
  }

  private Verdict verdict(List<Instant> instants, List<Unjudged> unjudged) {
    var late = instants.stream().filter(Instant::late).toList();
    long look =
        instants.stream().mapToLong(each -> each.watch().first().tookNanos()).max().orElse(0);
    if (late.isEmpty()) {
      var pass =
          Verdict.pass(
              instants.size(),
              "the first look found the answer %d of %d times; a look took at most %s, which hides"
                      .formatted(instants.size(), instants.size(), Timeline.time(look))
                  + " what is shorter");
      return Unjudged.weighed(pass.with(timeline(instants.getFirst())), unjudged);
    }
    long never = late.stream().filter(each -> !each.watch().saved()).count();
    long window =
        late.stream().mapToLong(each -> each.watch().visibleNanos().orElse(0)).max().orElse(0);
    return Verdict.fail(
            instants.size(),
            late.size(),
            "%d of %d answers were not saved when %s had been read, %s; a look took at most %s"
                .formatted(
                    late.size(),
                    instants.size(),
                    what,
                    never == late.size()
                        ? "and never after"
                        : "window ≈ "
                            + Timeline.time(window)
                            + (never > 0 ? ", " + never + " of them never saved" : ""),
                    Timeline.time(look)))
        .with(timeline(late.getFirst()));
  }

  private static Timeline timeline(Instant instant) {
    var reading = instant.reading();
    var watch = instant.watch();
    var marks = new ArrayList<Timeline.Mark>();
    long looked = watch.first().atNanos() - reading.startedNanos();
    marks.add(new Timeline.Mark("first look", Timeline.ms(looked)));
    watch
        .visibleNanos()
        .ifPresent(after -> marks.add(new Timeline.Mark("saved", Timeline.ms(looked + after))));
    return Timeline.of(reading, marks);
  }

  /** Reads on, and looks once, when the event has been read. */
  private static final class LookingConduct implements Conduct {
    private final Bench bench;
    private final Trial trial;
    private final Verifier verifier;
    private final Optional<Predicate<Arrival>> moment;
    private Verifier.@Nullable Ready ready;
    private @Nullable Look look;
    private String text = "";

    LookingConduct(
        Bench bench, Trial trial, Verifier verifier, Optional<Predicate<Arrival>> moment) {
      this.bench = bench;
      this.trial = trial;
      this.verifier = verifier;
      this.moment = moment;
    }

    @Override
    public Move after(Arrival arrival) {
      if (ready == null) {
        ready = verifier.ready(trial.values());
      }
      if (look == null && moment.filter(each -> each.test(arrival)).isPresent()) {
        lookNow();
      }
      return Move.READ_ON;
    }

    private void lookNow() {
      var connected = ready == null ? verifier.ready(trial.values()) : ready;
      look = connected.look(trial.values(), this::expected);
      text = expected();
    }

    private String expected() {
      return bench.baseline().expected(trial.answer());
    }

    void close() {
      if (ready != null) {
        ready.close();
      }
    }
  }
}
