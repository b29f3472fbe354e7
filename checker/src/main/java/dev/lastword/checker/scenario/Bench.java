package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Header;
import dev.lastword.checker.probe.Reader;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.probe.Request;
import dev.lastword.checker.template.RequestTemplate;
import dev.lastword.checker.template.Values;
import dev.lastword.checker.verify.Verifier;
import java.io.IOException;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** What scenarios work with: the plan, the calm run, and trials of their own. Thread-safe. */
public final class Bench {
  private static final SecureRandom RANDOM = new SecureRandom();

  /** The least number of ten digits to base 36. */
  private static final long WORD_LEAST = 101_559_956_668_416L;

  private final Plan plan;
  private final Reader reader;
  private final Optional<Verifier> verifier;
  private final Consumer<String> progress;
  private final Baseline baseline;
  private final Stage stage = new Stage();

  /** Answers that are known to be saved, for verifications that look at one place for all runs. */
  private final Set<String> savedBefore = ConcurrentHashMap.newKeySet();

  private Bench(Plan plan, Reader reader, Consumer<String> progress)
      throws CannotCheckException, InterruptedException {
    this.reader = reader;
    this.progress = progress;
    this.verifier = plan.verification().map(each -> new Verifier(each, reader));
    var calm = new CalmRun(this, plan).run();
    this.plan = calm.plan();
    this.baseline = calm.baseline();
    remember(baseline.answer());
  }

  /**
   * Makes the calm run.
   *
   * @param progress is told what is going on, in a few words
   * @throws CannotCheckException if there is nothing to compare with
   */
  public static Bench open(Plan plan, Reader reader, Consumer<String> progress)
      throws CannotCheckException, InterruptedException {
    return new Bench(plan, reader, progress);
  }

  /** What is checked, with the dialect that the response has shown. */
  public Plan plan() {
    return plan;
  }

  Reader reader() {
    return reader;
  }

  Optional<Verifier> verifier() {
    return verifier;
  }

  Baseline baseline() {
    return baseline;
  }

  Stage stage() {
    return stage;
  }

  void progress(String what) {
    progress.accept(what);
  }

  /** A word that no other run has; all are of one length. */
  static String word() {
    return "lw" + Long.toString(RANDOM.nextLong(WORD_LEAST, 36 * WORD_LEAST), 36);
  }

  /** A request of its own, with the steps that come before it. */
  Trial trial() throws IOException {
    return trial(word());
  }

  Trial trial(String run) throws IOException {
    return trial(plan, plan.request(), run, word());
  }

  /** A run of another request. */
  Trial trial(RequestTemplate template) throws IOException {
    return trial(plan, template, word(), word());
  }

  /**
   * A run of a plan.
   *
   * @param key what {@code {{key}}} stands for
   */
  Trial trial(Plan plan, RequestTemplate template, String run, String key) throws IOException {
    var values = Values.ofRun(run).with("key", key);
    var cookies = new ArrayList<String>();
    for (var step : plan.steps().entrySet()) {
      var request = withCookies(step.getValue().request(values), cookies);
      try (var wire = reader.open(request)) {
        var reply = wire.exchange(request);
        if (reply.head().status() >= 400) {
          throw new IOException(
              "step '" + step.getKey() + "' was answered HTTP " + reply.head().status());
        }
        reply.head().all("set-cookie").forEach(line -> cookies.add(line.split(";", 2)[0].strip()));
        values = values.withStep(step.getKey(), reply);
      }
    }
    values = values.with("cookies", String.join("; ", cookies));
    var request = withCookies(template.request(values), cookies);
    return new Trial(reader, stage, plan.answers(), request, values);
  }

  private static Request withCookies(Request request, List<String> cookies) {
    return cookies.isEmpty() || request.has("cookie")
        ? request
        : request.with("Cookie", String.join("; ", cookies));
  }

  /** A run of another request, with a trial's credentials. */
  Trial trial(Trial like, String method, URI uri, List<Header> more) {
    var headers =
        new ArrayList<>(
            like.request().headers().stream()
                .filter(h -> !h.name().toLowerCase(Locale.ROOT).startsWith("content-"))
                .toList());
    headers.addAll(more);
    return trial(new Request(method, uri, List.copyOf(headers), new byte[0]), like);
  }

  /** A run of a request that is all there, with a trial's values. */
  Trial trial(Request request, Trial like) {
    return new Trial(reader, stage, plan.answers(), request, like.values());
  }

  /** How long after a departure an answer may still appear: as long as the rest would take. */
  Duration limit(Reading reading) {
    return plan.patience().plus(rest(reading));
  }

  /** How long a response that was left would have gone on. */
  Duration rest(Reading reading) {
    var rest = baseline.duration().minusNanos(reading.endNanos());
    return rest.isNegative() ? Duration.ZERO : rest;
  }

  /** Whether finding this text would mean that this run has saved it. */
  boolean distinguishes(String text) {
    return verifier.map(each -> each.verification().namesRun()).orElse(true)
        || savedBefore.stream().noneMatch(earlier -> earlier.contains(text));
  }

  void remember(String answer) {
    savedBefore.add(answer);
  }
}
