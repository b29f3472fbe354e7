package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Body;
import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.MissingValueException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** LW013: events arrive as they are made, and headers say that they must not be held up. */
final class Delivery extends NamedScenario {
  /** Below this a whole answer may well arrive in one piece. */
  private static final long LONG_ENOUGH_NANOS = 250_000_000L;

  private static final int MANY_EVENTS = 8;
  private static final int FEW_PIECES = 3;
  private static final double AT_ONCE = 0.05;

  /** Codings that change nothing; "none" is no coding (RFC 9110), but keeps proxies from one. */
  private static final Set<String> UNCOMPRESSED = Set.of("identity", "none", "");

  Delivery() {
    super(
        "LW013",
        Severity.MEDIUM,
        "no buffering, fitting headers",
        "Flush each event; send content-type: text/event-stream, cache-control: no-cache,"
            + " no-transform and x-accel-buffering: no; no content-length and no compression.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    var reading = bench.baseline().reading();
    var faults = faults(bench, reading);
    compressed(bench, reading).ifPresent(faults::add);
    var notes = notes(bench, reading);
    var verdict =
        faults.isEmpty()
            ? Verdict.pass(
                2,
                notes.isEmpty()
                    ? "events arrive one by one, and the headers fit"
                    : "events are not held up here; " + String.join("; ", notes))
            : Verdict.fail(2, 1, String.join("; ", faults));
    return verdict.with(Timeline.of(reading, List.of()));
  }

  private static List<String> faults(Bench bench, Reading reading) {
    var faults = new ArrayList<String>();
    var head = reading.head();
    if (!head.isEventStream() && !reading.lines()) {
      faults.add(
          "content-type is "
              + head.first("content-type").orElse("missing")
              + ", not text/event-stream: an EventSource refuses it, and proxies may hold it up");
    }
    if (reading.framing() == Body.Framing.LENGTH) {
      faults.add("the stream has a content-length, so it was whole before its first byte was sent");
    }
    if (isCompressed(reading)) {
      faults.add("the stream is compressed unasked");
    }
    var caching = head.first("cache-control").orElse("").toLowerCase(Locale.ROOT);
    if (caching.contains("public") || caching.matches(".*max-age=[1-9].*")) {
      faults.add("cache-control: " + caching + " lets caches keep the stream");
    }
    if (isGet(bench) && !refusesCaches(caching)) {
      faults.add("a GET without cache-control: no-cache or no-store may be answered by a cache");
    }
    if (arrivesAtOnce(reading, 0) && arrivesAtOnce(reading, network(bench))) {
      faults.add(
          "%d events arrived within %s after %s of nothing: something holds them back"
              .formatted(
                  reading.arrivals().size(),
                  Timeline.time(spread(reading)),
                  Timeline.time(reading.arrivals().getFirst().atNanos())));
    }
    return faults;
  }

  private static boolean isGet(Bench bench) {
    return bench.plan().request().method().equals("GET");
  }

  private static boolean refusesCaches(String caching) {
    return caching.contains("no-cache") || caching.contains("no-store");
  }

  private static boolean isCompressed(Reading reading) {
    return reading
        .head()
        .first("content-encoding")
        .filter(coding -> !UNCOMPRESSED.contains(coding.strip().toLowerCase(Locale.ROOT)))
        .isPresent();
  }

  /**
   * Whether a response that took its time arrives in hardly any.
   *
   * @param networkNanos how much of that time the network takes
   */
  private static boolean arrivesAtOnce(Reading reading, long networkNanos) {
    long took =
        reading.arrivals().isEmpty() ? 0 : reading.arrivals().getLast().atNanos() - networkNanos;
    return reading.arrivals().size() >= MANY_EVENTS
        && reading.pieces().size() <= FEW_PIECES
        && took >= LONG_ENOUGH_NANOS
        && spread(reading) < AT_ONCE * took;
  }

  private static long network(Bench bench) {
    try {
      return bench.roundTrip().toNanos();
    } catch (IOException e) {
      return 0; // a host that has no answer to that has not told of a long way
    }
  }

  private static long spread(Reading reading) {
    return reading.arrivals().getLast().atNanos() - reading.arrivals().getFirst().atNanos();
  }

  /** What becomes of the stream for a reader that accepts compression, as every browser does. */
  private static Optional<String> compressed(Bench bench, Reading calm)
      throws InterruptedException {
    try {
      var reading = bench.stage().beside(() -> readByGzip(bench));
      return isCompressed(reading) && Compressed.holdsUp(reading, calm)
          ? Optional.of(
              "for a reader that accepts gzip, as browsers do, the stream is compressed and held up")
          : Optional.empty();
    } catch (IOException | MissingValueException e) {
      bench.progress("no answer for a reader that accepts gzip: " + e.getMessage());
      return Optional.empty(); // the calm run's response is judged by itself
    }
  }

  private static Reading readByGzip(Bench bench) throws IOException {
    var plain = bench.trial().prepare();
    var request =
        plain.request().without(List.of("accept-encoding")).with("Accept-Encoding", "gzip");
    return bench.trial(request, plain).readBeside(Conduct.CALM);
  }

  private static List<String> notes(Bench bench, Reading reading) {
    var notes = new ArrayList<String>();
    var caching = reading.head().first("cache-control").orElse("").toLowerCase(Locale.ROOT);
    if (!isGet(bench) && !refusesCaches(caching)) {
      notes.add("cache-control: no-cache is missing, which an answer to a POST can do without");
    }
    if (!caching.contains("no-transform")) {
      notes.add("without no-transform a proxy may compress, and so hold up, the stream");
    }
    if (reading.head().first("x-accel-buffering").isEmpty()) {
      notes.add("without x-accel-buffering: no, nginx holds events up");
    }
    return notes;
  }
}
