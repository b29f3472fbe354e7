package dev.lastword.gateway;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes of memory that everything may take together which is put together for one reader and not
 * shared, such as an assembled answer. Events need none of it: readers share them.
 *
 * <p>Thread-safe.
 */
final class ResponseBudget {
  private volatile long bytesMax;
  private final AtomicLong taken = new AtomicLong();

  /**
   * @param bytesMax all leases together, at least 1
   */
  ResponseBudget(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** A quarter of what the heap may grow to. */
  static long standard() {
    return Runtime.getRuntime().maxMemory() / 4;
  }

  long bytesMax() {
    return bytesMax;
  }

  /** Allows more or less from now on; what is taken stays taken. */
  void allow(long newBytesMax) {
    bytesMax = newBytesMax;
  }

  long taken() {
    return taken.get();
  }

  /**
   * Takes a part of it; empty if that much is not left. One who asks for more than there is gets it
   * all the same while nobody else has any: what is too large for company is given alone.
   */
  Optional<Lease> take(long bytes) {
    while (true) {
      long now = taken.get();
      if (now != 0 && now + bytes > bytesMax) {
        return Optional.empty();
      }
      if (taken.compareAndSet(now, now + bytes)) {
        return Optional.of(new Lease(bytes));
      }
    }
  }

  /** What one who did not get any is told. */
  Problem refusal() {
    return Problem.unavailable(
            "overloaded",
            "the answers that others are reading take all the memory there is for them")
        .member("field", Setting.ANSWER_BYTES.key())
        .member("limit", bytesMax);
  }

  /** A part of the budget, until it is closed. */
  final class Lease implements AutoCloseable {
    private final AtomicLong bytes;

    private Lease(long bytes) {
      this.bytes = new AtomicLong(bytes);
    }

    /**
     * Takes as much more as makes it this large; false, and nothing is taken, if that is not left.
     * One who asks for more than there is gets it, as in {@link ResponseBudget#take}.
     */
    boolean growTo(long needed) {
      long own = bytes.get();
      long more = needed - own;
      while (more > 0) {
        long now = taken.get();
        if (now != own && now + more > bytesMax) {
          return false;
        }
        if (taken.compareAndSet(now, now + more)) {
          bytes.addAndGet(more);
          return true;
        }
      }
      return true;
    }

    /** Gives back what was taken beyond this. */
    void shrinkTo(long needed) {
      long before = bytes.getAndUpdate(now -> Math.min(now, needed));
      taken.addAndGet(Math.min(0, needed - before));
    }

    /** Gives all of it back; any number of times. */
    @Override
    public void close() {
      taken.addAndGet(-bytes.getAndSet(0));
    }
  }
}
