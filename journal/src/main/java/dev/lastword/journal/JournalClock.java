package dev.lastword.journal;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A journal's own time. It goes on from the last batch that is on disk: over the time that the
 * journal was closed as the wall clock says, from nothing to a day, and from then on with a
 * monotonic clock. A wall clock that is wrong by years moves it by a day at most. Thread-safe.
 */
final class JournalClock {
  /** What a journal that is made begins with; 0 stands for no time. */
  static final long FIRST_MS = 1;

  /** The most that passes between two openings. */
  static final long CLOSED_MS_MAX = TimeUnit.DAYS.toMillis(1);

  private final LongSupplier nanoTime;
  private final LongSupplier wallMs;
  private final long openedMs;
  private final long openedNanos;

  /**
   * @param lastMs the time of the last batch, 0 for none
   * @param lastWallMs the wall clock at the last batch
   * @param nanoTime a clock that never goes back
   * @param wallMs milliseconds since 1970, as far as the machine knows
   */
  JournalClock(long lastMs, long lastWallMs, LongSupplier nanoTime, LongSupplier wallMs) {
    this.nanoTime = nanoTime;
    this.wallMs = wallMs;
    this.openedNanos = nanoTime.getAsLong();
    this.openedMs = lastMs == 0 ? FIRST_MS : lastMs + closedMs(lastWallMs);
  }

  private long closedMs(long lastWallMs) {
    long now = wallMs.getAsLong();
    // Compared before it is subtracted: clocks that are far apart must not overflow.
    return now <= lastWallMs ? 0 : clamped(now - lastWallMs);
  }

  private static long clamped(long difference) {
    return difference < 0 || difference > CLOSED_MS_MAX ? CLOSED_MS_MAX : difference;
  }

  /** The journal's time. */
  long ms() {
    return openedMs + TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - openedNanos);
  }

  /** What the wall clock says. */
  long wallMs() {
    return wallMs.getAsLong();
  }
}
