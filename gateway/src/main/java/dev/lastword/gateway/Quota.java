package dev.lastword.gateway;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts what is there at once, and says when no more may begin; of a route, and with it of all; of
 * an owner. Thread-safe; of several that begin at once at the bound some are refused that had found
 * room alone.
 */
final class Quota {
  private final AtomicInteger now = new AtomicInteger();
  private final List<Quota> wholes;
  private volatile IntSupplier max;

  /**
   * @param max how many there may be at once
   * @param all the quota that this one is a part of; null for none
   */
  Quota(int max, @Nullable Quota all) {
    this(() -> max, all == null ? List.of() : List.of(all));
  }

  /**
   * @param max how many there may be at once, as it is now
   */
  Quota(IntSupplier max) {
    this(max, List.of());
  }

  private Quota(IntSupplier max, List<Quota> wholes) {
    this.max = max;
    this.wholes = wholes;
  }

  /** What is counted on both, and may begin where both have room. */
  static Quota ofBoth(Quota one, Quota other) {
    return new Quota(() -> Integer.MAX_VALUE, List.of(one, other));
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
    for (var whole : wholes) {
      whole.add(more);
    }
  }

  /** Whether there are more than may begin. */
  boolean exceeded() {
    return now.get() > max.getAsInt() || wholes.stream().anyMatch(Quota::exceeded);
  }

  /** Whether no more may begin. */
  boolean full() {
    return now.get() >= max.getAsInt() || wholes.stream().anyMatch(Quota::full);
  }

  int now() {
    return now.get();
  }

  /** The bound that is reached, or the one that holds first. */
  int limit() {
    int own = max.getAsInt();
    return !wholes.isEmpty() && now.get() < own ? wholes.getFirst().limit() : own;
  }

  /** Allows more or less from now on; what is there stays. */
  void allow(int newMax) {
    max = () -> newMax;
  }
}
