package dev.lastword.checker.scenario;

import dev.lastword.checker.form.Answers;
import dev.lastword.checker.form.EventMark;
import dev.lastword.checker.form.TextPlace;
import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Reading;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a calm run has shown, in words.
 *
 * @param text where the answer's text stands
 * @param ending by which events the stream ends
 * @param guessed whether the end has no name that ends commonly have, so that a person should look
 * @param lastEvents the last events, as they stood on the wire
 */
public record CalmFacts(String text, String ending, boolean guessed, List<String> lastEvents) {
  private static final int EVENTS_SHOWN = 4;
  private static final int CHARACTERS_SHOWN = 400;

  static CalmFacts of(Baseline baseline) {
    return new CalmFacts(
        text(baseline), ending(baseline), guessed(baseline), lastEvents(baseline.reading()));
  }

  private static String text(Baseline baseline) {
    var answers = baseline.answers();
    int events = baseline.textEvents().size();
    return answers
        .place()
        .map(TextPlace::rule)
        .or(
            () ->
                answers.isAssembled()
                    ? Optional.of("as " + baseline.dialect().name() + " puts it together")
                    : Optional.empty())
        .map(place -> place + ", in %d of %d events".formatted(events, arrivals(baseline).size()))
        .orElse("");
  }

  private static List<Arrival> arrivals(Baseline baseline) {
    return baseline.reading().arrivals();
  }

  private static String ending(Baseline baseline) {
    return switch (baseline.terminal()) {
      case Baseline.Terminal.EndOfBody() -> "the end of the body; no event says it";
      case Baseline.Terminal.Missing(String why) -> why;
      case Baseline.Terminal.Came(Arrival arrival) -> named(baseline, arrival);
    };
  }

  private static String named(Baseline baseline, Arrival terminal) {
    var learnt = baseline.answers().endings();
    var last = learnt.last().map(EventMark::rule).orElseGet(() -> oneLine(terminal.event()));
    if (!baseline.endsEarlier()) {
      return last;
    }
    var first =
        learnt
            .first()
            .map(EventMark::rule)
            .orElseGet(() -> oneLine(baseline.reading().ending().orElseThrow().event()));
    return first + ", then " + last;
  }

  private static boolean guessed(Baseline baseline) {
    Answers answers = baseline.answers();
    return switch (baseline.terminal()) {
      case Baseline.Terminal.EndOfBody() -> true;
      case Baseline.Terminal.Missing missing -> false;
      case Baseline.Terminal.Came came -> answers.endings().learnt() && !answers.endings().usual();
    };
  }

  private static List<String> lastEvents(Reading reading) {
    var all = reading.arrivals();
    return all.subList(Math.max(0, all.size() - EVENTS_SHOWN), all.size()).stream()
        .map(each -> wire(each.event(), reading.lines()))
        .toList();
  }

  private static String wire(SseEvent event, boolean line) {
    if (line) {
      return shortened(event.data());
    }
    var lines = new ArrayList<String>();
    if (event.typeBytes().length > 0) {
      lines.add("event: " + event.type());
    }
    if (event.hasId()) {
      lines.add("id: " + event.id());
    }
    event.data().lines().forEach(each -> lines.add("data: " + shortened(each)));
    return String.join("\n", lines);
  }

  private static String shortened(String text) {
    return text.length() <= CHARACTERS_SHOWN ? text : text.substring(0, CHARACTERS_SHOWN) + " …";
  }

  private static String oneLine(SseEvent event) {
    return shortened(wire(event, false).replace('\n', ' '));
  }
}
