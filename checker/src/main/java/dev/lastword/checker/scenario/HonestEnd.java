package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.dialect.Sign;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** LW009: what broke off or failed is not said as a success. */
final class HonestEnd extends NamedScenario {
  /** The dialect whose finish event comes behind errors too. */
  private static final String FINISHES_ERRORS = "ai-sdk-ui";

  HonestEnd() {
    super(
        "LW009",
        Severity.HIGH,
        "a failure is not said as success",
        "Say an error event where the upstream fails or breaks off, and no finish_reason and no"
            + " terminal event of success.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    var calm = bench.baseline().reading();
    var fault = calmFault(bench);
    if (fault.isPresent()) {
      return Verdict.fail(1, 1, fault.get()).with(Timeline.of(calm, List.of()));
    }
    var failing = bench.plan().means().failing();
    if (failing.isEmpty()) {
      return Verdict.pass(
              1,
              said(calm)
                  + "; a failing generation was not tried: add --fail-data, a request whose"
                  + " generation fails")
          .with(Timeline.of(calm, List.of()));
    }
    try {
      var trial = bench.trial(failing.get());
      return failed(bench, trial.read(Conduct.CALM));
    } catch (IOException e) {
      return Verdict.pass(2, "a failing generation breaks off visibly: " + e.getMessage());
    } catch (MissingValueException e) {
      return Verdict.inconclusive(1, String.valueOf(e.getMessage()));
    }
  }

  private static String said(Reading calm) {
    return calm.error().isPresent()
        ? "the calm run ended with an error that is said as one"
        : "the calm run ended well, and said so";
  }

  /** What the calm run alone shows. */
  private static Optional<String> calmFault(Bench bench) throws InterruptedException {
    var baseline = bench.baseline();
    var reading = baseline.reading();
    if (baseline.truncated()) {
      return reading.end() == Reading.End.CLEAN
          ? Optional.of("the body ends cleanly where nothing has said that the answer is over")
          : Optional.empty(); // a body that breaks off is an error to every client
    }
    if (reading.error().isPresent()) {
      return success(bench, reading)
          ? Optional.of("an error is said, and success too")
          : Optional.empty();
    }
    var mark = bench.plan().means().complete();
    return mark.isPresent() && baseline.savedWhole() && !markedComplete(bench, mark.get())
        ? Optional.of(
            "success was said, but what is saved is not marked complete: '"
                + baseline.watch().map(watch -> watch.last().saw()).orElse("")
                + "'")
        : Optional.empty();
  }

  /** An application may mark it a moment later, which is LW003's matter. */
  private static boolean markedComplete(Bench bench, CompleteMark mark)
      throws InterruptedException {
    if (bench.verifier().isEmpty()) {
      return true;
    }
    var values = bench.baseline().values();
    var answer = bench.baseline().answer();
    long until = System.nanoTime() + bench.plan().patience().toNanos();
    while (!mark.in(bench.verifier().get().look(values, answer).shown())) {
      if (System.nanoTime() > until) {
        return false;
      }
      Thread.sleep(100);
    }
    return true;
  }

  private static Verdict failed(Bench bench, Reading reading) {
    var timeline = Timeline.of(reading, List.of());
    if (!reading.head().isSuccess()) {
      return Verdict.pass(2, "a failing generation is answered HTTP " + reading.head().status())
          .with(timeline);
    }
    if (success(bench, reading)) {
      return Verdict.fail(2, 1, "a generation that fails ends as if it had succeeded")
          .with(timeline);
    }
    if (reading.error().isPresent()) {
      return Verdict.pass(2, "a failing generation ends with an error event").with(timeline);
    }
    return reading.end() == Reading.End.CLEAN
        ? Verdict.fail(2, 1, "a generation that fails ends the body cleanly, and says no error")
            .with(timeline)
        : Verdict.pass(2, "a failing generation breaks the body off, which clients notice")
            .with(timeline);
  }

  /** Whether any event by itself says success, even behind an error. */
  private static boolean success(Bench bench, Reading reading) {
    boolean finishesErrors = bench.baseline().dialect().name().equals(FINISHES_ERRORS);
    return reading.arrivals().stream()
        .filter(each -> !finishesErrors || reading.error().isEmpty() || precedes(each, reading))
        .anyMatch(each -> saysSuccess(bench, each));
  }

  private static boolean precedes(Arrival arrival, Reading reading) {
    return reading.error().filter(error -> arrival.index() < error.index()).isPresent();
  }

  private static boolean saysSuccess(Bench bench, Arrival arrival) {
    if (bench.answers().endings().include(arrival.event())) {
      return true;
    }
    var sign = bench.baseline().dialect().detector(RequestFacts.NONE).observe(arrival.event());
    return sign == Sign.ENDING || (sign == Sign.TERMINAL && !endsErrorsToo(bench));
  }

  /** Whether the dialect's last event comes behind errors as well, so that it says nothing. */
  private static boolean endsErrorsToo(Bench bench) {
    return bench.baseline().dialect().missingTerminal().isPresent();
  }
}
