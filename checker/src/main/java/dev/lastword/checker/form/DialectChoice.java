package dev.lastword.checker.form;

import dev.lastword.checker.probe.Head;
import dev.lastword.checker.probe.Request;
import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.Sign;
import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Optional;

/**
 * The dialect that a response is taken to be in.
 *
 * @param reason why
 */
public record DialectChoice(Dialect dialect, Reason reason) {
  private static final int EVENTS_THAT_CONVINCE = 2;

  /** Why a dialect was chosen, the strongest first. */
  public enum Reason {
    /** The command line or the file names it. */
    TOLD("as it was said"),
    /** The request's path is a vendor's. */
    PATH("told by the path"),
    /** A header of the response names it. */
    HEADER("told by a response header"),
    /** The request is JSON-RPC. */
    REQUEST("told by the request's body"),
    /** The events have a vendor's form. */
    EVENTS("told by the first events"),
    /** Nothing tells. */
    NONE("since nothing tells another");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    /** In a few words, to be read behind the dialect's name. */
    public String text() {
      return text;
    }
  }

  /** What can be said ahead of a response. */
  public static DialectChoice ofPath(String path) {
    var dialect = Dialects.ofPath(path);
    return new DialectChoice(dialect, isPlain(dialect) ? Reason.NONE : Reason.PATH);
  }

  /**
   * What can be said of a response that was read.
   *
   * @param events its events, in order
   */
  DialectChoice of(Request request, Head head, List<SseEvent> events) {
    if (reason == Reason.TOLD) {
      return this;
    }
    var path = request.uri().getPath();
    var known = Dialects.recognise(path, request.body(), name -> head.first(name).orElse(null));
    var shown = Dialects.ofEvents(events).filter(each -> convinces(each, request, events));
    if (known.isEmpty()) {
      return shown
          .map(each -> new DialectChoice(each, Reason.EVENTS))
          .orElseGet(() -> new DialectChoice(Dialects.ofPath(""), Reason.NONE));
    }
    var choice = new DialectChoice(known.get(), known(known.get(), path));
    if (choice.reason == Reason.REQUEST) {
      return new DialectChoice(anyCall(known.get()), Reason.REQUEST);
    }
    boolean contradicted =
        shown.filter(each -> !each.equals(known.get())).isPresent()
            && !ends(known.get(), request, events);
    return contradicted ? new DialectChoice(shown.get(), Reason.EVENTS) : choice;
  }

  private static Reason known(Dialect dialect, String path) {
    if (dialect.equals(Dialects.ofPath(path))) {
      return Reason.PATH;
    }
    return dialect.name().endsWith(")") ? Reason.REQUEST : Reason.HEADER;
  }

  /** Each run's call may have an id of its own, so that any response has to end it. */
  private static Dialect anyCall(Dialect call) {
    return Dialects.named(call.name().replaceFirst("\\(.*$", "")).orElse(call);
  }

  /** One event may look like a vendor's by chance: others name their types "start" too. */
  private static boolean convinces(Dialect dialect, Request request, List<SseEvent> events) {
    long looksSo =
        events.stream()
            .filter(each -> Dialects.ofEvents(List.of(each)).equals(Optional.of(dialect)))
            .limit(EVENTS_THAT_CONVINCE)
            .count();
    return looksSo >= EVENTS_THAT_CONVINCE
        || (ends(dialect, request, events) && !text(dialect, events).isBlank());
  }

  private static boolean ends(Dialect dialect, Request request, List<SseEvent> events) {
    var detector = dialect.detector(dialect.facts(request.body()));
    return events.stream().anyMatch(each -> detector.observe(each) != Sign.CONTENT);
  }

  private static String text(Dialect dialect, List<SseEvent> events) {
    var assembler = dialect.assembler();
    events.forEach(assembler::accept);
    return assembler.assemble().text();
  }

  private static boolean isPlain(Dialect dialect) {
    return dialect.equals(Dialects.ofPath(""));
  }
}
