package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.scenario.Baseline.Terminal;
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
 * LW003: whether the answer is saved at the instant at which the terminal event was read. The
 * reader stays; the look begins on the thread that has read the event, over a connection that was
 * opened ahead.
 */
final class SavedAtTerminal extends NamedScenario {
  private static final int MOST_RUNS = 20;

  SavedAtTerminal() {
    super(
        "LW003",
        Severity.HIGH,
        "saved when the terminal event arrives",
        "Wait for the save before writing the terminal event: what is said last is then true.");
  }

  /** One run, or why it is none. */
  private record Instant(Reading reading, Watch watch, String fault) {
    boolean late() {
      return fault.isEmpty() && !watch.first().saved();
    }
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
    if (bench.baseline().terminal() instanceof Terminal.Missing(String why)) {
      return Verdict.inconclusive(0, why);
    }
    var instants = new ArrayList<Instant>();
    var faults = new ArrayList<String>();
    try (var watchers = Executors.newVirtualThreadPerTaskExecutor()) {
      round(bench, watchers, bench.plan().runs(), instants, faults);
      if (differs(instants)) {
        round(bench, watchers, MOST_RUNS - instants.size(), instants, faults);
      }
    }
    return instants.isEmpty()
        ? Verdict.inconclusive(0, String.join("; ", faults.stream().distinct().toList()))
        : verdict(instants);
  }

  private static boolean differs(List<Instant> instants) {
    long late = instants.stream().filter(Instant::late).count();
    return late > 0 && late < instants.size();
  }

  /** Readers one after the other; what was not saved at once is looked for beside the next ones. */
  private static void round(
      Bench bench, ExecutorService watchers, int runs, List<Instant> instants, List<String> faults)
      throws InterruptedException {
    var running = new ArrayList<Future<Instant>>();
    for (int i = 0; i < runs; i++) {
      try {
        running.add(watchers.submit(run(bench, bench.verifier().orElseThrow())));
      } catch (IOException | MissingValueException e) {
        faults.add(String.valueOf(e.getMessage()));
      }
    }
    for (var each : running) {
      var instant = result(each);
      if (instant.fault().isEmpty()) {
        instants.add(instant);
      } else {
        faults.add(instant.fault());
      }
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
  private static Callable<Instant> run(Bench bench, Verifier verifier)
      throws IOException, InterruptedException {
    var trial = bench.trial();
    var conduct = new LookingConduct(bench, trial, verifier);
    var reading = trial.read(conduct);
    if (conduct.look == null
        && reading.terminal().isEmpty()
        && reading.end() == Reading.End.CLEAN) {
      conduct.lookNow(); // the end of the body is the end of the response
    }
    conduct.close();
    var first = conduct.look;
    if (first == null) {
      var blind = new Look(Look.Outcome.BLIND, 0, "", "", 0, System.nanoTime());
      return () ->
          new Instant(
              reading, new Watch(blind, blind, OptionalLong.empty()), "no terminal event came");
    }
    boolean distinguished = bench.distinguishes(conduct.text);
    bench.remember(conduct.text);
    var patience = bench.plan().patience();
    return () ->
        new Instant(
            reading,
            verifier.watch(first, trial.values(), conduct.text, first.atNanos(), patience),
            fault(first, distinguished));
  }

  private static String fault(Look first, boolean distinguished) {
    if (!distinguished) {
      return "an earlier run's answer holds the same text: put {{run}} into the request, or a"
          + " captured id into --verify";
    }
    return first.outcome() == Look.Outcome.BLIND ? "the verification failed: " + first.saw() : "";
  }

  private static Verdict verdict(List<Instant> instants) {
    var late = instants.stream().filter(Instant::late).toList();
    long look =
        instants.stream().mapToLong(each -> each.watch().first().tookNanos()).max().orElse(0);
    if (late.isEmpty()) {
      return Verdict.pass(
              instants.size(),
              "the first look found the answer %d of %d times; a look took at most %s, which hides"
                      .formatted(instants.size(), instants.size(), Timeline.time(look))
                  + " what is shorter")
          .with(timeline(instants.getFirst()));
    }
    long never = late.stream().filter(each -> !each.watch().saved()).count();
    long window =
        late.stream().mapToLong(each -> each.watch().visibleNanos().orElse(0)).max().orElse(0);
    return Verdict.fail(
            instants.size(),
            late.size(),
            "not saved %d of %d times when the terminal event had been read, %s; a look took at most %s"
                .formatted(
                    late.size(),
                    instants.size(),
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

  /** Reads on, and looks once, when the terminal event has been read. */
  private static final class LookingConduct implements Conduct {
    private final Bench bench;
    private final Trial trial;
    private final Verifier verifier;
    private final Optional<Predicate<Arrival>> moment;
    private Verifier.@Nullable Ready ready;
    private @Nullable Look look;
    private String text = "";

    LookingConduct(Bench bench, Trial trial, Verifier verifier) {
      this.bench = bench;
      this.trial = trial;
      this.verifier = verifier;
      this.moment =
          bench.baseline().reading().terminal().map(each -> LeaveAtTerminal.at(each.sign()));
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
