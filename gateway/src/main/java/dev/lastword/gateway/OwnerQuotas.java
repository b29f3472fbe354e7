package dev.lastword.gateway;

import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What one owner has going on, on all routes. Thread-safe. */
final class OwnerQuotas {
  private final Supplier<OwnerBounds> bounds;
  private final KeptBytes kept;
  private final Quota calls;
  private final Quota generations;
  private final Quota unattended;
  private final Quota unattendedCalls;
  private final StartRate starts;
  private volatile long touchedNanos;

  /**
   * @param bounds as they are now
   * @param kept what is kept of this owner
   * @param nanos what time it is
   */
  OwnerQuotas(Supplier<OwnerBounds> bounds, KeptBytes kept, LongSupplier nanos) {
    this.bounds = bounds;
    this.kept = kept;
    this.calls = new Quota(() -> bounds.get().calls());
    this.generations = new Quota(() -> bounds.get().generations());
    this.unattended = new Quota(() -> bounds.get().unattended());
    this.unattendedCalls = new Quota(() -> bounds.get().unattended());
    this.starts = new StartRate(() -> bounds.get().startsPerMinute(), nanos);
    this.touchedNanos = nanos.getAsLong();
  }

  OwnerBounds bounds() {
    return bounds.get();
  }

  Quota calls() {
    return calls;
  }

  Quota generations() {
    return generations;
  }

  Quota unattended() {
    return unattended;
  }

  Quota unattendedCalls() {
    return unattendedCalls;
  }

  StartRate starts() {
    return starts;
  }

  KeptBytes kept() {
    return kept;
  }

  void touch(long nowNanos) {
    touchedNanos = nowNanos;
  }

  /** Whether nothing of this owner runs, and nobody has asked in its name for so long. */
  boolean isIdle(long nowNanos, long forNanos) {
    return nowNanos - touchedNanos >= forNanos
        && calls.now() == 0
        && generations.now() == 0
        && unattended.now() == 0
        && unattendedCalls.now() == 0;
  }
}
