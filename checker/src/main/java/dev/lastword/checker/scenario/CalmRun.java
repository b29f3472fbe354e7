package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Credentials;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.scenario.TextChoice.Chosen;
import dev.lastword.checker.scenario.TextChoice.Option;
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
      return learnt(trial, reading);
    } catch (IOException e) {
      throw new CannotCheckException(
          Unreachable.because(e, Credentials.shown(bench.plan().request().url().text())));
    } catch (MissingValueException e) {
      throw new CannotCheckException("the request cannot be made: " + e.getMessage());
    }
  }

  private static void requireStream(Trial trial, Reading reading) throws CannotCheckException {
    var other = NoStream.because(trial.request(), reading);
    boolean mislabelled = reading.head().isSuccess() && !reading.arrivals().isEmpty(); // LW013
    boolean document = reading.lines() && !isStreamOfLines(reading);
    if (other.isPresent() && (!mislabelled || document)) {
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

  /** Whether what is shown has the request, and the answer stands in that. */
  private static boolean repeatsTheRequest(Trial trial, String shown) {
    var answer = trial.answer();
    return trial.asks(answer)
        && (Occurrences.everywhere(shown, answer) > 1
            || trial.asking(answer).stream()
                .anyMatch(question -> Occurrences.everywhere(shown, question) > 0));
  }

  /** One document of JSON is no stream, however many lines it is printed on. */
  private static boolean isStreamOfLines(Reading reading) {
    return reading.arrivals().size() > 1
        && reading.arrivals().stream()
            .allMatch(each -> Json.parse(each.event().data()).isPresent());
  }

  private Baseline learnt(Trial trial, Reading reading)
      throws CannotCheckException, InterruptedException {
    var choice = new TextChoice(trial.answers(), reading);
    if (bench.plan().verification().isEmpty()) {
      return baseline(trial, reading, choice.likeliest(), Optional.empty(), Integer.MAX_VALUE);
    }
    var verifier = new Verifier(bench.plan().verification().get(), bench.reader());
    if (verifier.verification().expectation().namesAnswer()
        && choice.likeliest().text().isBlank()) {
      throw new CannotCheckException(
          "the events have no text to look for; --text names its place in their JSON, such as"
              + " /delta/text");
    }
    bench.progress("calm run: looking for its answer");
    long end = reading.startedNanos() + reading.endNanos();
    var chosen = choice.look(verifier, trial.values(), end, bench.plan().patience());
    if (chosen.watch().saved()) {
      control(verifier, trial);
      return baseline(
          trial, reading, chosen.option(), Optional.of(chosen.watch()), Integer.MAX_VALUE);
    }
    var last = chosen.watch().last();
    var part =
        baseline(trial, reading, chosen.option(), Optional.of(chosen.watch()), last.characters());
    boolean other = chosen.option().certain() && isOfThisRun(verifier, trial, last);
    if (part.truncated() || last.outcome() == Look.Outcome.PART || other) {
      return part;
    }
    throw new CannotCheckException(unsaved(chosen, choice));
  }

  /** Goes on with what the calm run has shown of the stream's form. */
  private Baseline baseline(
      Trial trial, Reading reading, Option option, Optional<Watch> watch, int comparable) {
    var answers = option.answers().ended(reading, option.lastText());
    var read = trial.reread(reading, answers);
    bench.answers(answers);
    return new Baseline(
        answers,
        read,
        trial.answer(),
        answers.textEvents(read.arrivals()),
        trial.values(),
        watch,
        comparable,
        watch.isPresent() && repeatsTheRequest(trial, watch.get().last().shown()));
  }

  /** Whether a look has found the run's own record, in JSON, and another text in it. */
  private static boolean isOfThisRun(Verifier verifier, Trial trial, Look look) {
    return look.outcome() == Look.Outcome.ABSENT
        && verifier.verification().namesRun()
        && verifier.verification().expectation().namesAnswer()
        && look.shown().contains(trial.values().get("run"))
        && Json.parse(look.shown()).filter(JsonNode::isContainer).isPresent();
  }

  private static String unsaved(Chosen chosen, TextChoice choice) {
    var last = chosen.watch().last();
    if (last.outcome() == Look.Outcome.BLIND) {
      return "the verification does not work: " + last.saw();
    }
    var places = choice.places();
    return "even a reader who stays to the end does not find the answer saved: the verification saw '"
        + last.saw()
        + "'; check --verify and --expect, or the endpoint saves nothing"
        + (places.isEmpty() ? "" : "; if the answer is another text of the events: " + places);
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
