package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Body;
import dev.lastword.checker.probe.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** LW013: events arrive as they are made, and headers say that they must not be held up. */
final class Delivery extends NamedScenario {
  /** Below this a whole answer may well arrive in one piece. */
  private static final long LONG_ENOUGH_NANOS = 500_000_000L;

  private static final int MANY_EVENTS = 5;
  private static final double AT_ONCE = 0.05;

  Delivery() {
    super(
        "LW013",
        Severity.MEDIUM,
        "no buffering, fitting headers",
        "Flush each event; send cache-control: no-cache, no-transform and x-accel-buffering: no; no"
            + " content-length and no compression.");
  }

  @Override
  public Verdict judge(Bench bench) {
    var reading = bench.baseline().reading();
    var faults = faults(reading);
    var notes = notes(reading);
    var verdict =
        faults.isEmpty()
            ? Verdict.pass(
                1,
                notes.isEmpty()
                    ? "events arrive one by one, and the headers fit"
                    : "events are not held up here; " + String.join("; ", notes))
            : Verdict.fail(1, 1, String.join("; ", faults));
    return verdict.with(Timeline.of(reading, List.of()));
  }

  private static List<String> faults(Reading reading) {
    var faults = new ArrayList<String>();
    var head = reading.head();
    if (reading.framing() == Body.Framing.LENGTH) {
      faults.add("the stream has a content-length, so it was whole before its first byte was sent");
    }
    head.first("content-encoding")
        .filter(coding -> !coding.equalsIgnoreCase("identity"))
        .ifPresent(coding -> faults.add("the stream is compressed (" + coding + ") unasked"));
    head.first("cache-control")
        .map(value -> value.toLowerCase(Locale.ROOT))
        .filter(value -> value.contains("public") || value.matches(".*max-age=[1-9].*"))
        .ifPresent(value -> faults.add("cache-control: " + value + " lets caches keep the stream"));
    if (arrivesAtOnce(reading)) {
      faults.add(
          "%d events arrived within %s after %s of nothing: something holds them back"
              .formatted(
                  reading.arrivals().size(),
                  Timeline.time(spread(reading)),
                  Timeline.time(reading.arrivals().getFirst().atNanos())));
    }
    return faults;
  }

  private static boolean arrivesAtOnce(Reading reading) {
    return reading.arrivals().size() >= MANY_EVENTS
        && reading.arrivals().getLast().atNanos() >= LONG_ENOUGH_NANOS
        && spread(reading) < AT_ONCE * reading.arrivals().getLast().atNanos();
  }

  private static long spread(Reading reading) {
    return reading.arrivals().getLast().atNanos() - reading.arrivals().getFirst().atNanos();
  }

  private static List<String> notes(Reading reading) {
    var notes = new ArrayList<String>();
    var caching = reading.head().first("cache-control").orElse("").toLowerCase(Locale.ROOT);
    if (!caching.contains("no-cache") && !caching.contains("no-store")) {
      notes.add("cache-control: no-cache is missing");
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
