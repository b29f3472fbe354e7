package dev.lastword.testing;

import dev.lastword.journal.Journal;
import dev.lastword.testing.ScriptedHook.Reply;
import dev.lastword.testing.ScriptedSubscriber.Pace;
import dev.lastword.testing.ScriptedSubscriber.Where;

/** The end of a simulated cluster: the faults are over, and everything has to come to its end. */
final class ClusterRest {
  /** Longest that a stream may take to its outcome: take-overs, and the silence of an upstream. */
  private static final long REST_MS = 360_000;

  private static final long HOP_MS = 2_000;

  private final ClusterWorld world;

  ClusterRest(ClusterWorld world) {
    this.world = world;
  }

  /** Every stream has to come to its outcome, and every reader that reads to the end. */
  void comeToRest() {
    world.heal();
    world.hooks().forEach(hook -> hook.always(Reply.ACKNOWLEDGE));
    world.subscribers().stream()
        .filter(subscriber -> subscriber.pace() == Pace.SLOW)
        .forEach(subscriber -> subscriber.pace(Pace.EAGER));
    goOn();
    world.announced().forEach(world.promises().ends::atRest);
  }

  private void goOn() {
    long began = world.clock().nanoTime();
    for (var left = restless(); !left.isEmpty(); left = restless()) {
      if ((world.clock().nanoTime() - began) / 1_000_000 > REST_MS) {
        throw world.broken("I6", "this has not come to rest: " + left);
      }
      letAllGoOn();
      world.runUntilQuiet();
      if (!restless().isEmpty()) {
        world.pass(HOP_MS);
      }
    }
  }

  private void letAllGoOn() {
    for (var node : world.nodes()) {
      if (node.process() == null) {
        world.start(node);
      }
    }
    world.hooks().forEach(ScriptedHook::wakeUp);
    for (var upstream : world.upstreams()) {
      if (upstream.mayGoOn()) {
        world.onHome(upstream, () -> Chaos.say(upstream, Integer.MAX_VALUE));
      }
      if (upstream.isAnnounced() && world.promises().of(upstream).outcome() == null) {
        world.look(upstream);
      }
    }
    for (var subscriber : world.subscribers()) {
      switch (subscriber.where()) {
        case AWAY -> connect(subscriber);
        case CONNECTED -> {
          var lane = subscriber.lane();
          if (lane == null || lane.isStalled()) {
            subscriber.disconnected();
          } else {
            lane.execute(() -> subscriber.read(1));
          }
        }
        case ASKING, AT_END, NOT_FOUND -> {}
      }
    }
  }

  private void connect(ScriptedSubscriber subscriber) {
    var running = world.processes().stream().filter(process -> !process.isStalled()).toList();
    if (!running.isEmpty()) {
      var by = running.get(world.readerRandom().nextInt(running.size()));
      world.connect(subscriber, by, world.readerRandom());
    }
  }

  /** What has not come to its end; empty if everything has. */
  private String restless() {
    for (var upstream : world.announced()) {
      if (world.promises().of(upstream).outcome() == null) {
        return "no outcome: " + upstream.id();
      }
    }
    for (var subscriber : world.subscribers()) {
      if (subscriber.pace() != Pace.STALLED && subscriber.where() != Where.AT_END) {
        return subscriber + " of " + subscriber.upstream().id() + " is " + subscriber.where();
      }
    }
    if (!world.isServed()) {
      return "a shard that nobody answers for";
    }
    for (var server : world.answering()) {
      if (server.streams().unarchived() > 0) {
        return "not in the archive: " + server.streams().unarchived() + " streams";
      }
      if (server.streams().health() != Journal.Health.OPEN) {
        return "a journal is " + server.streams().health();
      }
    }
    return "";
  }

  /** All nodes are killed at once, and nothing of what was is changed by that. */
  void lookBack() {
    world.nodes().forEach(world::kill);
    for (var upstream : world.announced()) {
      world.newSubscriber(upstream);
    }
    goOn();
    world.announced().forEach(world.promises().ends::atRest);
  }
}
