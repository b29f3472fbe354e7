package dev.lastword.stream;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The part of the heap that answers may take: blocks kept in memory, events on their way to the
 * disk, responses being put together. Everyone who holds such bytes takes them from here, so that
 * many streams together cannot be more than the heap bears. Thread-safe, no lock.
 *
 * <p>What has to be held is {@link #take taken} without asking, since it is bounded where it comes
 * from; what can wait or be refused {@link #tryTake asks}. From {@link #TIGHT_PERCENT} on no new
 * stream is taken and streams keep no more in memory than they must.
 */
public final class MemoryBudget implements AutoCloseable {
  /** From here on the budget is tight, percent. */
  static final int TIGHT_PERCENT = 90;

  private final long bytes;
  private final AtomicLong taken = new AtomicLong();

  /** What this is a part of, until it is closed; null for all there is. */
  private volatile @Nullable MemoryBudget whole;

  /**
   * A budget.
   *
   * @param bytes at least 1
   */
  public MemoryBudget(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("bytes is " + bytes + ": at least 1");
    }
    this.bytes = bytes;
  }

  private MemoryBudget(MemoryBudget whole) {
    this(whole.bytes);
    this.whole = whole;
  }

  /**
   * A part of it for somebody who comes and goes: what it takes is taken from all, as much as there
   * is for everybody, and what it has is given back when it is closed.
   */
  public MemoryBudget part() {
    return new MemoryBudget(this);
  }

  /** Four tenths of the largest heap that this process may have. */
  public static MemoryBudget ofHeap() {
    return new MemoryBudget(Math.max(1, Runtime.getRuntime().maxMemory() / 10 * 4));
  }

  /** Takes what must be held. */
  void take(long wanted) {
    taken.addAndGet(wanted);
    var of = whole;
    if (of != null) {
      of.take(wanted);
    }
  }

  /** Takes what may wait; false if there is not so much left. Nothing is always there. */
  public boolean tryTake(long wanted) {
    if (wanted == 0) {
      return true;
    }
    var of = whole;
    if (of != null && !of.tryTake(wanted)) {
      return false;
    }
    if (taken.addAndGet(wanted) <= bytes) {
      return true;
    }
    give(wanted);
    return false;
  }

  /** Gives back. */
  public void give(long back) {
    taken.addAndGet(-back);
    var of = whole;
    if (of != null) {
      of.give(back);
    }
  }

  /** What is taken now, in bytes. */
  public long taken() {
    return taken.get();
  }

  /** All there is, in bytes. */
  public long bytes() {
    return bytes;
  }

  /** Whether so much is taken that what can be read back need not stay. */
  boolean isFilling() {
    return takenOfAll() >= bytes / 4;
  }

  /** Whether so little is left that nothing new should begin. */
  public boolean isTight() {
    return takenOfAll() >= bytes / 100 * TIGHT_PERCENT;
  }

  private long takenOfAll() {
    var of = whole;
    return of == null ? taken.get() : of.taken();
  }

  /** A part gives back all that it has: whoever took it runs no more. */
  @Override
  public void close() {
    var of = whole;
    whole = null;
    if (of != null) {
      of.give(taken.get());
    }
  }
}
