package dev.lastword.gateway;

import io.netty.channel.DefaultEventLoop;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a loop does for those that belong to it. */
@SuppressWarnings("FutureReturnValueIgnored") // it ends with the process at the latest
class LoopTest {
  private final DefaultEventLoop eventLoop = new DefaultEventLoop();

  @AfterEach
  void stop() {
    eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  /** Counts how often it is looked at, and throws each time. */
  private static final class Broken implements Sweepable {
    private final AtomicInteger sweeps;
    private int place = -1;

    Broken(AtomicInteger sweeps) {
      this.sweeps = sweeps;
    }

    @Override
    public void sweep(long nowNanos) {
      if (sweeps.incrementAndGet() % 2 == 0) {
        throw new IllegalStateException("a mistake");
      }
      throw new OutOfMemoryError("as Netty says of memory that is not in the heap");
    }

    @Override
    public int place() {
      return place;
    }

    @Override
    public void place(int newPlace) {
      place = newPlace;
    }
  }

  @Test
  void givenOneThatThrows_whenTheLoopSweeps_thenTheOthersAreLookedAt_andAgainASecondLater() {
    var loop = new Loop(eventLoop);
    var first = new AtomicInteger();
    var second = new AtomicInteger();
    eventLoop.execute(
        () -> {
          loop.add(new Broken(first));
          loop.add(new Broken(second));
          loop.startSweeping();
        });

    Awaitility.await()
        .atMost(30, TimeUnit.SECONDS)
        .until(() -> first.get() >= 3 && second.get() >= 3);
  }
}
