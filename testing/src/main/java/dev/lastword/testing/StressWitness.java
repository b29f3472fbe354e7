package dev.lastword.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Where all threads of a stress tell what they saw; the first wrong thing counts. Thread-safe. */
final class StressWitness {
  private final AtomicReference<@Nullable AssertionError> broken = new AtomicReference<>();
  private final ConcurrentSkipListMap<String, AtomicLong> tally = new ConcurrentSkipListMap<>();
  private final List<Left> left = new ArrayList<>();

  /** A reader's last event ID. */
  record Left(StressAnswer answer, long epoch, long seq) {}

  void require(boolean holds, String promise, StressAnswer answer) {
    if (!holds) {
      broken(new AssertionError(promise + ": " + answer));
    }
  }

  /** Whatever it is, the stress is over. */
  void broken(AssertionError what) {
    broken.compareAndSet(null, what);
  }

  boolean isBroken() {
    return broken.get() != null;
  }

  void check() {
    var first = broken.get();
    if (first != null) {
      throw first;
    }
  }

  void count(String what) {
    tally.computeIfAbsent(what, name -> new AtomicLong()).incrementAndGet();
  }

  SortedMap<String, Long> tally() {
    var counts = new ConcurrentSkipListMap<String, Long>();
    tally.forEach((what, times) -> counts.put(what, times.get()));
    return counts;
  }

  void left(StressAnswer answer, long epoch, long seq) {
    synchronized (left) {
      left.add(new Left(answer, epoch, seq));
    }
  }

  /** Those who left, once each. */
  List<Left> leavers() {
    synchronized (left) {
      var all = List.copyOf(left);
      left.clear();
      return all;
    }
  }
}
