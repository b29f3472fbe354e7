package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Header;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.Address;
import dev.lastword.checker.template.Json;
import dev.lastword.checker.template.MissingValueException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * LW025: a transport that comes back by itself until it has read a {@code finish} part, as the AI
 * SDK's for workflows does, comes back for ever where a stream ends with {@code abort} or {@code
 * error} instead.
 */
final class ComesBackForEver extends NamedScenario {
  private static final String RUN_ID = "x-workflow-run-id";

  /** Nobody who comes back so often is told anything new. */
  private static final int TIMES = 5;

  ComesBackForEver() {
    super(
        "LW025",
        Severity.MEDIUM,
        "who comes back until finish is told it",
        "Write a finish part behind abort and error too, or answer the reconnection of a run that is"
            + " over with an error status: a transport that waits for finish asks again at once.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    if (bench.baseline().reading().head().first(RUN_ID).isEmpty()) {
      return Verdict.notApplicable(
          "the response has no header "
              + RUN_ID
              + ", so that no reader comes back by itself for it");
    }
    try {
      return judged(bench);
    } catch (IOException | MissingValueException | IllegalArgumentException e) {
      return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
    }
  }

  /** A response that ended without a finish part. */
  private record Unfinished(Trial trial, Reading reading, String how) {}

  private static Verdict judged(Bench bench) throws IOException, InterruptedException {
    var unfinished = unfinished(bench);
    if (unfinished.isEmpty()) {
      return Verdict.notApplicable(
          "no response ended without a finish part: add --fail-data, a request whose generation"
              + " fails, or --stop");
    }
    var one = unfinished.get();
    long started = System.nanoTime();
    long read = parts(one.reading());
    for (int i = 0; i < TIMES; i++) {
      var again = again(bench, one, read).read(Conduct.CALM);
      if (!again.head().isSuccess()) {
        return Verdict.pass(
            i + 1, "coming back is answered HTTP " + again.head().status() + ", which ends it");
      }
      if (finishes(again)) {
        return Verdict.pass(i + 1, "who comes back after " + one.how() + " is told finish");
      }
      read += parts(again);
    }
    return Verdict.fail(
            TIMES,
            TIMES,
            "after %s the stream ends without a finish part, and so does each reconnection: a transport that waits for one asked %d times in %s, and would go on"
                .formatted(one.how(), TIMES, Timeline.time(System.nanoTime() - started)))
        .with(Timeline.of(one.reading(), List.of()));
  }

  /** The calm run, a generation that fails, or one that is stopped. */
  private static Optional<Unfinished> unfinished(Bench bench)
      throws IOException, InterruptedException {
    var calm = bench.trial();
    var reading = calm.read(Conduct.CALM);
    if (!finishes(reading)) {
      return Optional.of(new Unfinished(calm, reading, "the calm run"));
    }
    var means = bench.plan().means();
    if (means.failing().isPresent()) {
      var failing = bench.trial(means.failing().get());
      var failed = failing.read(Conduct.CALM);
      if (failed.head().isSuccess() && !finishes(failed)) {
        return Optional.of(new Unfinished(failing, failed, "a failure"));
      }
    }
    if (means.stop().isPresent()) {
      var stopped = bench.trial();
      var stopping =
          new StopOrLeave.Stopping(
              bench, stopped, means.stop().get(), bench.baseline().textEvent(0.3));
      var rest = stopped.read(stopping);
      if (!finishes(rest)) {
        return Optional.of(new Unfinished(stopped, rest, "a stop"));
      }
    }
    return Optional.empty();
  }

  private static boolean finishes(Reading reading) {
    return json(reading).anyMatch(part -> part.path("type").asString("").equals("finish"));
  }

  /** How many parts the transport has counted: {@code [DONE]} is none. */
  private static long parts(Reading reading) {
    return json(reading).count();
  }

  private static Stream<JsonNode> json(Reading reading) {
    return reading.arrivals().stream().flatMap(each -> Json.parse(each.event().data()).stream());
  }

  /** As the transport asks again: at the run's own address, behind the parts that it has read. */
  private static Trial again(Bench bench, Unfinished one, long read) {
    var address =
        bench
            .plan()
            .resume()
            .map(each -> each.address(one.trial().values()))
            .orElseGet(
                () ->
                    one.trial().request().uri().toString().replaceFirst("[?#].*$", "")
                        + "/"
                        + one.reading().head().first(RUN_ID).orElse("")
                        + "/stream");
    var asked = address + (address.contains("?") ? "&" : "?") + "startIndex=" + read;
    var uri = Address.of(asked, address, one.trial().request().uri());
    return bench.trial(one.trial(), "GET", uri, List.<Header>of());
  }
}
