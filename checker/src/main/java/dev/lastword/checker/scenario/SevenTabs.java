package dev.lastword.checker.scenario;

import dev.lastword.checker.browser.Errand.Departure;
import dev.lastword.checker.browser.Visit;
import dev.lastword.checker.probe.Arrival;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;

/**
 * Seven tabs at a time. Over HTTP/1.1 a browser opens six connections to a host, so where a
 * connection stays open after the terminal event, the seventh tab waits for nothing.
 */
final class SevenTabs {
  private static final int TABS = 7;

  /** Shorter than this nobody notices, and the machine's own pauses are as long. */
  private static final long HOLD_NANOS_MIN = 1_000_000_000L;

  private final BrowserSession session;
  private final Bench bench;

  SevenTabs(BrowserSession session, Bench bench) {
    this.session = session;
    this.bench = bench;
  }

  /** What was found, as the end of a sentence; {@code ""} if nothing. */
  String finding() throws IOException, InterruptedException {
    long hold = holdNanos();
    if (hold < HOLD_NANOS_MIN) {
      return "";
    }
    bench.progress("LW018 seven tabs at a time");
    var visits = bench.stage().alone(this::visits);
    long said =
        absolute(visits, visit -> visit.reading().terminal().map(Arrival::atNanos).orElse(-1L))
            .min()
            .orElse(Long.MAX_VALUE);
    long opened = absolute(visits, Visit::openedNanos).max().orElse(Long.MIN_VALUE);
    boolean waited = opened > said + hold / 2;
    return waited
        ? "; a seventh tab gets nothing for %s, because each answer's connection is kept open for %s after its terminal event"
            .formatted(
                Timeline.time(visits.stream().mapToLong(Visit::openedNanos).max().orElse(0)),
                Timeline.time(hold))
        : "";
  }

  /** How long the endpoint keeps a connection after it has said all. */
  private long holdNanos() {
    var reading = bench.baseline().reading();
    return reading.terminal().map(each -> reading.endNanos() - each.atNanos()).orElse(0L);
  }

  private interface Moment {
    long nanos(Visit visit);
  }

  private static LongStream absolute(List<Visit> visits, Moment moment) {
    return visits.stream()
        .filter(visit -> moment.nanos(visit) >= 0)
        .mapToLong(visit -> visit.reading().startedNanos() + moment.nanos(visit));
  }

  private List<Visit> visits() throws IOException, InterruptedException {
    var limit = bench.baseline().duration().multipliedBy(2).plus(BrowserSession.SLACK);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var running = new ArrayList<Future<Visit>>();
      for (int i = 0; i < TABS; i++) {
        var errand = session.errand(bench.trial().prepare(), new Departure.Never());
        running.add(threads.submit(() -> session.visit(errand, limit)));
      }
      var visits = new ArrayList<Visit>();
      for (var each : running) {
        visits.add(each.get());
      }
      return visits;
    } catch (ExecutionException e) {
      throw new IOException("seven tabs could not be tried: " + e.getCause(), e);
    }
  }
}
