package dev.lastword.stream;

import dev.lastword.journal.StreamId;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the engine calls code that is not its own: readers, answers, hooks, listeners. Whatever
 * they throw is their own loss: it is logged here, and the engine goes on as if they had returned.
 */
final class Guard {
  private static final Logger log = LoggerFactory.getLogger(Guard.class);

  private Guard() {}

  /**
   * Calls foreign code.
   *
   * @param what who is called, for the log: a name such as {@code subscriber}
   * @return whether it returned normally
   */
  static boolean call(String what, StreamId stream, Runnable foreign) {
    try {
      foreign.run();
      return true;
    } catch (RuntimeException | Error e) {
      log.error("{}.failed stream={}", what, stream, e);
      return false;
    }
  }

  /** An answer whose exceptions end where it is told. */
  static <T> Answer<T> answer(Answer<T> answer) {
    return new Answer<>() {
      @Override
      public void succeeded(T value) {
        tell(() -> answer.succeeded(value));
      }

      @Override
      public void failed(RuntimeException cause) {
        tell(() -> answer.failed(cause));
      }
    };
  }

  /** A consumer whose exceptions end where it is told. */
  static <T> Consumer<T> consumer(Consumer<T> consumer) {
    return value -> tell(() -> consumer.accept(value));
  }

  private static void tell(Runnable foreign) {
    try {
      foreign.run();
    } catch (RuntimeException | Error e) {
      log.error("answer.failed", e);
    }
  }
}
