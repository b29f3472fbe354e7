package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * When the connection of a reader who comes back by itself is ended, before a proxy cuts it in the
 * middle of an event: behind the first event that comes after {@code dueNanos}, and where none
 * comes, at {@code overdueNanos}.
 *
 * @param dueNanos half to nine tenths of the time on, other for each reader: those who came
 *     together, as after a restart, do not leave together
 */
record Rollover(long dueNanos, long overdueNanos) {
  /** Shortest time that a connection may be given: of a shorter one little would be left. */
  static final long MS_MIN = 1_000;

  private static final double SHARE_MIN = 0.5;
  private static final double SHARE_MAX = 0.9;
  private static final int RETRY_MS_MIN = 100;
  static final int RETRY_MS_MAX = 500;

  /**
   * Of a connection that begins now.
   *
   * @param ms longest time that it may be open
   */
  static Rollover after(long ms) {
    double share = ThreadLocalRandom.current().nextDouble(SHARE_MIN, SHARE_MAX);
    long now = System.nanoTime();
    return new Rollover(
        now + TimeUnit.MICROSECONDS.toNanos((long) (ms * 1_000 * share)),
        now + TimeUnit.MILLISECONDS.toNanos(ms));
  }

  boolean due(long nowNanos) {
    return nowNanos - dueNanos >= 0;
  }

  boolean overdue(long nowNanos) {
    return nowNanos - overdueNanos >= 0;
  }

  /** Milliseconds after which the reader is asked to be back: an answer goes on meanwhile. */
  static int retryMs() {
    return ThreadLocalRandom.current().nextInt(RETRY_MS_MIN, RETRY_MS_MAX + 1);
  }

  /** The line that asks for it, in front of the event that is the last here. */
  static ByteBuf retry() {
    var line = "retry: " + retryMs() + "\n";
    return Unpooled.wrappedBuffer(line.getBytes(StandardCharsets.US_ASCII));
  }
}
