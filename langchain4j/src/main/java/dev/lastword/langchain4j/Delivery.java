package dev.lastword.langchain4j;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a handler is told, one after the other, on a virtual thread: neither does a slow handler
 * hold up the model, nor does what it throws reach it.
 */
final class Delivery {
  /** Partial responses that a handler may be behind before it is told no more of them. */
  static final int BEHIND_MAX = 8_192;

  private static final Logger log = LoggerFactory.getLogger(Delivery.class);

  private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();

  /** False, and nothing is told, if too much waits. */
  boolean offer(Runnable told) {
    if (waiting.get() >= BEHIND_MAX) {
      return false;
    }
    add(told);
    return true;
  }

  /** Tells what may not be missing, however much waits. */
  void add(Runnable told) {
    queue.add(told);
    if (waiting.getAndIncrement() == 0) {
      Thread.ofVirtual().name("lastword-handler").start(this::drain);
    }
  }

  private void drain() {
    do {
      var told = queue.poll();
      if (told != null) {
        try {
          told.run();
        } catch (Throwable e) { // the application's, an Error too: what waits is told all the same
          log.warn("handler.failed cause={}", e.toString());
        }
      }
    } while (waiting.decrementAndGet() > 0);
  }
}
