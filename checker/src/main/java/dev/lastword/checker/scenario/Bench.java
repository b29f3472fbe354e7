package dev.lastword.checker.scenario;

import dev.lastword.checker.form.Answers;
import dev.lastword.checker.form.TextKinds;
import dev.lastword.checker.form.TextSearch;
import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Header;
import dev.lastword.checker.probe.Reader;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.probe.Request;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.template.RequestTemplate;
import dev.lastword.checker.template.Values;
import dev.lastword.checker.verify.Look;
import dev.lastword.checker.verify.Verifier;
import dev.lastword.checker.verify.Watch;
import java.io.IOException;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** What scenarios work with: the plan, the calm run, and trials of their own. Thread-safe. */
public final class Bench {
  /** Answers of a model differ in length: so many of them tell how short one may be. */
  private static final int WHOLES = 4;

  /** Shorter texts stand somewhere by chance. */
  private static final int SURE_CHARACTERS = 12;

  private static final String OTHER_EVENTS =
      "this run had other events with text than the calm run, which may be no part of its answer:"
          + " name the answer's place with --text";

  /** Why a run says nothing whose answer an earlier one may have saved. */
  static final String ALIKE =
      "an earlier run's answer holds the same text, and the verification asks for both alike: put"
          + " {{run}} into the request, or a captured id into --verify";

  private static final SecureRandom RANDOM = new SecureRandom();

  /** The least number of ten digits to base 36. */
  private static final long WORD_LEAST = 101_559_956_668_416L;

  private final Reader reader;
  private final Consumer<String> progress;
  private final Baseline baseline;
  private final Optional<WholeMark> guessed;
  private final TextKinds kinds;
  private final Stage stage = new Stage();
  private final SignsOfAbsence absence = new SignsOfAbsence(this);
  private final Map<String, Boolean> lostByResetAlone = new ConcurrentHashMap<>();
  private final ReentrantLock shortest = new ReentrantLock();
  private final List<Integer> wholes = new ArrayList<>();

  /** Settled by the calm run, ahead of everything that shares this. */
  private Plan plan;

  /** Answers that may be saved, by what the verification asked for them. */
  private final Map<String, Set<String>> savedBefore = new ConcurrentHashMap<>();

  private Bench(Plan plan, Reader reader, Consumer<String> progress)
      throws CannotCheckException, InterruptedException {
    this.plan = plan;
    this.reader = reader;
    this.progress = progress;
    this.baseline = new CalmRun(this).run();
    this.guessed = GuessedMark.of(baseline).map(WholeMark.class::cast);
    this.kinds = TextKinds.of(baseline.answers().place(), baseline.reading().arrivals());
    wholes.add(baseline.answer().strip().length());
    stage.fit(baseline);
    remember(baseline.values(), baseline.answer());
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

  /** What that reader saw, in words. */
  public CalmFacts facts() {
    return CalmFacts.of(baseline);
  }

  /** Whether the verification has shown the whole answer. */
  public boolean findsTheAnswer() {
    return baseline.watch().isPresent()
        && baseline.savedWhole()
        && baseline.noWhole().isEmpty()
        && (plan.verification().orElseThrow().expectation().namesAnswer()
            || baseline.watch().get().saved());
  }

  /** What the verification has shown of the answer, in a sentence. */
  public String found() {
    if (findsTheAnswer()) {
      return "The answer is found there.";
    }
    var last = baseline.watch().orElseThrow().last();
    return baseline.comparable() > 0 && baseline.comparable() < Integer.MAX_VALUE
        ? "Only the first %d of %d characters of the answer are found there: '%s'."
            .formatted(baseline.comparable(), baseline.answer().strip().length(), last.saw())
        : "The answer is not found there, but '%s'%s."
            .formatted(last.saw(), baseline.noWhole().map(why -> ": " + why).orElse(""));
  }

  /** The framework that its response shows. */
  public Optional<Framework> framework() {
    return Framework.of(baseline.reading());
  }

  /** How the first of these checks' faults is seen without the checker; empty if none can be. */
  public Optional<Reproduction> reproduction(List<String> failed) {
    var reproducing = new Reproducing(this);
    return Reproducing.codes().stream()
        .filter(failed::contains)
        .flatMap(code -> reproducing.of(code).stream())
        .findFirst();
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

  /** What looks for what readers have lost: as much as is saved when nobody leaves. */
  Optional<Verifier> verifier() {
    return plan.verification()
        .map(each -> new Verifier(each, reader))
        .map(each -> baseline.savedWhole() ? each : each.ofWhatIsSaved());
  }

  /** How what is saved says that it is whole: as was said, or as the calm run has shown. */
  Optional<WholeMark> wholeMark() {
    return plan.means().complete().map(WholeMark.class::cast).or(() -> guessed);
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

  /** A request of its own, with the steps that come before it, once it is read. */
  Trial trial() {
    return trial(word());
  }

  Trial trial(String run) {
    return trial(plan.request(), run, word());
  }

  /** A run of another request. */
  Trial trial(RequestTemplate template) {
    return trial(template, word(), word());
  }

  /**
   * A run of a request.
   *
   * @param key what {@code {{key}}} stands for
   */
  Trial trial(RequestTemplate template, String run, String key) {
    return new Trial(reader, stage, plan.answers(), () -> ready(template, run, key));
  }

  private Trial.Ready ready(RequestTemplate template, String run, String key) throws IOException {
    var steps = new Steps(reader);
    var values = steps.run(plan.steps(), Values.ofRun(run).with("key", key));
    var request = template.request(values);
    return new Trial.Ready(
        steps.withCookies(request), values.with("cookies", steps.cookies(request.uri())));
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
    var ready = new Trial.Ready(request, like.values());
    return new Trial(reader, stage, plan.answers(), () -> ready);
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

  /**
   * Reads one more response to its end: by then a server that is busy, or held up, has had its time
   * for what came before.
   */
  void awaitPace() throws InterruptedException {
    try {
      var trial = trial();
      trial.read(Conduct.CALM);
      remember(trial.values(), trial.answer());
    } catch (IOException | MissingValueException e) {
      progress("no answer to a request in between: " + e.getMessage());
    }
  }

  /** A look as it is to be understood, by what its status means. Not from the {@link #stage}. */
  Look understood(Look look) throws InterruptedException {
    return absence.understood(look);
  }

  /** The same of looks that did not find the answer. */
  Watch understood(Watch watch) throws InterruptedException {
    return watch.saved()
        ? watch
        : new Watch(watch.first(), understood(watch.last()), watch.visibleNanos());
  }

  /** Why what was looked for cannot be judged; empty if it was found, or is lost. */
  Optional<Unjudged> unjudged(Trial trial, Watch watch) {
    return unjudged(trial.arrivals(), trial.values(), watch);
  }

  /** The same of a reader who is no trial's. */
  Optional<Unjudged> unjudged(List<Arrival> arrivals, Values values, Watch watch) {
    if (watch.saved()) {
      return Optional.empty();
    }
    if (!watch.lost()) {
      return Optional.of(failed(watch.last()));
    }
    return Optional.of(doubt(arrivals, values, watch))
        .filter(each -> !each.isEmpty())
        .map(Unjudged::open);
  }

  /** A look that failed: what it could not see may be missing. */
  static Unjudged failed(Look look) {
    return Unjudged.open(
        "the verification failed: "
            + look.saw()
            + (look.status() == 0 ? "" : "; if that says that nothing is there, let it say 404"));
  }

  /**
   * Why a loss is none to be sure of, {@code ""} if it is: events that came in no calm run may hold
   * other text at the place of the answer's, and what is saved is the answer without that.
   */
  String doubt(List<Arrival> arrivals, Values values, Watch watch) {
    if (!watch.lost() || answers().place().isEmpty()) {
      return "";
    }
    if (!kinds.know(arrivals)) {
      return OTHER_EVENTS;
    }
    var verifier = verifier().orElseThrow();
    return TextSearch.within(answers().place().get(), arrivals).stream()
            .filter(each -> each.text().strip().length() > SURE_CHARACTERS)
            .anyMatch(each -> verifier.again(watch.last(), values, each.text()).saved())
        ? OTHER_EVENTS
        : "";
  }

  /** The length of the shortest answer of some that were read whole. */
  int shortestWhole() throws InterruptedException {
    shortest.lock();
    try {
      while (wholes.size() < WHOLES) {
        wholes.add(anotherWhole().orElse(baseline.answer().strip().length()));
      }
      return wholes.stream().mapToInt(Integer::intValue).min().orElse(0);
    } finally {
      shortest.unlock();
    }
  }

  private Optional<Integer> anotherWhole() throws InterruptedException {
    try {
      var trial = trial();
      trial.read(Conduct.CALM);
      remember(trial.values(), trial.answer());
      return Optional.of(trial.answer().strip().length());
    } catch (IOException | MissingValueException e) {
      progress("no answer to a request in between: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** Remembers how those left who lost an answer in a check. */
  void lost(String code, List<Departures.Departure> departures) {
    if (!departures.isEmpty()) {
      lostByResetAlone.put(code, departures.stream().allMatch(Departures.Departure::reset));
    }
  }

  /** Whether only readers who reset their connection have lost an answer in a check. */
  boolean lostByResetAlone(String code) {
    return lostByResetAlone.getOrDefault(code, false);
  }

  /**
   * Whether finding this text would mean that this run has saved it: no earlier one that asked for
   * the same may have saved it too. Remembers the run's answer for those that come after it.
   */
  boolean distinguishes(Values values, String text, String answer) {
    var asked = asked(values);
    if (asked.isEmpty()) {
      return true; // it cannot even be looked for
    }
    boolean namesAnswer = plan.verification().orElseThrow().expectation().namesAnswer();
    var first = new AtomicBoolean();
    savedBefore.compute(
        asked.get(),
        (key, before) -> {
          var answers = before == null ? new HashSet<String>() : before;
          first.set(
              namesAnswer
                  ? answers.stream().noneMatch(earlier -> earlier.contains(text))
                  : answers.isEmpty());
          answers.add(answer);
          return answers;
        });
    return first.get();
  }

  /** Remembers an answer for those that come after it. */
  void remember(Values values, String answer) {
    distinguishes(values, answer, answer);
  }

  private Optional<String> asked(Values values) {
    try {
      return plan.verification().map(each -> each.asked(values));
    } catch (MissingValueException e) {
      return Optional.empty();
    }
  }
}
