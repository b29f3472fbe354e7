package dev.lastword.checker.scenario;

import dev.lastword.checker.browser.Browser;
import dev.lastword.checker.browser.Errand;
import dev.lastword.checker.browser.Errand.Departure;
import dev.lastword.checker.browser.Visit;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.probe.Request;
import dev.lastword.checker.template.Values;
import dev.lastword.checker.verify.Verifier;
import dev.lastword.checker.verify.Watch;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * Pages in one browser that read and leave, one after the other; while one page's answer is still
 * looked for, the next one reads.
 */
final class BrowserSession {
  static final Duration SLACK = Duration.ofSeconds(10);
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int RUNS_MAX = 3;

  /**
   * One page that has left.
   *
   * @param how it left, as it is told
   * @param values what leads to its answer
   * @param text what it had read, as far as that is saved at all
   * @param looking looks for that
   * @param watch empty where there is nothing to look for
   * @param unjudged why it cannot be judged; empty if it can
   */
  private record Page(
      String how,
      Visit visit,
      Values values,
      String text,
      Verifier looking,
      Optional<Watch> watch,
      Optional<Unjudged> unjudged) {
    boolean lost() {
      return unjudged.isEmpty() && watch.map(Watch::lost).orElse(false);
    }

    boolean found() {
      return watch.map(Watch::saved).orElse(true);
    }

    long leftNanos() {
      return visit.reading().startedNanos() + visit.reading().endNanos();
    }

    Page with(Watch other, Optional<Unjudged> why) {
      return new Page(how, visit, values, text, looking, Optional.of(other), why);
    }
  }

  private final Bench bench;
  private final Browser browser;
  private final ExecutorService watchers;
  private final Verifier verifier;
  private final List<Page> pages = new ArrayList<>();
  private final List<Long> calmNanos = new ArrayList<>();
  private String reader = "";

  BrowserSession(Bench bench, Browser browser, ExecutorService watchers) {
    this.bench = bench;
    this.browser = browser;
    this.watchers = watchers;
    this.verifier = bench.verifier().orElseThrow();
  }

  Verdict verdict() throws IOException, InterruptedException {
    var looks = new ArrayList<Future<Page>>();
    int runs = Math.min(RUNS_MAX, bench.plan().runs());
    if (bench.baseline().reading().terminal().isPresent()) {
      for (int i = 0; i < runs; i++) {
        looks.add(visit("closed at the terminal event", new Departure.AtTerminal()));
      }
    }
    int half = bench.baseline().textEvent(0.5) + 1;
    if (!bench.baseline().textEvents().isEmpty()
        && verifier.verification().expectation().namesAnswer()) {
      for (int i = 0; i < runs; i++) {
        looks.add(visit("refreshed half-way", new Departure.ByReload(half)));
      }
    }
    for (var look : looks) {
      pages.add(result(look));
    }
    lookAgain();
    return judged(pages.isEmpty() ? "" : new SevenTabs(this, bench).finding());
  }

  /** What is lost is lost for good, and told from what was not to be found by these looks. */
  private void lookAgain() throws InterruptedException {
    if (pages.stream().allMatch(Page::found)) {
      return;
    }
    bench.awaitPace();
    for (int i = 0; i < pages.size(); i++) {
      var page = pages.get(i);
      if (!page.found()) {
        var look = page.looking().look(page.values(), page.text());
        var watch = bench.understood(page.watch().orElseThrow().then(look, page.leftNanos()));
        var arrivals = page.visit().reading().arrivals();
        pages.set(i, page.with(watch, bench.unjudged(arrivals, page.values(), watch)));
      }
    }
  }

  private Future<Page> visit(String how, Departure departure)
      throws IOException, InterruptedException {
    bench.progress("LW018 a page that is " + how);
    var trial = bench.trial();
    var visit = bench.stage().alone(() -> visit(trial, departure));
    if (departure instanceof Departure.ByReload(int events) && events > 1 && tooLate(visit)) {
      return visit(how, new Departure.ByReload(events / 2));
    }
    if (departure instanceof Departure.AtTerminal && visit.reading().end() == Reading.End.LEFT) {
      calmNanos.add(nanosToTheEnding(visit.reading()));
    }
    return watchers.submit(look(how, trial, visit, departure));
  }

  /** Whether the answer may have been over when the page left, as other answers were by then. */
  private boolean tooLate(Visit visit) {
    var page = visit.reading();
    if (page.end() != Reading.End.LEFT || page.arrivals().isEmpty()) {
      return false;
    }
    return visit.over()
        || page.endNanos() - page.arrivals().getFirst().atNanos() >= usualNanosToTheEnding();
  }

  /**
   * The median of the pages that stayed to the terminal event. One reading says little: it may have
   * begun late, and so look short, or have been held up; of only two the shorter counts.
   */
  private long usualNanosToTheEnding() {
    long baseline = nanosToTheEnding(bench.baseline().reading());
    return calmNanos.size() < 2
        ? calmNanos.stream().reduce(baseline, Math::min)
        : calmNanos.stream().sorted().toList().get(calmNanos.size() / 2);
  }

  private static long nanosToTheEnding(Reading reading) {
    return reading.ending().orElse(reading.arrivals().getLast()).atNanos()
        - reading.arrivals().getFirst().atNanos();
  }

  private Visit visit(Trial trial, Departure departure) throws IOException, InterruptedException {
    var errand = errand(trial.prepare(), departure);
    reader = errand.byEventSource() ? "EventSource" : "fetch";
    return visit(errand, bench.baseline().duration().plus(SLACK));
  }

  /** Opens a tab for one errand, and closes it when the page has left. */
  Visit visit(Errand errand, Duration limit) throws IOException, InterruptedException {
    try (var tab = browser.open(page(errand.request()))) {
      return tab.run(errand, limit);
    }
  }

  Errand errand(Trial trial, Departure departure) {
    return new Errand(
        trial.request(),
        bench.baseline().reading(),
        bench.answers().detector(trial.request().body()),
        departure);
  }

  /** An address of the named page's origin, or the endpoint's own, at which nothing else is. */
  private URI page(Request request) {
    return bench
        .plan()
        .clients()
        .page()
        .orElse(request.uri())
        .resolve("/lastword-check-" + new BigInteger(50, RANDOM).toString(36));
  }

  /** Of a page that is refreshed, more may be saved than it had read. */
  private Verifier looksFor(Departure departure) {
    return departure instanceof Departure.ByReload ? verifier.ofPart() : verifier;
  }

  private Callable<Page> look(String how, Trial trial, Visit visit, Departure departure) {
    var looking = looksFor(departure);
    var reading = visit.reading();
    var values = trial.values().withResponse(reading.head(), reading.arrivals());
    var answer = bench.answers().text(reading.arrivals());
    var text = bench.baseline().expected(answer);
    boolean distinguished = bench.distinguishes(values, text, answer);
    var fault = fault(visit, departure, text, distinguished);
    var page =
        new Page(
            how,
            visit,
            values,
            text,
            looking,
            Optional.empty(),
            Optional.of(fault).filter(each -> !each.isEmpty()).map(Unjudged::without));
    return () ->
        page.unjudged().isPresent()
            ? page
            : page.with(
                looking.watch(values, text, page.leftNanos(), bench.limit(reading)),
                Optional.empty());
  }

  private String fault(Visit visit, Departure departure, String text, boolean distinguished) {
    if (!visit.fault().isEmpty()) {
      return visit.fault();
    }
    if (visit.reading().end() != Reading.End.LEFT) {
      return "the moment to leave never came";
    }
    if (departure instanceof Departure.ByReload && tooLate(visit)) {
      return "the page was gone only when the answer may have been over";
    }
    if (verifier.verification().expectation().namesAnswer() && text.isBlank()) {
      return "no text had been read yet";
    }
    return distinguished ? "" : Bench.ALIKE;
  }

  private Verdict judged(String tabs) {
    var unjudged = pages.stream().flatMap(each -> each.unjudged().stream()).toList();
    var judged = pages.stream().filter(each -> each.unjudged().isEmpty()).toList();
    var refused = pages.stream().filter(each -> each.visit().refused()).toList();
    if (!refused.isEmpty() && bench.plan().clients().page().isPresent()) {
      return Verdict.fail(
          pages.size(),
          refused.size(),
          "a page of that origin cannot read it: " + unjudged.getFirst().why() + otherSite());
    }
    if (judged.isEmpty()) {
      return Unjudged.none(unjudged);
    }
    var lost = judged.stream().filter(Page::lost).toList();
    var detail = reader + ": " + String.join(", ", counts(judged)) + tabs;
    return lost.isEmpty() && tabs.isEmpty()
        ? Unjudged.weighed(
            Verdict.pass(judged.size(), detail).with(timeline(judged.getFirst())), unjudged)
        : Verdict.fail(judged.size(), Math.max(1, lost.size()), detail)
            .with(timeline(lost.isEmpty() ? judged.getFirst() : lost.getFirst()));
  }

  private String otherSite() {
    var endpoint = bench.plan().request().url().text().replaceFirst("^https?://", "");
    var page = bench.plan().clients().page().map(URI::getHost).orElse("");
    return endpoint.startsWith(page)
        ? ""
        : "; page and endpoint are not of one host, so cookies may be left out (SameSite)";
  }

  private static List<String> counts(List<Page> judged) {
    return judged.stream()
        .map(Page::how)
        .distinct()
        .map(
            how -> {
              var same = judged.stream().filter(each -> each.how().equals(how)).toList();
              long lost = same.stream().filter(Page::lost).count();
              return lost > 0
                  ? "lost %d of %d when the page was %s".formatted(lost, same.size(), how)
                  : "saved %d of %d when the page was %s".formatted(same.size(), same.size(), how);
            })
        .toList();
  }

  private static Timeline timeline(Page page) {
    var reading = page.visit().reading();
    var marks = new ArrayList<Timeline.Mark>();
    page.watch()
        .ifPresent(
            watch ->
                marks.add(
                    watch.saved()
                        ? new Timeline.Mark(
                            "saved",
                            Timeline.ms(reading.endNanos() + watch.visibleNanos().orElse(0)))
                        : new Timeline.Mark(
                            "given up",
                            Timeline.ms(watch.last().atNanos() - reading.startedNanos()))));
    return Timeline.of(reading, marks);
  }

  private static Page result(Future<Page> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a look failed", e.getCause());
    }
  }
}
