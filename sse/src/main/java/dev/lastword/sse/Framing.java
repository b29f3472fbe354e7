package dev.lastword.sse;

import java.util.function.Consumer;

/** How events stand in an upstream's body. */
public enum Framing {
  /**
   * Server-Sent Events. A line {@code error: {…}}, which is no field of the specification, is an
   * event of type {@code error}: llama.cpp's server says its failures so.
   */
  EVENTS {
    @Override
    public EventParser parser(int eventBytesMax, Consumer<SseEvent> events) {
      return SseParser.ofUpstream(eventBytesMax, events);
    }
  },
  /** A JSON text on each line (NDJSON, JSON Lines): an event of the default type for each. */
  LINES {
    @Override
    public EventParser parser(int eventBytesMax, Consumer<SseEvent> events) {
      return new LineParser(eventBytesMax, events);
    }
  };

  /**
   * A parser at the start of a body.
   *
   * @param eventBytesMax most bytes, at least 1, of one event
   * @param events receives each event as its end arrives, on the thread that feeds
   */
  public abstract EventParser parser(int eventBytesMax, Consumer<SseEvent> events);
}
