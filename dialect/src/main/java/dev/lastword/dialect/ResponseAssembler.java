package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;

/**
 * Puts one response together from its events. Fed in order; tolerates any bytes; not thread-safe.
 */
public interface ResponseAssembler {
  /**
   * Takes the next event. Data that is not of the dialect is skipped, never thrown at the caller.
   */
  void accept(SseEvent event);

  /**
   * Takes the next event as it stands on the wire, if that tells enough of it: for less than
   * decoding it. Where it does not, nothing has happened, and the event is to be {@linkplain
   * #accept accepted}.
   *
   * @param wire an event in the wire form of {@link dev.lastword.sse.EncodedEvents}, from {@code
   *     from} to before {@code to}; not kept
   * @return whether it was taken
   */
  default boolean acceptWire(byte[] wire, int from, int to) {
    return false;
  }

  /** The response as far as it has been fed. */
  AssembledResponse assemble();
}
