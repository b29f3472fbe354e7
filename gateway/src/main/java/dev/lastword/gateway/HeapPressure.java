package dev.lastword.gateway;

import java.util.Optional;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What follows of how full the heap is: above one mark no stream is begun, above another readers
 * that stand still are let go of early. What runs goes on. Looked at now and then, not by those who
 * ask.
 */
final class HeapPressure {
  private static final Logger log = LoggerFactory.getLogger(HeapPressure.class);

  private final IntSupplier gauge;
  private volatile Marks marks;
  private volatile int percent;

  /**
   * The marks.
   *
   * @param refusePercent from here on new streams are refused
   * @param releasePercent from here on a reader may stand still for {@code stallMs} only
   */
  record Marks(int refusePercent, int releasePercent, long stallMs) {}

  /**
   * @param gauge percent of the heap that is taken by what lives
   */
  HeapPressure(IntSupplier gauge, Marks marks) {
    this.gauge = gauge;
    this.marks = marks;
  }

  /** Other marks from now on. */
  void allow(Marks next) {
    marks = next;
  }

  /** Looks at the heap. One at a time. */
  synchronized void look() {
    boolean before = isFull();
    percent = gauge.getAsInt();
    if (isFull() != before) {
      if (before) {
        log.info("heap.recovered percent={}", percent);
      } else {
        log.warn("heap.full percent={} hint=\"a larger heap, or lower bounds\"", percent);
      }
    }
  }

  /** What was seen last. */
  int percent() {
    return percent;
  }

  private boolean isFull() {
    return percent >= marks.refusePercent();
  }

  /** Why no stream is begun, if none is. */
  Optional<Problem> refusal() {
    return isFull()
        ? Optional.of(
            Problem.unavailable("heap_full", "what runs takes nearly all of the memory now")
                .member("field", Setting.HEAP_REFUSE.key())
                .member("limit", marks.refusePercent()))
        : Optional.empty();
  }

  /** How long a reader may stand still now. */
  long stallMs(long usualMs) {
    var now = marks;
    return percent >= now.releasePercent() ? Math.min(usualMs, now.stallMs()) : usualMs;
  }
}
