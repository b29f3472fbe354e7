package dev.lastword.gateway;

import dev.lastword.stream.Home;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** The event loops, one for each core. */
final class Loops implements Supplier<Home> {
  private final EventLoopGroup group;
  private final IdentityHashMap<EventLoop, Loop> byEventLoop = new IdentityHashMap<>();
  private final List<Loop> all = new ArrayList<>();
  private final AtomicInteger next = new AtomicInteger();

  Loops(Transport transport, int count) {
    group =
        new MultiThreadIoEventLoopGroup(
            count, new DefaultThreadFactory("lastword-loop", true), transport.io());
    for (var executor : group) {
      var eventLoop = (EventLoop) executor;
      var loop = new Loop(eventLoop);
      byEventLoop.put(eventLoop, loop);
      all.add(loop);
    }
    all.forEach(Loop::startSweeping);
  }

  EventLoopGroup group() {
    return group;
  }

  List<Loop> all() {
    return all;
  }

  /** The loop of a registered channel. */
  Loop of(Channel channel) {
    var loop = byEventLoop.get(channel.eventLoop());
    if (loop == null) {
      throw new IllegalStateException("a channel on a foreign loop");
    }
    return loop;
  }

  /** A home for a stream that no connection feeds: one loop after the other. */
  @Override
  public Home get() {
    return all.get(Math.floorMod(next.getAndIncrement(), all.size()));
  }

  /** Waits until every loop has run what it has been given so far. */
  void settle() {
    for (var loop : all) {
      loop.eventLoop().submit(() -> {}).awaitUninterruptibly(1, TimeUnit.SECONDS);
    }
  }

  void stop() {
    if (group
        .shutdownGracefully(0, 1, TimeUnit.SECONDS)
        .awaitUninterruptibly(2, TimeUnit.SECONDS)) {
      all.forEach(loop -> loop.encoder().letGo());
    }
  }
}
