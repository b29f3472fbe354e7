package dev.lastword.gateway;

import dev.lastword.stream.Answer;
import dev.lastword.stream.Owner;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What every owner has going on who has something going on. Whoever invents credentials is as many
 * owners as they like, so nothing is kept of an owner for longer than it counts. Thread-safe.
 */
final class QuotasOfOwners {
  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** With more of them those go that have nothing running, their last minute forgotten. */
  private static final int MANY = 20_000;

  private final ConcurrentHashMap<String, OwnerQuotas> owners = new ConcurrentHashMap<>();
  private final OwnerQuotas everybody;
  private final LongSupplier nanos;
  private final BiConsumer<Owner, Answer<Long>> bytes;
  private final AtomicLong sweptNanos;
  private volatile OwnerBounds bounds;

  /**
   * @param bytes counts what is kept of an owner
   * @param nanos what time it is
   */
  QuotasOfOwners(OwnerBounds bounds, BiConsumer<Owner, Answer<Long>> bytes, LongSupplier nanos) {
    this.bytes = bytes;
    this.bounds = bounds;
    this.nanos = nanos;
    this.everybody = quotasOf(Owner.ALL, () -> OwnerBounds.NONE);
    this.sweptNanos = new AtomicLong(nanos.getAsLong());
  }

  /**
   * The quotas of an owner. Where nobody is told apart those of everybody, which have no bounds:
   * what bounds all bounds them.
   */
  OwnerQuotas of(Owner owner) {
    if (owner.all()) {
      return everybody;
    }
    long now = nanos.getAsLong();
    sweep(now);
    return owners.compute(
        owner.value(),
        (_, known) -> {
          var here = known == null ? quotasOf(owner, () -> bounds) : known;
          here.touch(now);
          return here;
        });
  }

  private OwnerQuotas quotasOf(Owner owner, Supplier<OwnerBounds> its) {
    return new OwnerQuotas(its, new KeptBytes(told -> bytes.accept(owner, told), nanos), nanos);
  }

  /** Other bounds from now on; what is there stays. */
  void allow(OwnerBounds next) {
    bounds = next;
  }

  /** Owners of whom something is known now. */
  int size() {
    return owners.size();
  }

  /**
   * Forgets owners after a minute, in which their starts count; at once where there are many. What
   * was just looked up is about to be counted.
   */
  private void sweep(long now) {
    long idle = owners.size() > MANY ? SECOND : MINUTE;
    long last = sweptNanos.get();
    if (now - last >= idle && sweptNanos.compareAndSet(last, now)) {
      owners.keySet().forEach(key -> forgetIfIdle(key, now, idle));
    }
  }

  private void forgetIfIdle(String key, long now, long idle) {
    owners.computeIfPresent(key, (_, quotas) -> quotas.isIdle(now, idle) ? null : quotas);
  }
}
