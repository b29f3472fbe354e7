package dev.lastword.checker.scenario;

import java.io.IOException;
import java.util.concurrent.Semaphore;

/**
 * Where one reads at a time: checks run side by side, but what one of them does to the endpoint must
 * not show in what another one sees. Waiting for an answer to be saved needs no stage.
 */
final class Stage {
  private final Semaphore free = new Semaphore(1, true);

  /** Something that reads. */
  @FunctionalInterface
  interface Act<T> {
    T run() throws IOException, InterruptedException;
  }

  /** Runs it while nobody else reads. Not reentrant. */
  <T> T alone(Act<T> act) throws IOException, InterruptedException {
    free.acquire();
    try {
      return act.run();
    } finally {
      free.release();
    }
  }
}
