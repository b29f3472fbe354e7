package dev.lastword.stream;

import org.jspecify.annotations.Nullable;

/**
 * Measures how long an upstream says nothing. Used on one home only.
 *
 * <p>It is asked at short intervals, and no interval counts for more than twice its length: when
 * the whole process stood still, the upstream was not silent, it was not heard. While our side does
 * not read, nothing counts.
 */
final class Silence {
  /** Intervals in the longest silence that is borne. */
  private static final int INTERVALS = 8;

  private final Home home;
  private final TimeSource time;
  private final Runnable onTooLong;
  private long limitMs;
  private long silentMs;
  private long lastNanos;
  private boolean paused;
  private Home.@Nullable Timer timer;

  /**
   * @param onTooLong called once, on the home; then nothing is measured until the next start
   */
  Silence(Home home, TimeSource time, Runnable onTooLong) {
    this.home = home;
    this.time = time;
    this.onTooLong = onTooLong;
  }

  /** Begins anew, with this limit. */
  void start(long limit) {
    stop();
    limitMs = limit;
    silentMs = 0;
    lastNanos = time.nanoTime();
    timer = home.schedule(intervalMs(), this::look);
  }

  /** Something was heard. */
  void heard() {
    silentMs = 0;
    lastNanos = time.nanoTime();
  }

  /** Our side does not read. */
  void pause() {
    count();
    paused = true;
  }

  /** Our side reads again. */
  void resume() {
    paused = false;
    lastNanos = time.nanoTime();
  }

  void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private long intervalMs() {
    return Math.max(1, limitMs / INTERVALS);
  }

  private void count() {
    long now = time.nanoTime();
    if (!paused) {
      silentMs += Math.min((now - lastNanos) / 1_000_000, 2 * intervalMs());
    }
    lastNanos = now;
  }

  private void look() {
    count();
    if (silentMs >= limitMs) {
      timer = null;
      onTooLong.run();
    } else {
      timer = home.schedule(Math.min(intervalMs(), limitMs - silentMs), this::look);
    }
  }
}
