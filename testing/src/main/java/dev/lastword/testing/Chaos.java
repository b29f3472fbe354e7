package dev.lastword.testing;

import dev.lastword.archive.Archive;
import dev.lastword.stream.Attributes;
import dev.lastword.testing.ScriptedHook.Reply;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Lets the seed tell a world what happens: a step is one thing that befalls it, and a few tasks of
 * the engine and of the readers. What readers do is drawn apart, so that a world can be run again
 * without them.
 */
final class Chaos {
  private static final int STREAMS_MAX = 8;
  private static final FaultyDisk.Crash[] CRASHES = FaultyDisk.Crash.values();

  private final World world;
  private final SplittableRandom random;
  private final ReaderChaos readers;
  private final boolean withReaders;

  /** Of a hundred steps so many are faults, and of ten requests so many are large. */
  private final int faultsPercent;

  private final int largeRequests;

  /** The disk has room for hardly more than two segments. */
  private final boolean smallDisk;

  /** Who looks for a deleted stream keeps the archive's thread busy, and changes what runs when. */
  private final boolean deletions;

  private int streams;

  /**
   * @param faults whether anything but upstreams, hooks and readers misbehaves
   * @param withReaders whether there are readers
   */
  Chaos(World world, boolean faults, boolean withReaders) {
    this.world = world;
    this.random = world.random();
    this.readers = new ReaderChaos(world, faults);
    this.withReaders = withReaders;
    this.deletions = faults;
    this.faultsPercent = faults ? List.of(0, 1, 3, 8).get(random.nextInt(4)) : 0;
    this.largeRequests = List.of(0, 3, 9).get(random.nextInt(3));
    this.smallDisk = faults && random.nextInt(5) == 0;
    world.hooks().forEach(hook -> hook.draw(this::drawReply));
    limitDisk();
    world.crossing(faults && random.nextBoolean());
  }

  private void limitDisk() {
    if (smallDisk) {
      world.disk().capacity(140_000 + random.nextInt(40_000));
    }
  }

  private Reply drawReply() {
    int draw = random.nextInt(40);
    var reply =
        draw < 24
            ? Reply.ACKNOWLEDGE
            : List.of(Reply.LATE, Reply.LOST, Reply.FAIL, Reply.HANG, Reply.THROW).get(draw % 5);
    if (draw == 0) {
      reply = Reply.REJECT;
    }
    world.count("hook: " + reply);
    return reply;
  }

  /** One step. */
  void step() {
    world.nextStep();
    act();
    world.keys().step();
    for (int tasks = random.nextInt(7); tasks > 0; tasks--) {
      if (!world.runTask(Lane.Kind.ENGINE)) {
        break;
      }
    }
    if (withReaders) {
      readers.act();
      for (int tasks = world.readerRandom().nextInt(3); tasks > 0; tasks--) {
        if (!world.runTask(Lane.Kind.READERS)) {
          break;
        }
      }
    }
    world.checkPromises();
  }

  private void act() {
    if (world.server() == null) {
      if (random.nextInt(3) == 0) {
        world.heal();
        limitDisk();
        world.start();
      }
      return;
    }
    if (random.nextInt(100) < faultsPercent) {
      harm();
      return;
    }
    int draw = random.nextInt(100);
    if (draw < 12) {
      open();
    } else if (draw < 62) {
      say();
    } else if (draw < 66) {
      cancel();
    } else if (draw < 80) {
      pass();
    } else if (draw < 84) {
      world.hooks().forEach(ScriptedHook::wakeUp);
    } else if (draw < 88) {
      look();
    } else if (draw < 92) {
      world.upstreams().forEach(each -> world.onHome(each, each::sayUnheard));
    } else if (draw < 96) {
      saveAgain();
    } else if (draw < 98 && deletions) {
      delete();
    }
  }

  private void delete() {
    var known = world.upstreams().stream().filter(ScriptedUpstream::isAnnounced).toList();
    if (!known.isEmpty()) {
      var upstream = known.get(random.nextInt(known.size()));
      world.trace().add("delete", upstream.id());
      world.deleting(upstream, result -> {});
    }
  }

  /** An operator tries a stream's save again, whether it needs it or not. */
  private void saveAgain() {
    if (streams > 0) {
      world.saving(World.id("stream-" + random.nextInt(streams)), result -> {});
    }
  }

  private void open() {
    if (streams == STREAMS_MAX || !world.isHealthy()) {
      return;
    }
    world.choosing(random.nextInt(4) == 0);
    boolean plain = Answers.drawPlain(random);
    var upstream =
        world.opening(
            "stream-" + streams++,
            plain ? Answers.plain() : Answers.chat(),
            plain ? 1 : 1 + Math.max(0, random.nextInt(5) - 2),
            attributes());
    Answers.draw(upstream, random, smallDisk ? 3_500 : 500);
    if (smallDisk) {
      upstream.disturbed();
    }
    int early = random.nextInt(3) == 0 ? random.nextInt(upstream.unsaid() + 1) : 0;
    world.onHome(upstream, () -> upstream.say(early));
  }

  /** Some requests are large, so that the journal comes to its next segment. */
  private Map<String, String> attributes() {
    var conversation = "conversation-" + random.nextInt(3);
    return random.nextInt(10) < largeRequests
        ? Map.of(
            Archive.CONVERSATION,
            conversation,
            Attributes.INPUT,
            "i".repeat(random.nextInt(20_000)))
        : Map.of(Archive.CONVERSATION, conversation);
  }

  private void say() {
    var talking = world.upstreams().stream().filter(ScriptedUpstream::mayGoOn).toList();
    if (talking.isEmpty()) {
      return;
    }
    var upstream = talking.get(random.nextInt(talking.size()));
    int bytes = random.nextInt(3) == 0 ? 1 + random.nextInt(40) : 1 + random.nextInt(900);
    world.trace().add("say", upstream.id(), bytes);
    world.onHome(upstream, () -> say(upstream, bytes));
  }

  static void say(ScriptedUpstream upstream, int bytes) {
    if (upstream.unsaid() > 0) {
      upstream.say(bytes);
    } else {
      upstream.end();
    }
  }

  private void look() {
    var conversation = "conversation-" + random.nextInt(3);
    world.trace().add("look", conversation);
    world.look(conversation);
  }

  private void cancel() {
    var known = world.upstreams().stream().filter(ScriptedUpstream::isAnnounced).toList();
    if (!known.isEmpty()) {
      var upstream = known.get(random.nextInt(known.size()));
      world.trace().add("cancel", upstream.id());
      world.cancelling(upstream, result -> {});
    }
  }

  private void pass() {
    long next = world.scheduler().nextAlarmMs();
    long ms =
        switch (random.nextInt(4)) {
          case 0 -> random.nextInt(200);
          case 1 -> random.nextInt(6_000);
          default -> Math.max(0, Math.min(next, 20_000));
        };
    world.trace().add("pass", ms, "ms");
    world.scheduler().pass(ms);
  }

  private void harm() {
    world.undecided().forEach(ScriptedUpstream::disturbed);
    switch (random.nextInt(22)) {
      case 0, 1, 2 -> world.kill();
      case 3, 4, 5 -> world.powerCut(CRASHES[random.nextInt(CRASHES.length)]);
      case 6, 7 -> {
        world.trace().add("power will fail");
        world.readsMayFail();
        world.disk().failAfter(random.nextInt(12));
      }
      case 8 -> {
        world.trace().add("forces fail");
        world.readsMayFail();
        world.disk().failForces(true);
      }
      case 9, 10 -> {
        long room = random.nextInt(4) == 0 ? random.nextInt(100_000) : 0;
        world.trace().add("disk has room for", room);
        world.disk().capacity(usedBytes() + room);
      }
      case 11 -> {
        world.trace().add("archive down");
        world.readsMayFail();
        world.archive().fail(true);
      }
      case 12 -> {
        world.trace().add("archive up, disk has room");
        world.archive().fail(false);
        world.archive().failStores(false);
        world.disk().capacity(Long.MAX_VALUE);
      }
      case 13 -> jumpWallClock();
      case 14 -> {
        world.trace().add("drain");
        world.readsMayFail();
        world.draining(Duration.ofMillis(random.nextInt(2_000)));
      }
      case 15 -> reopen();
      case 16 -> {
        long ms = random.nextInt(3) * 40L * random.nextInt(50);
        world.trace().add("a force takes", ms, "ms");
        world.forcesTake(ms);
      }
      case 17, 18 -> {
        int after = random.nextInt(6);
        world.trace().add("one force fails, after", after);
        world.readsMayFail();
        world.disk().failOneForce(after);
      }
      case 19 -> {
        world.trace().add("the archive stores nothing");
        world.archive().failStores(true);
      }
      case 20 -> {
        world.trace().add("the archive's next answer is lost");
        world.archive().loseNextAnswer();
      }
      case 21 -> {
        boolean fail = random.nextBoolean();
        world.trace().add(fail ? "reads fail" : "reads work");
        world.readsMayFail();
        world.disk().failReads(fail);
      }
      default -> throw new IllegalStateException();
    }
  }

  /** By hours, or by years. */
  private void jumpWallClock() {
    long ms = random.nextInt(14_400_000) - 7_200_000L;
    boolean years = random.nextInt(3) == 0;
    world.trace().add("the wall clock jumps by", years ? 10_000 * ms : ms, "ms");
    world.clock().jumpWallClock(years ? 10_000 * ms : ms);
  }

  private long usedBytes() {
    return world.disk().usedBytes();
  }

  /** A process that has closed its journal goes, and another one comes. */
  private void reopen() {
    if (!world.isHealthy()) {
      world.heal();
      world.kill();
      world.start();
    }
  }
}
