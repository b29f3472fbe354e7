package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.probe.Request;
import dev.lastword.checker.template.Answers;
import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import java.util.List;
import java.util.Optional;

/** Tells from a response itself in which dialect it is, where nobody has said so. */
final class Recognition {
  private Recognition() {}

  /** The plan, with another dialect if the response shows one. */
  static Plan plan(Plan plan, Request request, Reading reading) {
    return plan.detects()
        ? shown(request, reading)
            .map(dialect -> plan.with(new Answers(dialect, plan.answers().pointer())))
            .orElse(plan)
        : plan;
  }

  private static Optional<Dialect> shown(Request request, Reading reading) {
    return Dialects.recognise(
            request.uri().getPath(),
            request.body(),
            name -> reading.head().first(name).orElse(null))
        .or(() -> Dialects.ofEvents(reading.arrivals().stream().map(Arrival::event).toList()));
  }

  /** A reading with the signs that another dialect sees. */
  static Reading reading(Reading reading, Dialect dialect, Request request) {
    var detector = dialect.detector(dialect.facts(request.body()));
    var arrivals =
        reading.arrivals().stream()
            .map(a -> new Arrival(a.index(), a.atNanos(), a.event(), detector.observe(a.event())))
            .toList();
    return new Reading(
        reading.head(),
        reading.framing(),
        List.copyOf(arrivals),
        reading.pieces(),
        reading.bytes(),
        reading.end(),
        reading.endNanos(),
        reading.startedNanos(),
        reading.lastEventId());
  }
}
