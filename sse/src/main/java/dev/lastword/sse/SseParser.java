package dev.lastword.sse;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Turns the bytes of an event stream into events, however they are cut (WHATWG HTML §9.2.6).
 *
 * <p>Not thread-safe: one parser, one response.
 */
public final class SseParser {
  /**
   * A parser at the start of a body.
   *
   * @param eventBytesMax most bytes that the fields of one event may take together
   * @param events receives each event as its blank line arrives, on the thread that feeds
   */
  public SseParser(int eventBytesMax, Consumer<SseEvent> events) {
    throw new UnsupportedOperationException();
  }

  /** Takes bytes {@code off} to {@code off + len}; the array is not kept. */
  public void feed(byte[] bytes, int off, int len) {
    throw new UnsupportedOperationException();
  }

  /**
   * Takes the remaining bytes, heap or direct; the buffer is not kept, its position ends at its
   * limit.
   */
  public void feed(ByteBuffer bytes) {
    throw new UnsupportedOperationException();
  }

  /** The last event ID (§9.2.4): kept across events, also set by a block without data. */
  public String lastEventId() {
    throw new UnsupportedOperationException();
  }

  /** The last valid {@code retry} field in milliseconds, or -1. */
  public long retryMs() {
    throw new UnsupportedOperationException();
  }
}
