package dev.lastword.library;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/** Who waits for the engine: as long as it takes, and no longer than there is one. Thread-safe. */
final class Waiting {
  /** What each thread waits for. */
  private final ConcurrentHashMap<Thread, CompletableFuture<?>> futures = new ConcurrentHashMap<>();

  private volatile boolean closed;

  /** Asks, and waits for the answer. */
  <T> T ask(Consumer<dev.lastword.stream.Answer<T>> question) {
    var future = new CompletableFuture<T>();
    return on(
        future,
        "an answer",
        () ->
            question.accept(
                new dev.lastword.stream.Answer<>() {
                  @Override
                  public void succeeded(T value) {
                    future.complete(value);
                  }

                  @Override
                  public void failed(RuntimeException cause) {
                    future.completeExceptionally(cause);
                  }
                }));
  }

  /**
   * Begins something, and waits for it.
   *
   * @param what for the message, such as {@code "the answer to be opened"}
   * @throws LastwordClosedException if this is closed
   */
  <T> T on(CompletableFuture<T> future, String what, Runnable begin) {
    futures.put(Thread.currentThread(), future);
    try {
      if (closed) {
        throw new LastwordClosedException();
      }
      begin.run();
      return on(future, what);
    } finally {
      futures.remove(Thread.currentThread());
    }
  }

  /** Waits for what has begun. */
  static <T> T on(CompletableFuture<T> future, String what) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WaitInterruptedException("interrupted while waiting for " + what);
    } catch (ExecutionException e) {
      throw thrown(e.getCause() == null ? e : e.getCause());
    }
  }

  /** What happened elsewhere, as far as it can be thrown here. */
  private static RuntimeException thrown(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException(cause);
  }

  /** From now on nothing begins. */
  void refuse() {
    closed = true;
  }

  /**
   * Nobody answers any more.
   *
   * @param why for the message, such as {@code "this Lastword was closed"}
   */
  void end(String why) {
    futures.forEach((thread, future) -> future.completeExceptionally(new UndecidedException(why)));
  }
}
