package dev.lastword.reader;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * When the next connection is tried: after what the endpoint's {@code retry} asks for, at random up
 * to twice as long for each one in turn that brought nothing, so that many readers of one endpoint
 * do not come back at once.
 */
final class Retry {
  private static final long FIRST_MS = 500;
  private static final long MAX_MS = 30_000;
  private static final int DOUBLED_MAX = 6;

  private final Duration patience;
  private long heardNanos = System.nanoTime();
  private long failingNanos = heardNanos;
  private long everyMs = FIRST_MS;
  private long leastMs;
  private int failures;

  Retry(Duration patience) {
    this.patience = patience;
  }

  /** Waits for its turn, or until it is known that there is none any more. */
  void await(CountDownLatch closed) throws InterruptedException {
    if (failures == 0) {
      return;
    }
    long most = Math.min(MAX_MS, Math.max(1, everyMs) << Math.min(failures - 1, DOUBLED_MAX));
    long waitMs = Math.max(leastMs, ThreadLocalRandom.current().nextLong(most + 1));
    if (!closed.await(waitMs, TimeUnit.MILLISECONDS)) {
      leastMs = 0;
    }
  }

  /** The endpoint has answered, or sent bytes. */
  void heard() {
    heardNanos = System.nanoTime();
  }

  /** An event came that was not there before. */
  void progressed() {
    failures = 0;
  }

  void failed() {
    if (failures++ == 0) {
      failingNanos = System.nanoTime();
    }
  }

  /** As a stream's {@code retry} says, in milliseconds. */
  void every(long ms) {
    everyMs = Math.min(ms, MAX_MS);
  }

  /** As a {@code Retry-After} in seconds says; a date is not understood. */
  void after(String seconds) {
    if (seconds.matches("[0-9]{1,5}")) {
      leastMs = Math.min(MAX_MS, TimeUnit.SECONDS.toMillis(Long.parseLong(seconds)));
    }
  }

  /**
   * Whether nothing was heard for too long, since the first failure in turn: how long whoever reads
   * took for what came before is no silence.
   */
  boolean isOver() {
    long now = System.nanoTime();
    return Math.min(now - heardNanos, now - failingNanos) >= patience.toNanos();
  }
}
