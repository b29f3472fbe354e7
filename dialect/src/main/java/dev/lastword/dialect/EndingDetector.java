package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.Optional;

/**
 * Watches the events of one response go by, in order, and tells where it ends. One per response,
 * not thread-safe.
 */
public interface EndingDetector {
  /** What this event says, after all that went before it. */
  Sign observe(SseEvent event);

  /**
   * The dialect that the events have shown, where nothing else told it; empty until they have, and
   * where it was known from the start.
   */
  default Optional<Dialect> settled() {
    return Optional.empty();
  }

  /**
   * What the clean end of the body means where no ending stands: {@code true} if it is itself the
   * ending (plain SSE without a required marker), {@code false} if the response was truncated.
   */
  boolean endOfBodyCompletes();
}
