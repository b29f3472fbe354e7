package dev.lastword.gateway;

import dev.lastword.stream.Home;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One event loop and what belongs to it alone: connections that are swept once a second in place of
 * a timer each, the upstream connections it keeps, the encodings its subscribers share.
 */
final class Loop implements Home {
  private static final Logger log = LoggerFactory.getLogger(Loop.class);
  private static final long SWEEP_MS = 1_000;

  private final EventLoop eventLoop;
  private final ArrayList<Sweepable> swept = new ArrayList<>();
  private final EventEncoder encoder;
  private final HttpDate date = new HttpDate();

  Loop(EventLoop eventLoop) {
    this.eventLoop = eventLoop;
    this.encoder = new EventEncoder();
  }

  void startSweeping() {
    var _ =
        eventLoop.scheduleWithFixedDelay(this::sweep, SWEEP_MS, SWEEP_MS, TimeUnit.MILLISECONDS);
  }

  EventLoop eventLoop() {
    return eventLoop;
  }

  EventEncoder encoder() {
    return encoder;
  }

  HttpDate date() {
    return date;
  }

  @Override
  public void execute(Runnable task) {
    eventLoop.execute(task);
  }

  /** Runs a task on this loop: now if this is its thread. */
  void run(Runnable task) {
    if (eventLoop.inEventLoop()) {
      task.run();
    } else {
      eventLoop.execute(task);
    }
  }

  @Override
  public boolean isCurrent() {
    return eventLoop.inEventLoop();
  }

  @Override
  public Timer schedule(long delayMs, Runnable task) {
    var future = eventLoop.schedule(task, delayMs, TimeUnit.MILLISECONDS);
    return () -> future.cancel(false);
  }

  void add(Sweepable sweepable) {
    sweepable.place(swept.size());
    swept.add(sweepable);
  }

  @SuppressWarnings("ReferenceEquality") // the element itself
  void remove(Sweepable sweepable) {
    int place = sweepable.place();
    if (place < 0) {
      return;
    }
    var last = swept.removeLast();
    if (last != sweepable) {
      swept.set(place, last);
      last.place(place);
    }
    sweepable.place(-1);
  }

  /** A periodic task that throws is not run again: then nobody's time would ever be over here. */
  private void sweep() {
    long now = System.nanoTime();
    try {
      date.advance();
      encoder.letGo();
    } catch (RuntimeException | Error e) {
      log.error("loop.sweep_failed", e);
    }
    for (int i = swept.size() - 1; i >= 0; i--) { // backwards: an element may remove itself
      if (i < swept.size()) {
        sweep(swept.get(i), now);
      }
    }
  }

  /** Errors as well: Netty's own, that there is no memory outside of the heap, passes. */
  private static void sweep(Sweepable one, long now) {
    try {
      one.sweep(now);
    } catch (RuntimeException | Error e) {
      log.error("loop.sweep_failed of={}", one.getClass().getSimpleName(), e);
    }
  }
}
