package dev.lastword.gateway;

import dev.lastword.stream.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many bytes are kept of an owner, as they were counted lately. They are counted anew when
 * somebody asks, at most every second; where that takes long, every ten at the latest. Thread-safe.
 */
final class KeptBytes {
  private static final Logger log = LoggerFactory.getLogger(KeptBytes.class);
  private static final long COUNTED_ANEW_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long COUNTED_ANEW_NANOS_MAX = TimeUnit.SECONDS.toNanos(10);

  /** So many times as long as counting takes it is not done again. */
  private static final int COST_PART = 20;

  private enum Next {
    GO_ON,
    COUNT,
    WAIT
  }

  private final Consumer<Answer<Long>> count;
  private final LongSupplier nanos;
  private final List<Runnable> waiting = new ArrayList<>(0);
  private boolean counting;
  private boolean known;
  private long goodUntilNanos;
  private volatile long bytes;

  /**
   * @param count counts them, off the loops
   */
  KeptBytes(Consumer<Answer<Long>> count, LongSupplier nanos) {
    this.count = count;
    this.nanos = nanos;
  }

  /** What was counted last; 0 before that. */
  long bytes() {
    return bytes;
  }

  /**
   * Goes on once {@link #bytes} is known lately: now, or later on any thread. Where they cannot be
   * counted what was known before has to do.
   */
  void whenKnown(Runnable then) {
    long now = nanos.getAsLong();
    switch (next(then, now)) {
      case GO_ON -> then.run();
      case COUNT -> count.accept(counted(now));
      case WAIT -> {}
    }
  }

  private synchronized Next next(Runnable then, long now) {
    if (known && now - goodUntilNanos < 0) {
      return Next.GO_ON;
    }
    waiting.add(then);
    if (counting) {
      return Next.WAIT;
    }
    counting = true;
    return Next.COUNT;
  }

  private Answer<Long> counted(long begunNanos) {
    return new Answer<>() {
      @Override
      public void succeeded(Long counted) {
        bytes = counted;
        settled(begunNanos);
      }

      @Override
      public void failed(RuntimeException cause) {
        log.warn("owner.bytes_unknown cause={}", cause.toString());
        settled(begunNanos);
      }
    };
  }

  private void settled(long begunNanos) {
    long now = nanos.getAsLong();
    List<Runnable> told;
    synchronized (this) {
      counting = false;
      known = true;
      goodUntilNanos =
          now
              + Math.clamp(
                  (now - begunNanos) * COST_PART, COUNTED_ANEW_NANOS, COUNTED_ANEW_NANOS_MAX);
      told = List.copyOf(waiting);
      waiting.clear();
    }
    told.forEach(Runnable::run);
  }
}
