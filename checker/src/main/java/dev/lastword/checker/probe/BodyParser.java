package dev.lastword.checker.probe;

/** Bytes of a body on their way to become events. Hands them out as soon as they are whole. */
sealed interface BodyParser permits SseBody, LinesBody {
  /**
   * Takes more bytes.
   *
   * @throws dev.lastword.sse.EventTooLargeException if an event grows past its bound
   */
  void feed(byte[] bytes, int length);

  /** The body has ended as its framing says. */
  void end();

  /** The last event ID, as an {@code EventSource} has it; {@code ""} where there is none. */
  String lastEventId();
}
