package dev.lastword.gateway;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.Comparator;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How much of the heap is taken by what lives, in percent. What is merely not collected yet does
 * not count: of the old generation that is what was left after its last collection, or what is in
 * it now where that is less.
 */
final class HeapGauge implements IntSupplier {
  private @Nullable MemoryPoolMXBean old;

  private static MemoryPoolMXBean oldGeneration() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP && pool.getCollectionUsage() != null)
        .max(Comparator.comparing(HeapGauge::isOld).thenComparingLong(HeapGauge::max))
        .orElseThrow(() -> new IllegalStateException("a heap without pools"));
  }

  private static boolean isOld(MemoryPoolMXBean pool) {
    return pool.getName().contains("Old") || pool.getName().contains("Tenured");
  }

  private static long max(MemoryPoolMXBean pool) {
    return pool.getUsage().getMax();
  }

  /** Takes some time when it is asked first. */
  @Override
  public synchronized int getAsInt() {
    if (old == null) {
      old = oldGeneration();
    }
    return percent(old.getCollectionUsage(), old.getUsage());
  }

  /**
   * @param after what its last collection left
   * @param now what is there now
   */
  static int percent(MemoryUsage after, MemoryUsage now) {
    long max = now.getMax() > 0 ? now.getMax() : Runtime.getRuntime().maxMemory();
    return (int) (Math.min(after.getUsed(), now.getUsed()) * 100.0 / max);
  }
}
