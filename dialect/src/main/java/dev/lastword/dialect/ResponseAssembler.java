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

  /** The response as far as it has been fed. */
  AssembledResponse assemble();
}
