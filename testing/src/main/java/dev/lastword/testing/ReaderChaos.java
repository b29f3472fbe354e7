package dev.lastword.testing;

import dev.lastword.testing.ScriptedSubscriber.Pace;
import java.util.List;
import java.util.SplittableRandom;

/** Lets the seed tell what readers do. */
final class ReaderChaos {
  private static final int SUBSCRIBERS_MAX = 12;

  private final World world;
  private final SplittableRandom random;
  private final boolean faults;

  /**
   * @param faults whether readers live on the loops of streams, too, where they change what runs
   *     when
   */
  ReaderChaos(World world, boolean faults) {
    this.world = world;
    this.random = world.readerRandom();
    this.faults = faults;
  }

  /** One thing that a reader does. */
  void act() {
    var server = world.server();
    if (server == null) {
      return;
    }
    int draw = random.nextInt(10);
    if (random.nextInt(25) == 0) {
      var loop = server.readerLoops().get(0);
      loop.stall(!loop.isStalled());
    }
    if (draw < 2 && world.subscribers().size() < SUBSCRIBERS_MAX) {
      var known = world.upstreams().stream().filter(ScriptedUpstream::isAnnounced).toList();
      if (!known.isEmpty()) {
        var subscriber = world.newSubscriber(known.get(random.nextInt(known.size())));
        subscriber.pace(List.of(Pace.values()).get(random.nextInt(3)));
        subscriber.connect(server, loop());
      }
      return;
    }
    if (world.subscribers().isEmpty()) {
      return;
    }
    var subscriber = world.subscribers().get(random.nextInt(world.subscribers().size()));
    switch (subscriber.where()) {
      case AWAY -> {
        if (draw == 4) {
          recall(subscriber);
        }
        subscriber.connect(server, loop());
      }
      case CONNECTED -> {
        if (draw == 2) {
          subscriber.executor().execute(subscriber::leave);
        } else if (draw == 3) {
          subscriber.pace(List.of(Pace.values()).get(random.nextInt(3)));
        } else {
          subscriber.executor().execute(() -> subscriber.read(1));
        }
      }
      case AT_END -> {
        if (draw == 2) {
          subscriber.forget();
          subscriber.connect(server, loop());
        }
      }
      case ASKING, NOT_FOUND -> {}
    }
  }

  private void recall(ScriptedSubscriber subscriber) {
    var seen = world.promises().of(subscriber.upstream());
    if (subscriber.lastSeq() > 0) {
      long seq = 1 + random.nextLong(subscriber.lastSeq());
      subscriber.recall(seq, seen.epoch(seq));
    }
  }

  /** Some event loop for a reader. */
  private Lane loop() {
    var server = world.up();
    var loops = faults ? server.loops() : server.readerLoops();
    return loops.get(random.nextInt(loops.size()));
  }
}
