package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.Json;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.verify.Look;
import dev.lastword.checker.verify.Verifier;
import dev.lastword.checker.verify.Watch;
import java.io.IOException;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Reads one response to the very end, and looks whether its answer was saved. */
final class CalmRun {
  private static final String NOBODY_SAID = "lastword-control-7f3a9c-never-said";

  private final Bench bench;

  CalmRun(Bench bench) {
    this.bench = bench;
  }

  Baseline run() throws CannotCheckException, InterruptedException {
    bench.progress("calm run: reading to the very end");
    try {
      var trial = bench.trial();
      var read = trial.read(Conduct.CALM);
      requireStream(trial, read);
      var reading = trial.recognise(read);
      bench.answers(trial.answers());
      return verified(trial, reading);
    } catch (IOException e) {
      throw new CannotCheckException(Unreachable.because(e, bench.plan().request().url().text()));
    } catch (MissingValueException e) {
      throw new CannotCheckException("the request cannot be made: " + e.getMessage());
    }
  }

  private static void requireStream(Trial trial, Reading reading) throws CannotCheckException {
    var other = NoStream.because(trial.request(), reading);
    boolean mislabelled = reading.head().isSuccess() && !reading.arrivals().isEmpty(); // LW013
    if (other.isPresent() && !mislabelled) {
      throw new CannotCheckException(other.get());
    }
    switch (reading.end()) {
      case SILENT ->
          throw new CannotCheckException(
              "the calm run fell silent and did not end; --silence says how long to wait");
      case TOO_MUCH ->
          throw new CannotCheckException(
              "the calm run did not end; --timeout says how long it may take");
      case CUT, CLEAN, LEFT -> {}
    }
    if (reading.arrivals().isEmpty()) {
      throw new CannotCheckException("the response is an event stream without an event");
    }
  }

  private Baseline verified(Trial trial, Reading reading)
      throws CannotCheckException, InterruptedException {
    var dialect = trial.answers().dialect();
    var answer = trial.answer();
    if (bench.verifier().isEmpty()) {
      return new Baseline(
          dialect, reading, answer, trial.values(), Optional.empty(), Integer.MAX_VALUE);
    }
    var verifier = bench.verifier().get();
    var expectation = verifier.verification().expectation();
    if (expectation.namesAnswer() && answer.isBlank()) {
      throw new CannotCheckException(
          "the events have no text to look for; --text names its place in their JSON, such as"
              + " /delta/text");
    }
    bench.progress("calm run: looking for its answer");
    long end = reading.startedNanos() + reading.endNanos();
    var watch = verifier.watch(trial.values(), answer, end, bench.plan().patience());
    if (watch.saved()) {
      control(verifier, trial);
      return new Baseline(
          dialect, reading, answer, trial.values(), Optional.of(watch), Integer.MAX_VALUE);
    }
    var last = watch.last();
    var part =
        new Baseline(
            dialect, reading, answer, trial.values(), Optional.of(watch), last.characters());
    if (part.truncated()
        || last.outcome() == Look.Outcome.PART
        || isOfThisRun(verifier, trial, last)) {
      return part;
    }
    throw new CannotCheckException(unsaved(watch));
  }

  /** Whether a look has found the run's own record, in JSON, and another text in it. */
  private static boolean isOfThisRun(Verifier verifier, Trial trial, Look look) {
    return look.outcome() == Look.Outcome.ABSENT
        && verifier.verification().namesRun()
        && verifier.verification().expectation().namesAnswer()
        && look.shown().contains(trial.values().get("run"))
        && Json.parse(look.shown()).filter(JsonNode::isContainer).isPresent();
  }

  private static String unsaved(Watch watch) {
    var saw = watch.last().saw();
    return watch.last().outcome() == Look.Outcome.BLIND
        ? "the verification does not work: " + saw
        : "even a reader who stays to the end does not find the answer saved: the verification saw '"
            + saw
            + "'; check --verify and --expect, or the endpoint saves nothing";
  }

  /** A verification that finds what nobody said proves nothing. */
  private static void control(Verifier verifier, Trial trial) throws CannotCheckException {
    if (verifier.verification().expectation().namesAnswer()
        && verifier.look(trial.values(), NOBODY_SAID).saved()) {
      throw new CannotCheckException(
          "the verification also finds an answer that was never given; check --verify and --expect");
    }
  }
}
