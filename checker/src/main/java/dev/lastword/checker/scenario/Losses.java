package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.verify.Look;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The verdict over readers who left. */
final class Losses {
  private Losses() {}

  /**
   * The verdict.
   *
   * @param who left, such as {@code readers who left at the terminal event}
   * @param what they lost, if they lost it
   */
  static Verdict verdict(Departures.Result result, String who, String what) {
    if (result.runs() == 0) {
      return Unjudged.none(result.unjudged());
    }
    var lost = result.lost();
    if (lost.isEmpty()) {
      var pass = Verdict.pass(result.runs(), kept(result, who, what));
      return Unjudged.weighed(pass.with(timeline(latest(result))), result.unjudged());
    }
    return Verdict.fail(result.runs(), lost.size(), lostDetail(result, who, what))
        .with(timeline(lost.getFirst()));
  }

  private static String kept(Departures.Result result, String who, String what) {
    return "%d of %d %s found %s saved, at the latest %s after"
        .formatted(result.runs(), result.runs(), who, what, Timeline.time(result.latestNanos()));
  }

  private static String lostDetail(Departures.Result result, String who, String what) {
    var lost = result.lost();
    var text =
        new StringBuilder("%d of %d %s lost %s".formatted(lost.size(), result.runs(), who, what));
    long byReset = lost.stream().filter(Departures.Departure::reset).count();
    long resets = result.judged().stream().filter(Departures.Departure::reset).count();
    if (lost.size() < result.runs()) {
      text.append(
          " (closed: %d of %d, reset: %d of %d)"
              .formatted(lost.size() - byReset, result.runs() - resets, byReset, resets));
    }
    var last = lost.getFirst().watch().last();
    text.append(
        last.outcome() == Look.Outcome.PART
            ? "; of one the verification shows only the first " + last.characters() + " characters"
            : "; for one the verification shows '" + last.saw() + "'");
    return text.toString();
  }

  private static Departures.Departure latest(Departures.Result result) {
    return result.judged().stream()
        .max(Comparator.comparingLong(each -> each.watch().visibleNanos().orElse(0)))
        .orElseThrow();
  }

  static Timeline timeline(Departures.Departure departure) {
    var marks = new ArrayList<Timeline.Mark>();
    var reading = departure.reading();
    departure
        .watch()
        .visibleNanos()
        .ifPresent(
            after ->
                marks.add(new Timeline.Mark("saved", Timeline.ms(reading.endNanos() + after))));
    if (departure.lost()) {
      marks.add(new Timeline.Mark("given up", after(reading, departure.watch().last().atNanos())));
    }
    return Timeline.of(reading, List.copyOf(marks));
  }

  private static double after(Reading reading, long atNanos) {
    return Timeline.ms(atNanos - reading.startedNanos());
  }
}
