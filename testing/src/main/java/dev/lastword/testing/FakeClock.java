package dev.lastword.testing;

import dev.lastword.stream.TimeSource;

/** A clock that stands still until it is told to move. */
public final class FakeClock implements TimeSource {
  private static final long START_MS = 1_700_000_000_000L;

  private long nanos;
  private long wallOffsetMs = START_MS;

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public long wallClockMs() {
    return wallOffsetMs + nanos / 1_000_000;
  }

  /** Somebody sets the wall clock; the time that passes is not touched. */
  public void jumpWallClock(long ms) {
    wallOffsetMs += ms;
  }

  void moveTo(long nanos) {
    if (nanos < this.nanos) {
      throw new IllegalArgumentException("time never goes back");
    }
    this.nanos = nanos;
  }
}
