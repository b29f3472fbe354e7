package dev.lastword.gateway;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Counts what is there at once, and says when no more may begin; of a route, and with it of all.
 * Thread-safe; of several that begin at once at the bound some are refused that had found room
 * alone.
 */
final class Quota {
  private final AtomicInteger now = new AtomicInteger();
  private final @Nullable Quota all;
  private volatile int max;

  /**
   * @param max how many there may be at once
   * @param all the quota that this one is a part of; null for none
   */
  Quota(int max, @Nullable Quota all) {
    this.max = max;
    this.all = all;
  }

  /** Counts one more, if there may be one more. */
  boolean begin() {
    add(1);
    if (exceeded()) {
      add(-1);
      return false;
    }
    return true;
  }

  /** Takes {@link #begin} back. */
  void ended() {
    add(-1);
  }

  /** Counts what may not be refused. */
  void add(int more) {
    now.addAndGet(more);
    if (all != null) {
      all.add(more);
    }
  }

  private boolean exceeded() {
    return now.get() > max || (all != null && all.exceeded());
  }

  /** Whether no more may begin. */
  boolean full() {
    return now.get() >= max || (all != null && all.full());
  }

  int now() {
    return now.get();
  }

  /** The bound that is reached, or the one that holds first. */
  int limit() {
    return all != null && now.get() < max ? all.limit() : max;
  }

  /** Allows more or less from now on; what is there stays. */
  void allow(int newMax) {
    max = newMax;
  }
}
