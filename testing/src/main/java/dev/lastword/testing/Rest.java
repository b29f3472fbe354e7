package dev.lastword.testing;

import dev.lastword.journal.Journal;
import dev.lastword.testing.ScriptedHook.Reply;
import dev.lastword.testing.ScriptedSubscriber.Pace;
import dev.lastword.testing.ScriptedSubscriber.Where;
import java.time.Duration;
import java.util.List;

/** The end of a simulated world: the faults are over, and everything has to come to its end. */
final class Rest {
  /** Longest that a stream may take to its outcome once the faults are over. */
  private static final long REST_MS = 240_000;

  /** The archiver and retention look after things now and again. */
  private static final int TIMERS = 2;

  private final World world;

  Rest(World world) {
    this.world = world;
  }

  private Lane loop() {
    return world.up().readerLoops().get(0);
  }

  /** The faults are over: every stream has to come to its end, and every reader that reads. */
  void comeToRest() {
    world.heal();
    world.disk().failAfter(Long.MAX_VALUE);
    world.hooks().forEach(hook -> hook.always(Reply.ACKNOWLEDGE));
    world.loops().forEach(loop -> loop.stall(false));
    hurrySlowReaders();
    if (!world.isHealthy() || world.streams().isDraining() || world.disk().isOff()) {
      if (world.server() != null) {
        world.kill();
      }
      if (!world.start()) {
        throw world.broken("I6", "the process does not start on a healthy disk");
      }
    }
    long began = world.clock().nanoTime();
    while (!isAtRest()) {
      if ((world.clock().nanoTime() - began) / 1_000_000 > REST_MS) {
        throw world.broken("I6", "this has not come to rest: " + restless());
      }
      letAllGoOn();
      world.runUntilQuiet();
      if (!isAtRest()) {
        world.scheduler().pass(Math.max(1, Math.min(world.scheduler().nextAlarmMs(), 5_000)));
        world.runUntilQuiet();
      }
    }
    announced().forEach(world.promises().ends::atRest);
  }

  /** One block at a time, a long stream would take longer than is waited for. */
  private void hurrySlowReaders() {
    world.subscribers().stream()
        .filter(subscriber -> subscriber.pace() == Pace.SLOW)
        .forEach(subscriber -> subscriber.pace(Pace.EAGER));
  }

  private void letAllGoOn() {
    world.hooks().forEach(ScriptedHook::wakeUp);
    for (var upstream : world.upstreams()) {
      if (upstream.mayGoOn()) {
        world.onHome(upstream, () -> Chaos.say(upstream, Integer.MAX_VALUE));
      }
    }
    for (var subscriber : world.subscribers()) {
      switch (subscriber.where()) {
        case AWAY -> subscriber.connect(world.up(), loop());
        case CONNECTED -> subscriber.executor().execute(() -> subscriber.read(1));
        case ASKING, AT_END, NOT_FOUND -> {}
      }
    }
  }

  private boolean isAtRest() {
    return restless().isEmpty();
  }

  private String restless() {
    for (var upstream : announced()) {
      if (world.promises().of(upstream).outcome() == null) {
        return "no outcome: " + upstream.id();
      }
    }
    for (var subscriber : world.subscribers()) {
      boolean over =
          subscriber.where() == Where.AT_END
              || (subscriber.where() == Where.NOT_FOUND && subscriber.upstream().isDeleted());
      if (subscriber.pace() != Pace.STALLED && !over) {
        return subscriber + " of " + subscriber.upstream().id() + " is " + subscriber.where();
      }
    }
    if (world.keys().asking() > 0) {
      return "not told: " + world.keys().asking() + " who ask again";
    }
    if (world.streams().unarchived() > 0) {
      return "not in the archive: " + world.streams().unarchived() + " streams";
    }
    return world.streams().health() == Journal.Health.OPEN ? "" : "the journal is not open";
  }

  private List<ScriptedUpstream> announced() {
    return world.upstreams().stream()
        .filter(upstream -> upstream.isAnnounced() && !upstream.isDeleted())
        .toList();
  }

  /** Nothing is left over, and a power cut changes nothing any more. */
  void lookBack() {
    if (world.streams().generations() != 0) {
      throw world.broken("I6", world.streams().generations() + " generations are left over");
    }
    world.pass(Duration.ofSeconds(60));
    if (world.timers() > TIMERS) {
      throw world.broken("I6", world.timers() + " timers are left over");
    }
    long held = world.up().memory().taken();
    if (held != 0) {
      throw world.broken("I13", held + " bytes of memory are held for nothing");
    }
    world.powerCut(FaultyDisk.Crash.DROP);
    if (!world.start()) {
      throw world.broken("I6", "the process does not start after a power cut");
    }
    world.runUntilQuiet(); // what is deleted is known then
    if (world.keys().asking() > 0) {
      throw world.broken("I12", world.keys().asking() + " who ask again wait for ever");
    }
    for (var upstream : announced()) {
      var reader = world.newSubscriber(upstream);
      reader.connect(world.up(), loop());
      world.runUntilQuiet();
      if (reader.where() != Where.AT_END) {
        throw world.broken("I2", upstream.id() + " cannot be read to its end: " + reader.where());
      }
    }
    announced().forEach(world.promises().ends::atRest);
  }
}
