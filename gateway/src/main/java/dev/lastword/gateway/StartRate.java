package dev.lastword.gateway;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * So many starts in any minute, spread as their owner likes: after a quiet minute all of them at
 * once, and then one each time that one is due again. Thread-safe, no lock.
 */
final class StartRate {
  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  private final IntSupplier perMinute;
  private final LongSupplier nanos;

  /** When all starts so far would be over, had they been made at an even pace. */
  private final AtomicLong evenNanos;

  /**
   * @param perMinute as it is now; 0 for no bound
   */
  StartRate(IntSupplier perMinute, LongSupplier nanos) {
    this.perMinute = perMinute;
    this.nanos = nanos;
    this.evenNanos = new AtomicLong(nanos.getAsLong());
  }

  /** Makes a start: 0 if there may be one, else the nanoseconds until there may be. */
  long start() {
    int most = perMinute.getAsInt();
    if (most == 0) {
      return 0;
    }
    long now = nanos.getAsLong();
    while (true) {
      long even = evenNanos.get();
      long next = (even - now > 0 ? even : now) + MINUTE / most;
      long early = next - now - MINUTE;
      if (early > 0) {
        return early;
      }
      if (evenNanos.compareAndSet(even, next)) {
        return 0;
      }
    }
  }
}
