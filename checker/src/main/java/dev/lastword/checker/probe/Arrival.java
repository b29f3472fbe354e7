package dev.lastword.checker.probe;

import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.Sign;
import dev.lastword.sse.SseEvent;

/**
 * One event as it was received.
 *
 * @param index counted from 0
 * @param atNanos when its last byte had been read, since the request was sent
 * @param sign what it says about the end of the response
 */
public record Arrival(int index, long atNanos, SseEvent event, Sign sign) {
  Arrival readBy(EndingDetector detector) {
    return new Arrival(index, atNanos, event, detector.observe(event));
  }
}
