package dev.lastword.stream;

import org.jspecify.annotations.Nullable;

/**
 * Measures how long an upstream, or whoever else is listened to, says nothing. Used on one home
 * only.
 *
 * <p>It is asked at short intervals, and no interval counts for more than twice its length: when
 * the whole process stood still, the upstream was not silent, it was not heard. While our side does
 * not read, nothing counts.
 */
public final class Silence {
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
   * One that measures nothing yet.
   *
   * @param onTooLong called once, on the home; then nothing is measured until the next start
   */
  public Silence(Home home, TimeSource time, Runnable onTooLong) {
    this.home = home;
    this.time = time;
    this.onTooLong = onTooLong;
  }

  /** Begins anew, with this limit. */
  public void start(long limit) {
    stop();
    limitMs = limit;
    silentMs = 0;
    lastNanos = time.nanoTime();
    timer = home.schedule(intervalMs(), this::look);
  }

  /** Something was heard. */
  public void heard() {
    silentMs = 0;
    lastNanos = time.nanoTime();
  }

  /** Our side does not read. */
  public void pause() {
    count();
    paused = true;
  }

  /** Our side reads again. */
  public void resume() {
    paused = false;
    lastNanos = time.nanoTime();
  }

  /** Nothing is measured until the next start. */
  public void stop() {
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
