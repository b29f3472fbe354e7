package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Reading;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What happened in one run, in milliseconds since the request was sent.
 *
 * @param eventsMs when each event arrived
 * @param marks what else happened, in order
 */
public record Timeline(List<Double> eventsMs, List<Mark> marks) {
  /** Something that happened. */
  public record Mark(String name, double atMs) {}

  /** The events of a reading and its own marks, with these. */
  static Timeline of(Reading reading, List<Mark> more) {
    var marks = new ArrayList<>(more);
    reading.ending().ifPresent(each -> marks.add(new Mark("ending", ms(each.atNanos()))));
    reading
        .terminal()
        .filter(each -> !reading.ending().equals(reading.terminal()))
        .ifPresent(each -> marks.add(new Mark("terminal", ms(each.atNanos()))));
    marks.add(
        new Mark(reading.end() == Reading.End.LEFT ? "leave" : "end", ms(reading.endNanos())));
    marks.sort(Comparator.comparingDouble(Mark::atMs));
    return new Timeline(
        reading.arrivals().stream().map(each -> ms(each.atNanos())).toList(), List.copyOf(marks));
  }

  static double ms(long nanos) {
    return Math.round(nanos / 10_000.0) / 100.0;
  }

  /** A time as it is read: {@code 0.4 ms}, {@code 43 ms}, {@code 2.1 s}. */
  static String time(long nanos) {
    double ms = nanos / 1e6;
    if (ms < 10) {
      return "%.1f ms".formatted(ms);
    }
    return ms < 1000 ? "%.0f ms".formatted(ms) : "%.1f s".formatted(ms / 1000);
  }
}
