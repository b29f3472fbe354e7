package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;

/**
 * Watches the events of one response go by, in order, and tells where it ends. One per response,
 * not thread-safe.
 */
public interface EndingDetector {
  /** What this event says, after all that went before it. */
  Sign observe(SseEvent event);

  /**
   * What the clean end of the body means where no ending stands: {@code true} if it is itself the
   * ending (plain SSE without a required marker), {@code false} if the response was truncated.
   */
  boolean endOfBodyCompletes();
}
