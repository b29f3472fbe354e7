package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;

/**
 * Watches the events of one response go by, in order, and tells where it ends. One per response,
 * not thread-safe.
 */
public interface EndingDetector {
  /** What this event says; {@link Sign#ENDING} at most once. */
  Sign observe(SseEvent event);

  /**
   * What the clean end of the body means before any ending event: {@code true} if it is itself the
   * ending (plain SSE without a required marker), {@code false} if the response was truncated.
   */
  boolean endOfBodyCompletes();
}
