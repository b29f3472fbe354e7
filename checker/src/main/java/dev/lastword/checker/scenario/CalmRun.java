package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Head;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.Json;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.verify.Look;
import dev.lastword.checker.verify.Verifier;
import dev.lastword.checker.verify.Watch;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Optional;
import javax.net.ssl.SSLException;
import tools.jackson.databind.JsonNode;

/** Reads one response to the very end, and looks whether its answer was saved. */
final class CalmRun {
  private static final String NOBODY_SAID = "lastword-control-7f3a9c-never-said";

  private final Bench bench;
  private final Plan plan;

  CalmRun(Bench bench, Plan plan) {
    this.bench = bench;
    this.plan = plan;
  }

  /** What the calm run came to, and the plan with what it showed. */
  record Calm(Plan plan, Baseline baseline) {}

  Calm run() throws CannotCheckException, InterruptedException {
    bench.progress("calm run: reading to the very end");
    try {
      var trial = bench.trial(plan, plan.request(), Bench.word(), Bench.word());
      var reading = trial.read(Conduct.CALM);
      requireStream(reading);
      var shown = Recognition.plan(plan, trial.request(), reading);
      var signed =
          Recognition.reading(reading, shown.answers().dialect(), trial.request());
      var answer = shown.answers().text(signed.arrivals());
      return new Calm(shown, verified(trial, shown, signed, answer));
    } catch (IOException e) {
      throw new CannotCheckException(unreachable(e));
    } catch (MissingValueException e) {
      throw new CannotCheckException("the request cannot be made: " + e.getMessage());
    }
  }

  private String unreachable(IOException e) {
    var url = plan.request().url().text();
    return switch (e) {
      case ConnectException refused -> "nobody listens at " + url;
      case UnknownHostException unknown -> "there is no host of the name in " + url;
      case SSLException tls ->
          "no TLS with " + url + ": " + tls.getMessage() + " (--cacert names a private CA)";
      case SocketTimeoutException silent -> "no answer from " + url + ": " + silent.getMessage();
      default -> "no response from " + url + ": " + e.getMessage();
    };
  }

  private static void requireStream(Reading reading) throws CannotCheckException {
    requireSuccess(reading.head());
    if (!reading.head().isEventStream() && reading.arrivals().isEmpty()) {
      throw new CannotCheckException(
          "the response is no event stream: its content-type is "
              + reading.head().first("content-type").orElse("missing")
              + ", not text/event-stream");
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

  private static void requireSuccess(Head head) throws CannotCheckException {
    int status = head.status();
    if (status == 401 || status == 403) {
      throw new CannotCheckException(
          "the endpoint needs a login (HTTP "
              + status
              + "): add -H 'authorization: …' or -H 'cookie: …'");
    }
    if (status >= 300 && status < 400) {
      throw new CannotCheckException(
          "the endpoint redirects to "
              + head.first("location").orElse("nowhere")
              + " (HTTP "
              + status
              + "); a redirect to a login page means that credentials are missing");
    }
    if (!head.isSuccess()) {
      throw new CannotCheckException("the endpoint answers HTTP " + status);
    }
  }

  private Baseline verified(Trial trial, Plan shown, Reading reading, String answer)
      throws CannotCheckException, InterruptedException {
    var dialect = shown.answers().dialect();
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
    var watch = verifier.watch(trial.values(), answer, end, plan.patience());
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
