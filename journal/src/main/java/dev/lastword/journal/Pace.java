package dev.lastword.journal;

import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * When the next batch may begin: at once while the journal has little to do, and while it is busy
 * not before some time after the last one began, so that a batch takes more along and fewer
 * flushes, wake-ups and hand-overs carry the same entries. Used by one thread at a time.
 */
final class Pace {
  /** Over how long entries are counted to tell a busy journal from an idle one. */
  static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /**
   * More entries than this in a window are many. A stream of 1,000 events a second, each of which a
   * person may be waiting for, has 10.
   */
  static final int FEW = 15;

  private final LongSupplier nanoTime;
  private final LongConsumer pause;
  private final long intervalNanos;
  private long began;
  private long windowBegan;
  private int inWindow;
  private boolean busy;

  /**
   * @param pause sleeps for so many nanoseconds, or less
   * @param intervalNanos least time between the beginnings of two batches while busy, 0 for none
   */
  Pace(LongSupplier nanoTime, LongConsumer pause, long intervalNanos) {
    this.nanoTime = nanoTime;
    this.pause = pause;
    this.intervalNanos = intervalNanos;
    this.began = nanoTime.getAsLong() - intervalNanos;
    this.windowBegan = began;
  }

  /** Waits until the next batch may begin. */
  void await() {
    if (intervalNanos == 0) {
      return;
    }
    long now = nanoTime.getAsLong();
    roll(now);
    if (busy && now - began < intervalNanos) {
      pause.accept(intervalNanos - (now - began));
      now = nanoTime.getAsLong();
    }
    began = now;
  }

  /** So many entries went out with the batch. */
  void took(int entries) {
    inWindow += entries;
  }

  private void roll(long now) {
    long passed = now - windowBegan;
    if (now - began >= WINDOW_NANOS) { // a burst is over: an end behind it is awaited by somebody
      busy = false;
    } else if (passed < WINDOW_NANOS) {
      busy |= inWindow > FEW;
      return;
    } else {
      // Over a longer time than a window the same number is fewer.
      busy = inWindow * WINDOW_NANOS > FEW * passed;
    }
    windowBegan = now;
    inWindow = 0;
  }
}
