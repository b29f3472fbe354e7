package dev.lastword.gateway;

import java.util.concurrent.TimeUnit;

/** Watches whether something that should move stands still. Used on one loop. */
final class Stall {
  private long lastAt;
  private long sinceNanos;

  /**
   * Looks at it once more.
   *
   * @param at a figure of how far it is, another one after each step; 0 where nothing has to move
   * @return whether it has stood at the same place for longer than the limit
   */
  boolean stands(long at, long nowNanos, long limitMs) {
    if (at == 0 || at != lastAt) {
      lastAt = at;
      sinceNanos = nowNanos;
      return false;
    }
    return nowNanos - sinceNanos > TimeUnit.MILLISECONDS.toNanos(limitMs);
  }
}
