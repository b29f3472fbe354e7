package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Header;
import dev.lastword.checker.probe.Reader;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.probe.Request;
import dev.lastword.checker.template.Answers;
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

  private final Reader reader;
  private final Optional<Verifier> verifier;
  private final Consumer<String> progress;
  private final Baseline baseline;
  private final Stage stage = new Stage();

  /** Settled by the calm run, ahead of everything that shares this. */
  private Plan plan;

  /** Answers that are known to be saved, for verifications that look at one place for all runs. */
  private final Set<String> savedBefore = ConcurrentHashMap.newKeySet();

  private Bench(Plan plan, Reader reader, Consumer<String> progress)
      throws CannotCheckException, InterruptedException {
    this.plan = plan;
    this.reader = reader;
    this.progress = progress;
    this.verifier = plan.verification().map(each -> new Verifier(each, reader));
    this.baseline = new CalmRun(this).run();
    stage.fit(baseline);
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

  Plan plan() {
    return plan;
  }

  /** What a reader saw who stayed to the very end. */
  public Reading calm() {
    return baseline.reading();
  }

  /**
   * How long the host takes to say that it has nothing at a path that nobody knows: what is the
   * network's share in the wait for a first byte.
   */
  Duration roundTrip() throws IOException {
    var known = plan.request().request(baseline.values()).uri();
    var request = Request.get(known.resolve("/lastword-" + word()), List.of());
    try (var wire = reader.open(request)) {
      long sent = System.nanoTime();
      wire.exchange(request);
      return Duration.ofNanos(System.nanoTime() - sent);
    }
  }

  /** How the response's end and text are told, as the calm run has shown. */
  public Answers answers() {
    return plan.answers();
  }

  /** Goes on with what a response has shown about its form. */
  void answers(Answers shown) {
    plan = plan.with(shown);
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
    return trial(plan.request(), run, word());
  }

  /** A run of another request. */
  Trial trial(RequestTemplate template) throws IOException {
    return trial(template, word(), word());
  }

  /**
   * A run of a request.
   *
   * @param key what {@code {{key}}} stands for
   */
  Trial trial(RequestTemplate template, String run, String key) throws IOException {
    var steps = new Steps(reader);
    var values = steps.run(plan.steps(), Values.ofRun(run).with("key", key));
    var request = template.request(values);
    return new Trial(
        reader,
        stage,
        plan.answers(),
        steps.withCookies(request),
        values.with("cookies", steps.cookies(request.uri())));
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

  /** How long after a departure an answer may still appear; a busy server takes twice the time. */
  Duration limit(Reading reading) {
    return plan.patience().plus(rest(reading).multipliedBy(2));
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
