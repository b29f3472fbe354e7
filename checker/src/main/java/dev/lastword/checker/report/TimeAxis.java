package dev.lastword.checker.report;

import dev.lastword.checker.scenario.Timeline;
import java.util.List;
import java.util.Locale;

/**
 * Where a time stands on a picture, in percent of its width. A long wait after the stream is over
 * is drawn shorter than it was: what happened before it would otherwise be one dot.
 *
 * @param kneeMs up to here times are drawn true to each other
 * @param lastMs the last time there is
 */
record TimeAxis(double kneeMs, double lastMs) {
  private static final double KNEE_PERCENT = 72;
  private static final double GAP_PERCENT = 4;
  private static final double LONG_WAIT = 1.5;
  private static final double MARGIN_PERCENT = 1.5;
  private static final List<String> LOOKS = List.of("saved", "given up", "first look");

  static TimeAxis of(Timeline timeline) {
    double last = last(timeline, true);
    double stream = last(timeline, false);
    return stream > 0 && last > LONG_WAIT * stream
        ? new TimeAxis(stream, last)
        : new TimeAxis(Math.max(last, 0.001), Math.max(last, 0.001));
  }

  private static double last(Timeline timeline, boolean withLooks) {
    double events = timeline.eventsMs().stream().mapToDouble(Double::doubleValue).max().orElse(0);
    return timeline.marks().stream()
        .filter(mark -> withLooks || !LOOKS.contains(mark.name()))
        .mapToDouble(Timeline.Mark::atMs)
        .reduce(events, Math::max);
  }

  /** Whether the wait at its end is drawn shorter. */
  boolean broken() {
    return lastMs > kneeMs;
  }

  /** The middle of the gap that shows so. */
  double gapPercent() {
    return inside(KNEE_PERCENT + GAP_PERCENT / 2);
  }

  double kneePercent() {
    return percent(kneeMs);
  }

  double percent(double atMs) {
    if (!broken()) {
      return inside(100 * Math.clamp(atMs / lastMs, 0.0, 1.0));
    }
    if (atMs <= kneeMs) {
      return inside(KNEE_PERCENT * Math.max(0, atMs / kneeMs));
    }
    double part = Math.min(1, (atMs - kneeMs) / (lastMs - kneeMs));
    return inside(KNEE_PERCENT + GAP_PERCENT + (100 - KNEE_PERCENT - GAP_PERCENT) * part);
  }

  private static double inside(double percent) {
    return MARGIN_PERCENT + percent * (100 - 2 * MARGIN_PERCENT) / 100;
  }

  /** A time as people read it. */
  static String words(double ms) {
    if (ms < 10) {
      return String.format(Locale.ROOT, "%.1f ms", ms);
    }
    return ms < 1000
        ? String.format(Locale.ROOT, "%.0f ms", ms)
        : String.format(Locale.ROOT, "%.2f s", ms / 1000);
  }
}
