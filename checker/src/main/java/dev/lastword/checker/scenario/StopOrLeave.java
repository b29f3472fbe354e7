package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.template.RequestTemplate;
import dev.lastword.dialect.Sign;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** LW006: leaving is no stop; a stop stops the work, and keeps what was said by then. */
final class StopOrLeave extends NamedScenario {
  private static final int EVENTS_MIN = 6;

  /** So much of an answer is the whole of it. */
  private static final double WHOLE = 0.9;

  /** Events may be on their way when the stop is answered, but not for so long. */
  private static final long FOLLOW_NANOS_MAX = 2_000_000_000L;

  StopOrLeave() {
    super(
        "LW006",
        Severity.MEDIUM,
        "stop: ends the work, keeps the partial",
        "Let a stop be a request of its own: end the generation, save what was said as partial, and"
            + " end the stream.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    var stop = bench.plan().means().stop();
    if (stop.isEmpty()) {
      return Verdict.notApplicable("add --stop, the address that stops a generation" + left(bench));
    }
    if (bench.baseline().truncated()) {
      return Verdict.inconclusive(0, bench.baseline().noWhole().orElseThrow());
    }
    int events = bench.baseline().textEvents().size();
    if (events < EVENTS_MIN) {
      return Verdict.notApplicable(
          "the answer has only " + events + " events; ask for a longer one");
    }
    try {
      return stopped(bench, stop.get(), bench.baseline().textEvent(0.3));
    } catch (IOException | MissingValueException e) {
      return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
    }
  }

  /** What becomes of the work when its reader leaves, where that can be seen. */
  private static String left(Bench bench) throws InterruptedException {
    var baseline = bench.baseline();
    if (bench.verifier().isEmpty() || baseline.noWhole().isPresent() || !baseline.savedWhole()) {
      return "";
    }
    int nth = Math.max(1, baseline.textEvents().size() / 4);
    var departures =
        new Departures(bench, bench.verifier().get().ofPart(), Moment.atText(bench.answers(), nth))
            .run(1);
    if (departures.judged().isEmpty()) {
      return "";
    }
    var departure = departures.judged().getFirst();
    if (departure.lost()) {
      return "; a reader who leaves stops the work, and nothing is kept";
    }
    var beyond = Partial.beyond(departure.later().shown(), departure.trial().answer().strip());
    return beyond.isPresent() && beyond.getAsInt() > 3 * baseline.charactersPerEvent()
        ? "; a reader who leaves does not stop the work: it went on"
        : "; a reader who leaves stops the work, or nothing of what followed is saved";
  }

  /** Reads on, and stops after an event. */
  static final class Stopping implements Conduct {
    private final Bench bench;
    private final Trial trial;
    private final RequestTemplate stop;
    private final int at;
    private long answeredNanos;
    private int status;
    private String read = "";
    private @Nullable IOException failure;

    Stopping(Bench bench, Trial trial, RequestTemplate stop, int at) {
      this.bench = bench;
      this.trial = trial;
      this.stop = stop;
      this.at = at;
    }

    @Override
    public Move after(Arrival arrival) {
      if (arrival.index() == at) {
        read = trial.answer();
        try {
          status = send();
        } catch (IOException e) {
          failure = e;
        }
        answeredNanos = System.nanoTime();
      }
      return Move.READ_ON;
    }

    private int send() throws IOException {
      var request = stop.request(trial.values());
      for (var header : trial.request().headers()) {
        boolean credential =
            List.of("authorization", "cookie", "x-api-key").stream()
                .anyMatch(header.name()::equalsIgnoreCase);
        if (credential && !request.has(header.name())) {
          request = request.with(header.name(), header.value());
        }
      }
      try (var wire = bench.reader().open(request)) {
        return wire.exchange(request).head().status();
      }
    }
  }

  private static Verdict stopped(Bench bench, RequestTemplate stop, int at)
      throws IOException, InterruptedException {
    var trial = bench.trial();
    var stopping = new Stopping(bench, trial, stop, at);
    var reading = trial.read(stopping);
    if (stopping.failure != null) {
      throw stopping.failure;
    }
    if (stopping.answeredNanos == 0) {
      return Verdict.inconclusive(0, "the response was over before it could be stopped");
    }
    if (stopping.status >= 400) {
      return Verdict.inconclusive(0, "the stop is answered HTTP " + stopping.status);
    }
    var faults = new ArrayList<String>();
    streamFault(bench, trial, reading, stopping, faults);
    var unjudged =
        bench.verifier().isPresent() && bench.baseline().savedWhole()
            ? savedFault(bench, trial, stopping, faults)
            : Optional.<Unjudged>empty();
    long after = reading.startedNanos() + reading.endNanos() - stopping.answeredNanos;
    var mark =
        new Timeline.Mark("stop", Timeline.ms(stopping.answeredNanos - reading.startedNanos()));
    var timeline = Timeline.of(reading, List.of(mark));
    return (faults.isEmpty()
            ? kept(
                bench,
                "the stream ended %s after the stop was answered"
                    .formatted(Timeline.time(Math.max(0, after))),
                unjudged)
            : Verdict.fail(1, 1, String.join("; ", faults)))
        .with(timeline);
  }

  private static Verdict kept(Bench bench, String ended, Optional<Unjudged> unjudged) {
    var unknown = "; whether what was read is kept is not known: ";
    if (bench.verifier().isEmpty()) {
      return Verdict.pass(1, ended + unknown + LeaveAtTerminal.NEEDS_VERIFY);
    }
    return unjudged
        .map(why -> Verdict.inconclusive(0, ended + unknown + why.why()))
        .orElseGet(() -> Verdict.pass(1, ended + ", and what was read is kept"));
  }

  private static void streamFault(
      Bench bench, Trial trial, Reading reading, Stopping stopping, List<String> faults) {
    long answered = stopping.answeredNanos - reading.startedNanos();
    long last =
        reading.arrivals().stream()
            .filter(each -> each.sign() == Sign.CONTENT)
            .mapToLong(Arrival::atNanos)
            .max()
            .orElse(0);
    boolean whole =
        trial.answer().length() >= WHOLE * bench.baseline().answer().length()
            && reading.error().isEmpty();
    if (whole) {
      faults.add(
          "the stop is answered HTTP " + stopping.status + ", and the answer goes on to its end");
    } else if (last - answered > FOLLOW_NANOS_MAX) {
      faults.add(
          "words still come " + Timeline.time(last - answered) + " after the stop was answered");
    }
  }

  /** Looks for what was read, at least: more may be saved. Tells why that cannot be judged. */
  private static Optional<Unjudged> savedFault(
      Bench bench, Trial trial, Stopping stopping, List<String> faults)
      throws InterruptedException {
    if (!bench.distinguishes(trial.values(), stopping.read, trial.answer())) {
      return Optional.of(Unjudged.without(Bench.ALIKE));
    }
    var verifier = bench.verifier().orElseThrow().ofPart();
    var watch =
        bench.understood(
            verifier.watch(
                trial.values(), stopping.read, stopping.answeredNanos, bench.plan().patience()));
    var unjudged = bench.unjudged(trial, watch);
    if (watch.lost() && unjudged.isEmpty()) {
      faults.add("what was read before the stop is lost: '" + watch.last().saw() + "'");
    }
    var mark = bench.wholeMark();
    if (mark.isPresent() && watch.saved() && mark.get().in(watch.last().shown(), stopping.read)) {
      faults.add("what was stopped is marked complete: '" + watch.last().saw() + "'");
    }
    return unjudged;
  }
}
