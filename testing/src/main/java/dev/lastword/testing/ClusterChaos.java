package dev.lastword.testing;

import dev.lastword.archive.Archive;
import dev.lastword.stream.Attributes;
import dev.lastword.testing.ScriptedHook.Reply;
import dev.lastword.testing.ScriptedSubscriber.Pace;
import dev.lastword.testing.Statement.Fate;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Lets the seed tell a cluster what happens: a step is one thing that befalls it, one that a reader
 * does, and a few tasks.
 */
final class ClusterChaos {
  private static final int STREAMS_MAX = 8;
  private static final int SUBSCRIBERS_MAX = 10;
  private static final Fate[] FATES = Fate.values();
  private static final Statement[] STATEMENTS = Statement.values();

  private final ClusterWorld world;
  private final SplittableRandom random;
  private final SplittableRandom readers;

  /** Of a hundred steps so many are faults, and of ten requests so many are large. */
  private final int faultsPercent;

  private final int largeRequests;
  private int streams;

  ClusterChaos(ClusterWorld world) {
    this.world = world;
    this.random = world.random();
    this.readers = world.readerRandom();
    this.faultsPercent = List.of(0, 3, 6, 12).get(random.nextInt(4));
    this.largeRequests = List.of(0, 3, 9).get(random.nextInt(3));
    world.hooks().forEach(hook -> hook.draw(this::drawReply));
    if (faultsPercent > 0) {
      world.faulty();
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
    for (int tasks = random.nextInt(7); tasks > 0; tasks--) {
      if (!world.runTask(lane -> true)) {
        break;
      }
    }
    read();
    world.checkPromises();
  }

  private void act() {
    for (var node : world.nodes()) {
      if (node.process() == null && random.nextInt(6) == 0) {
        world.start(node);
        return;
      }
    }
    if (random.nextInt(100) < faultsPercent) {
      harm();
      return;
    }
    int draw = random.nextInt(100);
    if (draw < 14) {
      open();
    } else if (draw < 62) {
      say();
    } else if (draw < 66) {
      cancel();
    } else if (draw < 88) {
      pass();
    } else if (draw < 93) {
      world.hooks().forEach(ScriptedHook::wakeUp);
    } else if (draw < 97) {
      world.upstreams().forEach(each -> world.onHome(each, each::sayUnheard));
    }
  }

  /** A process that runs, null if none was hit upon. */
  private @Nullable NodeProcess process(SplittableRandom drawn) {
    var process = world.nodes().get(drawn.nextInt(world.nodes().size())).process();
    return process == null || process.isStalled() || process.isEnding() ? null : process;
  }

  private void open() {
    var process = process(random);
    if (process == null
        || streams == STREAMS_MAX
        || process.serverOf(process.tenancy().own()) == null) {
      return;
    }
    boolean plain = Answers.drawPlain(random);
    var upstream =
        world.opening(
            process,
            "stream-" + streams++,
            plain ? Answers.plain() : Answers.chat(),
            plain ? 1 : 1 + Math.max(0, random.nextInt(5) - 2),
            random.nextInt(4) == 0,
            attributes());
    Answers.draw(upstream, random, 500);
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
    world.onHome(upstream, () -> Chaos.say(upstream, bytes));
  }

  private void cancel() {
    var process = process(random);
    var known = world.announced();
    if (process != null && !known.isEmpty()) {
      var upstream = known.get(random.nextInt(known.size()));
      world.trace().add("cancel", upstream.id(), "by way of", process);
      world.cancelling(process, upstream);
    }
  }

  private void pass() {
    long ms =
        switch (random.nextInt(5)) {
          case 0, 1 -> random.nextInt(200);
          case 2, 3 -> random.nextInt(2_000);
          default -> random.nextInt(15_000);
        };
    world.trace().add("pass", ms, "ms");
    world.pass(ms);
  }

  private void harm() {
    var node = world.nodes().get(random.nextInt(world.nodes().size()));
    var process = node.process();
    switch (random.nextInt(20)) {
      case 0, 1 -> world.kill(node);
      case 2, 3 -> {
        if (process != null && !process.isStalled()) {
          world.pause(process, 1_000 + random.nextInt(30_000));
        }
      }
      case 4 -> {
        if (process != null) {
          world.trace().add(process, "is stopped");
          process.stop();
        }
      }
      case 5 -> world.cut(node, 500 + random.nextInt(20_000));
      case 6 -> world.down(100 + random.nextInt(14_000));
      case 7, 8 -> {
        long ms = random.nextInt(14_400_000) - 7_200_000L;
        world.trace().add("the wall clock of", node, "jumps by", ms, "ms");
        node.clock().jump(ms);
      }
      default ->
          world.arm(
              node,
              random.nextInt(4) == 0 ? null : STATEMENTS[random.nextInt(STATEMENTS.length)],
              FATES[random.nextInt(FATES.length)],
              random.nextInt(4));
    }
  }

  // --- readers

  private void read() {
    int draw = readers.nextInt(10);
    if (draw < 2 && world.subscribers().size() < SUBSCRIBERS_MAX) {
      var known = world.announced();
      if (!known.isEmpty()) {
        var subscriber = world.newSubscriber(known.get(readers.nextInt(known.size())));
        subscriber.pace(List.of(Pace.values()).get(readers.nextInt(3)));
        connect(subscriber);
      }
      return;
    }
    if (world.subscribers().isEmpty()) {
      return;
    }
    var subscriber = world.subscribers().get(readers.nextInt(world.subscribers().size()));
    var lane = subscriber.lane();
    if (lane != null && lane.isStalled()) {
      if (draw < 5) {
        subscriber.disconnected(); // it waits for nobody who says nothing
      }
      return;
    }
    switch (subscriber.where()) {
      case AWAY -> {
        if (draw == 4) {
          recall(subscriber);
        }
        connect(subscriber);
      }
      case CONNECTED -> {
        if (draw == 2) {
          subscriber.executor().execute(subscriber::leave);
        } else if (draw == 3) {
          subscriber.pace(List.of(Pace.values()).get(readers.nextInt(3)));
        } else {
          subscriber.executor().execute(() -> subscriber.read(1));
        }
      }
      case AT_END -> {
        if (draw == 2) {
          subscriber.forget();
          connect(subscriber);
        }
      }
      case ASKING, NOT_FOUND -> {}
    }
  }

  private void connect(ScriptedSubscriber subscriber) {
    var process = process(readers);
    if (process != null) {
      world.connect(subscriber, process, readers);
    }
  }

  private void recall(ScriptedSubscriber subscriber) {
    if (subscriber.lastSeq() > 0) {
      long seq = 1 + readers.nextLong(subscriber.lastSeq());
      subscriber.recall(seq, world.promises().of(subscriber.upstream()).epoch(seq));
    }
  }
}
