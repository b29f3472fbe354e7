package dev.lastword.reader;

import dev.lastword.sse.SseEvent;
import java.time.Duration;
import java.util.function.Predicate;

/**
 * How a stream is read.
 *
 * @param isLast true for the event behind which nothing more is asked for; it is handed out
 * @param silence without a byte for so long a connection counts as lost; also how long an answer's
 *     head is waited for. 1 ms or more
 * @param patience how long to go on trying while nothing is heard, 0 to try once
 * @param eventBytesMax largest event, in bytes of data, 1 or more
 */
public record ReaderOptions(
    Predicate<SseEvent> isLast, Duration silence, Duration patience, int eventBytesMax) {
  private static final int EVENT_BYTES_MAX = 16 << 20;

  /** The data {@code [DONE]}; 45 s, which is three heartbeats of a gateway; 2 min; 16 MiB. */
  public static final ReaderOptions DEFAULT =
      new ReaderOptions(
          event -> event.data().equals("[DONE]"),
          Duration.ofSeconds(45),
          Duration.ofMinutes(2),
          EVENT_BYTES_MAX);

  /**
   * @throws IllegalArgumentException if a value is out of its bounds
   */
  public ReaderOptions {
    if (silence.toMillis() < 1) {
      throw new IllegalArgumentException("silence is " + silence + ": 1 ms or more");
    }
    if (patience.isNegative()) {
      throw new IllegalArgumentException("patience is " + patience + ": 0 or more");
    }
    if (eventBytesMax < 1) {
      throw new IllegalArgumentException("eventBytesMax is " + eventBytesMax + ": 1 or more");
    }
  }

  /** The same with another last event. */
  public ReaderOptions withLast(Predicate<SseEvent> isLast) {
    return new ReaderOptions(isLast, silence, patience, eventBytesMax);
  }

  /** The same with another silence. */
  public ReaderOptions withSilence(Duration silence) {
    return new ReaderOptions(isLast, silence, patience, eventBytesMax);
  }

  /** The same with another patience. */
  public ReaderOptions withPatience(Duration patience) {
    return new ReaderOptions(isLast, silence, patience, eventBytesMax);
  }
}
