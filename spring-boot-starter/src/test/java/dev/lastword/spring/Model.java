package dev.lastword.spring;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What an application has: something that answers, and something that saves. */
final class Model {
  static final List<String> PIECES = List.of("It", " is", " well", ".");

  final AtomicInteger calls = new AtomicInteger();
  final Map<String, String> saved = new ConcurrentHashMap<>();

  /** Holds the save back, so that a test sees what was said before it. */
  private volatile CountDownLatch save = new CountDownLatch(0);

  /** Holds the second half of the answer back. */
  private volatile CountDownLatch half = new CountDownLatch(0);

  private volatile CountDownLatch cancelled = new CountDownLatch(1);

  /** Its source was told that nobody wants more. */
  void cancelled() {
    cancelled.countDown();
  }

  boolean isCancelled() {
    return cancelled.getCount() == 0;
  }

  boolean awaitCancelled() throws InterruptedException {
    return cancelled.await(60, TimeUnit.SECONDS);
  }

  void holdSave() {
    save = new CountDownLatch(1);
  }

  void holdHalf() {
    half = new CountDownLatch(1);
  }

  void letSave() {
    save.countDown();
  }

  void letHalf() {
    half.countDown();
  }

  void awaitHalf() {
    await(half);
  }

  boolean isHalfHeld() {
    return half.getCount() > 0;
  }

  void save(String key, String text) {
    await(save);
    saved.put(key, text);
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("nobody let it go on");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  void reset() {
    letSave();
    letHalf();
    cancelled = new CountDownLatch(1);
    calls.set(0);
    saved.clear();
  }
}
