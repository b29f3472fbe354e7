package dev.lastword.cluster;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How long a node may believe that its shards are its own: less than the store believes it, for the
 * time counts from before the store was asked. By the monotonic clock alone. Thread-safe.
 */
public final class Lease {
  private final LongSupplier nanos;
  private final long believedNanos;
  private volatile long untilNanos;
  private volatile boolean over;

  /**
   * @param nanos a monotonic clock
   * @param believed how long one renewal is believed, from when it was asked for
   */
  Lease(LongSupplier nanos, Duration believed) {
    this.nanos = nanos;
    this.believedNanos = believed.toNanos();
    this.untilNanos = nanos.getAsLong();
  }

  /** The time to tell {@link #renewed} of, taken before the store is asked. */
  long asking() {
    return nanos.getAsLong();
  }

  void renewed(long askedNanos) {
    untilNanos = askedNanos + believedNanos;
  }

  /** It is over for good. */
  void end() {
    over = true;
  }

  /**
   * Whether it runs. Once this has said that it is over it stays so: another may have what it was
   * for.
   */
  public boolean isHeld() {
    if (!over && !runs()) {
      over = true;
    }
    return !over;
  }

  /** Whether it runs at this moment. Asking changes nothing. */
  public boolean runs() {
    return !over && nanos.getAsLong() - untilNanos < 0;
  }
}
