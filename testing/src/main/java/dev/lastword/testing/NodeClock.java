package dev.lastword.testing;

import dev.lastword.stream.TimeSource;

/**
 * The clocks of one machine: the monotonic one goes as time does, from a beginning of its own; the
 * other may be wrong, and may be set.
 */
final class NodeClock implements TimeSource {
  private final FakeClock time;
  private final long originNanos;
  private long skewMs;

  NodeClock(FakeClock time, long originNanos, long skewMs) {
    this.time = time;
    this.originNanos = originNanos;
    this.skewMs = skewMs;
  }

  @Override
  public long nanoTime() {
    return time.nanoTime() + originNanos;
  }

  @Override
  public long wallClockMs() {
    return time.wallClockMs() + skewMs;
  }

  /** Somebody sets the wall clock. */
  void jump(long ms) {
    skewMs += ms;
  }
}
