package dev.lastword.checker.scenario;

import java.io.IOException;
import java.util.concurrent.Semaphore;

/**
 * Where reading happens. Checks run side by side, but what one of them does to the endpoint must
 * not show in what another one sees: short answers are read one at a time, long ones a few at a
 * time, as any endpoint's readers do. Waiting for an answer to be saved needs no stage.
 */
final class Stage {
  private static final int ALL = 1 << 12;

  /** Answers of this length are read one at a time. */
  private static final long SHORT_NANOS = 1_000_000_000L;

  private static final int READERS_OF_LONG_ANSWERS = 4;

  private final Semaphore free = new Semaphore(ALL, true);
  private volatile int each = ALL;

  /** Something that reads. */
  @FunctionalInterface
  interface Act<T> {
    T run() throws IOException, InterruptedException;
  }

  /** Goes on with what the calm run has shown. */
  void fit(Baseline calm) {
    each = calm.duration().toNanos() <= SHORT_NANOS ? ALL : ALL / READERS_OF_LONG_ANSWERS;
  }

  /** Runs it beside a few others, if answers are long. Not reentrant. */
  <T> T beside(Act<T> act) throws IOException, InterruptedException {
    return on(each, act);
  }

  /** Runs it while nobody else reads. Not reentrant. */
  <T> T alone(Act<T> act) throws IOException, InterruptedException {
    return on(ALL, act);
  }

  private <T> T on(int share, Act<T> act) throws IOException, InterruptedException {
    free.acquire(share);
    try {
      return act.run();
    } finally {
      free.release(share);
    }
  }
}
