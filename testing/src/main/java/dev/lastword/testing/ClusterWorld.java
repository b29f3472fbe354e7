package dev.lastword.testing;

import dev.lastword.archive.Archive;
import dev.lastword.cluster.Shard;
import dev.lastword.cluster.Terms;
import dev.lastword.cluster.Where;
import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.Framing;
import dev.lastword.stream.Admission;
import dev.lastword.stream.Answer;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.OpenListener;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamRequest;
import dev.lastword.testing.Statement.Fate;
import dev.lastword.testing.Statement.Transaction;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A cluster in one thread: several nodes on one store, each with the real engine on the real
 * journal and the real decisions about its shards. The same seed gives the same world, step for
 * step.
 *
 * <p>Whoever asks the store waits for it, and while it waits the others run: that is where a
 * process may be overtaken, stand still for longer than its lease, or never hear of an answer.
 * After every task the world checks the delivery contract, of all nodes together, and that no two
 * of them answer for one shard.
 */
final class ClusterWorld implements Deployment {
  /** As clusters are, but for how long something that runs keeps a shard from its own node. */
  static final Terms TERMS =
      new Terms(
          Duration.ofSeconds(10),
          Duration.ofSeconds(3),
          Duration.ofSeconds(1),
          Duration.ofSeconds(15));

  private static final List<String> NODES = List.of("a", "b", "c");
  private static final int RANDOM_LENGTH = 24;
  private static final int DEPTH_MAX = 3;
  private static final int TASKS_MAX = 100_000;

  private final long seed;
  private final Setup setup;
  private final SplittableRandom random;
  private final SplittableRandom readerRandom;
  private final FakeClock clock = new FakeClock();
  private final Scheduler scheduler = new Scheduler(clock);
  private final Trace trace = new Trace();
  private final Promises promises = new Promises(this);
  private final ClusterStore store;
  private final Lane outside;
  private final List<ClusterNode> nodes = new ArrayList<>();
  private final List<ScriptedHook> hooks;
  private final Map<StreamId, ScriptedUpstream> upstreams = new LinkedHashMap<>();
  private final Map<StreamId, Server> servers = new HashMap<>();
  private final List<ScriptedSubscriber> subscribers = new ArrayList<>();
  private final List<Armed> armed = new ArrayList<>();
  private final SortedMap<String, Integer> tally = new TreeMap<>();
  private @Nullable BrokenPromise broken;
  private StreamId nextId = StreamId.random();
  private boolean faulty;
  private boolean down;

  /** How many waits there are inside of one another. */
  private int depth;

  private long step;

  /** A fault that waits for its statement. */
  private static final class Armed {
    final ClusterNode node;

    /** Which kind of statement, or null for any. */
    final @Nullable Statement kind;

    final Fate fate;
    int after;

    Armed(ClusterNode node, @Nullable Statement kind, Fate fate, int after) {
      this.node = node;
      this.kind = kind;
      this.fate = fate;
      this.after = after;
    }
  }

  private ClusterWorld(long seed, Setup setup) {
    this.seed = seed;
    this.setup = setup;
    this.random = new SplittableRandom(seed);
    this.readerRandom = random.split();
    this.store = new ClusterStore(clock::nanoTime, setup.archiveRunEvents());
    this.outside = scheduler.lane("outside", Lane.Kind.ENGINE);
    this.hooks =
        IntStream.range(0, setup.hooks()).mapToObj(i -> new ScriptedHook(outside)).toList();
    for (int i = 0; i < hooks.size(); i++) {
      int number = i;
      hooks.get(i).witness(response -> promises.saves.called(number, response));
    }
    for (var name : NODES) {
      long skewMs = random.nextInt(3) == 0 ? 0 : random.nextInt(14_400_000) - 7_200_000L;
      nodes.add(new ClusterNode(name, new NodeClock(clock, random.nextInt(1 << 30), skewMs)));
    }
  }

  /** A world with a setup, its nodes up and running. */
  static ClusterWorld of(long seed, Setup setup) {
    var world = new ClusterWorld(seed, setup);
    world.nodes.forEach(node -> node.start(world));
    world.runUntilQuiet();
    return world;
  }

  /** A world with a setup that the seed draws. */
  static ClusterWorld drawn(long seed) {
    return of(seed, Setup.drawn(new SplittableRandom(seed ^ 0xc105)));
  }

  // What upstreams do.

  /** Opens a stream in a node's own shard. */
  ScriptedUpstream opening(
      NodeProcess on,
      String name,
      Dialect dialect,
      int choices,
      boolean chosen,
      Map<String, String> attributes) {
    var shard = on.tenancy().own();
    var to = on.serverOf(shard);
    if (to == null) {
      throw new IllegalStateException(on + " does not answer for its own shard");
    }
    var upstream = new ScriptedUpstream(id(shard, name), dialect, choices, clock);
    upstreams.put(upstream.id(), upstream);
    servers.put(upstream.id(), to);
    var home = to.homes().get(random.nextInt(to.homes().size()));
    upstream.opening(home);
    if (faulty) {
      upstream.disturbed();
    }
    var request =
        new StreamRequest(
            Owner.ANONYMOUS,
            dialect,
            Framing.EVENTS,
            new RequestFacts(choices, null, null),
            attributes);
    var told = openListener(upstream);
    nextId = upstream.id();
    trace.add("open", upstream.id(), "on", on);
    to.streams()
        .admit(
            chosen ? upstream.id() : null,
            admission ->
                home.execute(
                    () -> {
                      switch (admission) {
                        case Admission.Admitted(var place) ->
                            upstream.running(
                                to.streams().open(place, request, home, upstream, told));
                        case Admission.Refused(var why) -> told.refused(why);
                      }
                    }));
    return upstream;
  }

  private OpenListener openListener(ScriptedUpstream upstream) {
    return new OpenListener() {
      @Override
      public void opened(Stream stream) {
        trace.add("opened", upstream.id());
        upstream.announced(stream);
        promises.announced(upstream);
      }

      @Override
      public void refused(OpenRefusal why) {
        trace.add("refused", upstream.id(), why);
        count("refused " + why.getClass().getSimpleName());
        upstream.refused(why);
      }
    };
  }

  void onHome(ScriptedUpstream upstream, Runnable task) {
    var home = upstream.home();
    if (home != null && !home.isStalled()) {
      home.execute(task);
    }
  }

  /** Cancels a stream by way of a node. */
  void cancelling(NodeProcess by, ScriptedUpstream upstream) {
    var server = route(by, shard(upstream.id()));
    if (server == null) {
      return;
    }
    upstream.disturbed();
    server
        .streams()
        .cancel(
            Owner.ALL,
            upstream.id(),
            new Answer<>() {
              @Override
              public void succeeded(CancelResult result) {
                trace.add("cancelled", upstream.id(), result.getClass().getSimpleName());
                count("cancel: " + result.getClass().getSimpleName());
                if (server.answers() || !(result instanceof CancelResult.Unknown)) {
                  promises.cancelled(upstream, result);
                }
              }

              @Override
              public void failed(RuntimeException cause) {
                trace.add("cancel failed", upstream.id(), cause);
                count("cancel: failed");
              }
            });
  }

  // What readers do.

  ScriptedSubscriber newSubscriber(ScriptedUpstream upstream) {
    var subscriber = new ScriptedSubscriber("reader-" + subscribers.size(), upstream, promises);
    subscribers.add(subscriber);
    return subscriber;
  }

  /** A reader connects by way of a node; nothing comes of it while nobody answers for the shard. */
  void connect(ScriptedSubscriber subscriber, NodeProcess by, SplittableRandom drawn) {
    var server = route(by, shard(subscriber.upstream().id()));
    if (server == null) {
      count("nobody answers");
      return;
    }
    var loops = server.loops();
    subscriber.connect(server, loops.get(drawn.nextInt(loops.size())));
  }

  /** Who answers for a shard, as a node finds it: itself, or the node that it takes to have it. */
  private @Nullable Server route(NodeProcess by, Shard shard) {
    return switch (by.tenancy().of(shard)) {
      case Where.Here here -> by.serverOf(shard);
      case Where.At at -> {
        var other = node(NodeProcess.nameOf(at)).process();
        if (other == null || other.isStalled()) {
          yield null;
        }
        count("handed over");
        yield other.serverOf(shard);
      }
      case Where.Nobody nobody -> null;
      case Where.Unknown unknown -> null;
    };
  }

  private ClusterNode node(String name) {
    return nodes.stream().filter(node -> node.name().equals(name)).findFirst().orElseThrow();
  }

  // What befalls nodes and the store.

  /** A node's process is killed. */
  void kill(ClusterNode node) {
    var process = node.process();
    if (process != null) {
      trace.add("kill", process);
      count("kill");
      end(node, process);
    }
  }

  private static void end(ClusterNode node, NodeProcess process) {
    node.gone();
    process.die();
  }

  void start(ClusterNode node) {
    node.start(this);
    trace.add("start", String.valueOf(node.process()));
  }

  /** A process stands still for a while. */
  void pause(NodeProcess process, long ms) {
    trace.add(process, "stands still for", ms, "ms");
    count("paused");
    process.stall(1);
    outside.schedule(
        ms,
        () -> {
          trace.add(process, "goes on");
          process.stall(-1);
        });
  }

  /** A node does not reach the store for a while. */
  void cut(ClusterNode node, long ms) {
    trace.add("the store is out of reach of", node, "for", ms, "ms");
    count("cut off");
    node.cut(true);
    outside.schedule(ms, () -> node.cut(false));
  }

  /** The store is away for a while. */
  void down(long ms) {
    trace.add("the store is away for", ms, "ms");
    count("store down");
    down = true;
    outside.schedule(ms, () -> down = false);
  }

  boolean isDown() {
    return down;
  }

  /** A fault waits for a statement of a node. */
  void arm(ClusterNode node, @Nullable Statement kind, Fate fate, int after) {
    trace.add(fate, "waits for", kind == null ? "a statement" : kind, "of", node, "after", after);
    armed.add(new Armed(node, kind, fate, after));
  }

  /** What becomes of a statement, null for nothing in particular. */
  @Nullable Fate fate(NodeProcess of, Statement kind, boolean mayBeLate) {
    for (var fault : armed) {
      boolean its =
          fault.node == of.node()
              && (fault.kind == null || fault.kind == kind)
              && (mayBeLate || fault.fate != Fate.LATE);
      if (its && fault.after-- == 0) {
        armed.remove(fault);
        trace.add(fault.fate, kind, "of", of);
        count(fault.fate + " " + kind);
        return fault.fate;
      }
    }
    return null;
  }

  /** A statement that nobody waits for any more comes to the store. */
  void later(Transaction<?> transaction) {
    outside.schedule(
        random.nextInt(20_000),
        () -> {
          try {
            transaction.run();
            count("done late");
          } catch (IOException e) {
            count("too late");
          }
        });
  }

  /** The faults are over. */
  void heal() {
    trace.add("heal");
    armed.clear();
    down = false;
    nodes.forEach(node -> node.cut(false));
  }

  // What servers do.

  /**
   * A process opens a shard's journal: what others who had it say there comes to nothing from now
   * on.
   *
   * @return the streams that it finds whole, and has to complete
   */
  List<ScriptedUpstream> overtaken(Shard shard) {
    var its =
        upstreams.values().stream().filter(upstream -> shard(upstream.id()).equals(shard)).toList();
    its.forEach(ScriptedUpstream::overtaken);
    return its.stream()
        .filter(ScriptedUpstream::isThere)
        .filter(upstream -> written(upstream.id()).isUndecidedAndWhole())
        .toList();
  }

  /** A server has come up on a shard: nothing that anyone ever saw is gone or changed. */
  void started(Shard shard, Server server, List<ScriptedUpstream> whole) {
    whole.forEach(promises::hasToComplete);
    trace.add("shard", shard, "is opened, epoch", server.journal().epoch());
    announced().stream()
        .filter(upstream -> shard(upstream.id()).equals(shard))
        .forEach(upstream -> look(upstream, server));
  }

  /** Somebody looks for a stream at whoever answers for it. */
  void look(ScriptedUpstream upstream) {
    for (var process : processes()) {
      var server = process.serverOf(shard(upstream.id()));
      if (server != null && !process.isStalled()) {
        look(upstream, server);
      }
    }
  }

  private void look(ScriptedUpstream upstream, Server server) {
    var shard = shard(upstream.id());
    long epoch = server.journal().epoch();
    server.streams().find(Owner.ALL, upstream.id(), survivor(upstream, shard, epoch));
  }

  private Answer<Optional<Stream>> survivor(ScriptedUpstream upstream, Shard shard, long epoch) {
    return new Answer<>() {
      @Override
      public void succeeded(Optional<Stream> found) {
        if (store.rows(shard).epoch() == epoch) { // else another has it since, and may know more
          promises.survived(upstream, found);
          count("recovered " + found.map(stream -> stream.view().state()).orElse("nothing"));
        }
      }

      @Override
      public void failed(RuntimeException cause) {
        trace.add("find failed", upstream.id(), cause);
      }
    };
  }

  /** A server is gone, in whatever way. */
  void gone(Server server) {
    upstreams.values().stream()
        .filter(upstream -> server.equals(servers.get(upstream.id())))
        .forEach(ScriptedUpstream::disconnected);
    subscribers.stream()
        .filter(subscriber -> server.equals(subscriber.server()))
        .forEach(ScriptedSubscriber::disconnected);
  }

  /** I7: the store has taken a change of a shard. */
  void changed(NodeProcess by, Shard shard, boolean byLast) {
    promises.check(
        byLast, "I7", "%s has written to shard %s, which another has opened since", by, shard);
  }

  /**
   * Journal and archive do not fit: with whoever was overtaken between opening one and the other.
   */
  void apart(NodeProcess by, Shard shard, boolean byLast, RuntimeException why) {
    promises.check(!byLast, "archive", "%s has opened shard %s: %s", by, shard, why);
    count("overtaken while it opened");
  }

  // Time.

  /**
   * Somebody waits for the store, and others run; at a depth that is enough nobody does, and it
   * takes no time.
   *
   * @param others who may run
   * @param slow whether it takes its time
   * @param frozen whether the whole process stands still, for longer than a lease
   */
  void meanwhile(NodeProcess who, Predicate<Lane> others, boolean slow, boolean frozen) {
    if (depth == DEPTH_MAX) {
      return;
    }
    if (!slow) {
      letRun(others, random.nextInt(8) == 0 ? random.nextInt(4) : 0);
      return;
    }
    long ms =
        frozen
            ? TERMS.lease().toMillis() + 500 + random.nextInt(14_000)
            : (long) random.nextInt(2) * random.nextInt(5_000);
    if (frozen) {
      who.stall(1);
    }
    try {
      await(others, () -> false, ms);
    } finally {
      if (frozen) {
        who.stall(-1);
      }
    }
  }

  private void letRun(Predicate<Lane> others, int tasks) {
    depth++;
    try {
      for (int i = 0; i < tasks; i++) {
        runTask(others);
      }
    } finally {
      depth--;
    }
  }

  /** Somebody waits until something is so, or for so long, and others run. */
  void await(Predicate<Lane> others, BooleanSupplier until, long msMax) {
    if (depth == DEPTH_MAX) {
      return;
    }
    depth++;
    try {
      long end = clock.nanoTime() + msMax * 1_000_000;
      while (!until.getAsBoolean()) {
        for (int i = 0; !until.getAsBoolean() && runTask(others); i++) {
          checkBound(i);
        }
        long left = (end - clock.nanoTime()) / 1_000_000;
        if (left <= 0 || until.getAsBoolean()) {
          return;
        }
        hop(left);
      }
    } finally {
      depth--;
    }
  }

  private void checkBound(int tasks) {
    if (tasks > TASKS_MAX) {
      throw broken("I6", "the world does not come to rest: a task begets a task for ever");
    }
  }

  /** Lets time pass, and all run that is due on the way. */
  void pass(long ms) {
    long end = clock.nanoTime() + ms * 1_000_000;
    runUntilQuiet();
    for (long left = ms; left > 0; left = (end - clock.nanoTime()) / 1_000_000) {
      hop(left);
      runUntilQuiet();
    }
  }

  /** Time passes to the next timer, or by so much if that is less. */
  private void hop(long msMax) {
    long next = scheduler.nextAlarmMs();
    scheduler.pass(next < 0 ? msMax : Math.min(Math.max(1, next), msMax));
  }

  /** Runs all there is to run; time stands still. */
  void runUntilQuiet() {
    for (int i = 0; runTask(lane -> true); i++) {
      checkBound(i);
    }
  }

  /** Runs one task and checks the promises; false if there is none. */
  boolean runTask(Predicate<Lane> which) {
    var lane = scheduler.runOneWhere(which, random);
    if (lane == null) {
      return false;
    }
    trace.add("ran", lane);
    if (depth == 0) {
      reap();
    }
    checkPromises();
    return true;
  }

  /** Processes that have ended by themselves: none of their code is under way any more. */
  private void reap() {
    for (var node : nodes) {
      var process = node.process();
      if (process != null && process.isEnding() && depth == 0) {
        trace.add(process, "has ended");
        end(node, process);
      }
    }
  }

  // What there is to see.

  /** Checks what the contract promises at every moment. */
  void checkPromises() {
    if (broken != null) {
      throw broken;
    }
    promises.afterStep();
    var answering = new TreeMap<Shard, NodeProcess>();
    for (var process : processes()) {
      for (var shard : process.servers().keySet()) {
        if (process.answers(shard)) {
          var other = answering.put(shard, process);
          promises.check(
              other == null, "lease", "%s and %s both answer for shard %s", other, process, shard);
        }
      }
    }
  }

  /** Whether each shard has a process that answers for it. */
  boolean isServed() {
    return store.shards().stream()
        .allMatch(shard -> processes().stream().anyMatch(each -> each.serverOf(shard) != null));
  }

  /** The servers of those who answer for their shards. */
  List<Server> answering() {
    var all = new ArrayList<Server>();
    for (var process : processes()) {
      process
          .servers()
          .forEach(
              (shard, server) -> {
                if (process.answers(shard)) {
                  all.add(server);
                }
              });
    }
    return all;
  }

  boolean isHealthy() {
    return isServed()
        && answering().stream()
            .allMatch(
                server ->
                    server.streams().isSound() && server.streams().health() == Journal.Health.OPEN);
  }

  List<ClusterNode> nodes() {
    return nodes;
  }

  /** The processes that run, those that stand still among them. */
  List<NodeProcess> processes() {
    var all = new ArrayList<NodeProcess>();
    for (var node : nodes) {
      var process = node.process();
      if (process != null) {
        all.add(process);
      }
    }
    return all;
  }

  ClusterStore store() {
    return store;
  }

  Scheduler scheduler() {
    return scheduler;
  }

  FakeClock clock() {
    return clock;
  }

  Trace trace() {
    return trace;
  }

  Promises promises() {
    return promises;
  }

  SplittableRandom random() {
    return random;
  }

  SplittableRandom readerRandom() {
    return readerRandom;
  }

  SortedMap<String, Integer> tally() {
    return tally;
  }

  StreamId nextId() {
    return nextId;
  }

  /** From now on anything may happen to it. */
  void faulty() {
    faulty = true;
  }

  void nextStep() {
    step++;
  }

  List<ScriptedUpstream> announced() {
    return upstreams.values().stream().filter(ScriptedUpstream::isAnnounced).toList();
  }

  /** The shard that a stream's id names. */
  static Shard shard(StreamId id) {
    return Shard.of(id).orElseThrow();
  }

  private static StreamId id(Shard shard, String name) {
    return new StreamId(
        "s%d_%s%s".formatted(shard.number(), name, "-".repeat(RANDOM_LENGTH - name.length())));
  }

  @Override
  public DurableRecord durable(StreamId id) {
    var shard = shard(id);
    return DurableRecord.of(
        id, store.copy(shard), setup.journalOptions(), store.rows(shard).archive);
  }

  /** The same: what the store has is durable. */
  @Override
  public DurableRecord written(StreamId id) {
    return durable(id);
  }

  @Override
  public List<Archive.Ended> ledger(StreamId id) {
    return store.rows(shard(id)).archive.ledger(id);
  }

  @Override
  public Collection<ScriptedUpstream> upstreams() {
    return upstreams.values();
  }

  @Override
  public ScriptedUpstream upstream(StreamId id) {
    var upstream = upstreams.get(id);
    if (upstream == null) {
      throw new IllegalArgumentException("no stream " + id);
    }
    return upstream;
  }

  @Override
  public List<ScriptedSubscriber> subscribers() {
    return subscribers;
  }

  @Override
  public List<ScriptedHook> hooks() {
    return hooks;
  }

  @Override
  public Setup setup() {
    return setup;
  }

  @Override
  public List<Lane> loops() {
    var all = new ArrayList<Lane>();
    for (var process : processes()) {
      process.servers().values().forEach(server -> all.addAll(server.loops()));
    }
    return all;
  }

  @Override
  public boolean isReadable() {
    return !faulty;
  }

  @Override
  public void count(String what) {
    tally.merge(what, 1, Integer::sum);
  }

  @Override
  public BrokenPromise broken(String invariant, String what) {
    if (broken == null) {
      broken = new BrokenPromise(invariant, what, seed, step, trace.last());
    }
    return broken;
  }
}
