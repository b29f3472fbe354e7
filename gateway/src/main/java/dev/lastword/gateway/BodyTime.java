package dev.lastword.gateway;

import java.util.concurrent.TimeUnit;

/**
 * How long a client has had for its request's body: the time in which somebody took what it sent.
 * While nobody does, it is not the client who is slow. Used on one loop.
 */
final class BodyTime {
  private long beforeNanos;
  private long sinceNanos;
  private boolean runs;

  /** From now on it counts, or does not. */
  void run(boolean taken) {
    if (taken == runs) {
      return;
    }
    long now = System.nanoTime();
    runs = taken;
    if (taken) {
      sinceNanos = now;
    } else {
      beforeNanos += now - sinceNanos;
    }
  }

  /** Milliseconds until now. */
  long ms(long nowNanos) {
    return TimeUnit.NANOSECONDS.toMillis(beforeNanos + (runs ? nowNanos - sinceNanos : 0));
  }
}
