package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.template.Template;
import dev.lastword.checker.verify.Verification;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** LW007: the same request under the same key, twice at once and once again: one generation. */
final class SameAgain extends NamedScenario {
  SameAgain() {
    super(
        "LW007",
        Severity.MEDIUM,
        "same key, one generation",
        "Keep the key with the generation that it began, and let a second request attach to that"
            + " one: a retry pays once.");
  }

  /**
   * One answer.
   *
   * @param identity what tells its generation from another, {@code ""} if it was refused
   */
  private record Answered(int status, String identity) {
    boolean refused() {
      return identity.isEmpty();
    }
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    var header = bench.plan().means().idempotencyHeader();
    var request = bench.plan().request();
    boolean place =
        request.body().has("key")
            || request.url().has("key")
            || request.headers().stream().anyMatch(each -> each.getValue().has("key"));
    if (header.isEmpty() && !place) {
      return Verdict.notApplicable(
          "add --idempotency-header, the header that names a request, or put {{key}} where the key"
              + " belongs");
    }
    try {
      return judged(bench);
    } catch (IOException | MissingValueException e) {
      return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
    }
  }

  private static Verdict judged(Bench bench) throws IOException, InterruptedException {
    var run = Bench.word();
    var key = Bench.word();
    var answers = new ArrayList<Answered>();
    var other = new ArrayList<Answered>();
    bench
        .stage()
        .alone(
            () -> {
              answers.addAll(together(bench, run, key));
              answers.add(answered(bench, trial(bench, run, key)));
              other.add(answered(bench, trial(bench, run, Bench.word())));
              return answers;
            });
    var identities = answers.stream().filter(each -> !each.refused()).map(Answered::identity);
    long generations = identities.distinct().count();
    long refused = answers.stream().filter(Answered::refused).count();
    if (generations > 1) {
      return Verdict.fail(
          3, (int) generations - 1, "3 requests with one key: " + generations + " generations");
    }
    if (generations == 0) {
      return Verdict.inconclusive(
          3, "every request with a key is answered HTTP " + answers.getFirst().status());
    }
    if (other
        .getFirst()
        .identity()
        .equals(
            answers.stream()
                .filter(each -> !each.refused())
                .findFirst()
                .orElseThrow()
                .identity())) {
      return Verdict.inconclusive(
          3,
          "another key has the same answer, so that generations cannot be told apart: put a captured"
              + " id, such as {{header:x-message-id}}, into --verify or --resume");
    }
    return Verdict.pass(
        3,
        "3 requests with one key, 2 of them at once: 1 generation"
            + (refused == 0 ? "" : "; " + refused + " were refused, which is safe too"));
  }

  private static List<Answered> together(Bench bench, String run, String key)
      throws IOException, InterruptedException {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var running = new ArrayList<Future<Answered>>();
      for (int i = 0; i < 2; i++) {
        var trial = trial(bench, run, key);
        running.add(threads.submit(() -> answered(bench, trial)));
      }
      var answers = new ArrayList<Answered>();
      for (var each : running) {
        answers.add(each.get());
      }
      return answers;
    } catch (ExecutionException e) {
      throw new IOException(String.valueOf(e.getCause()), e);
    }
  }

  private static Trial trial(Bench bench, String run, String key) throws IOException {
    var plan = bench.plan();
    var trial = bench.trial(plan.request(), run, key).prepare();
    var header = plan.means().idempotencyHeader();
    return header.isEmpty()
        ? trial
        : bench.trial(
            trial.request().without(List.of(header.get())).with(header.get(), key), trial);
  }

  private static Answered answered(Bench bench, Trial trial) throws IOException {
    var reading = trial.readBeside(Conduct.CALM);
    int status = reading.head().status();
    return new Answered(status, reading.head().isSuccess() ? identity(bench, trial, reading) : "");
  }

  /** The captured values that lead to what was saved, or else all that was said. */
  private static String identity(Bench bench, Trial trial, Reading reading) {
    for (var address : addresses(bench.plan())) {
      if (capturesMore(address)) {
        return address.plain(trial.values());
      }
    }
    return String.join(
        "\n", Resuming.told(reading.arrivals()).stream().map(e -> e.event().data()).toList());
  }

  private static List<Template> addresses(Plan plan) {
    var addresses = new ArrayList<Template>();
    plan.verification()
        .ifPresent(
            each ->
                addresses.add(
                    switch (each) {
                      case Verification.Http http -> http.request().url();
                      case Verification.Command command -> command.command();
                    }));
    plan.resume().ifPresent(addresses::add);
    return addresses;
  }

  private static boolean capturesMore(Template address) {
    return List.of("{{header:", "{{cookie:", "{{event:").stream()
        .anyMatch(address.text().replace(" ", "")::contains);
  }
}
