package dev.lastword.testing;

import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.cluster.ClusterFailedException;
import dev.lastword.cluster.Keeper;
import dev.lastword.cluster.LeasedJournal;
import dev.lastword.cluster.Member;
import dev.lastword.cluster.Shard;
import dev.lastword.cluster.Tenancy;
import dev.lastword.cluster.Where;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.JournalMismatchException;
import dev.lastword.testing.Statement.Fate;
import dev.lastword.testing.Statement.Transaction;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One life of a node of a simulated cluster, as {@code RunningNode} and {@code Membership} are one:
 * a tenancy, which decides, and a server for each shard that it has.
 */
final class NodeProcess implements Keeper, Tenancy.Hands {
  private static final long WATCH_MS = 1_000;
  private static final long DRAIN_MS = 1_000;
  private static final long DRAINED_MS = 12_000;

  private final ClusterWorld world;
  private final ClusterNode node;
  private final Tenancy tenancy;
  private final List<Lane> lanes = new ArrayList<>();
  private final Lane main;
  private final Lane beat;
  private final Lane watch;
  private final Map<Shard, Lane> errands = new TreeMap<>();
  private final Map<Shard, Server> servers = new TreeMap<>();

  /** How many reasons there are for it to stand still. */
  private int stalls;

  private boolean closing;
  private boolean ending;
  private boolean dead;

  NodeProcess(ClusterWorld world, ClusterNode node, int life) {
    this.world = world;
    this.node = node;
    this.main = lane("main");
    this.beat = lane("beat");
    this.watch = lane("watch");
    var name = node.name();
    this.tenancy =
        new Tenancy(
            new Member(name, name + "-" + life, URI.create("http://" + name + ":8080")),
            ClusterWorld.TERMS,
            world.store().over(line(Statement.LEASES)),
            world.store().over(line(Statement.BESIDE)),
            node.clock()::nanoTime,
            this);
    main.execute(this::join);
  }

  private Lane lane(String what) {
    var lane = world.scheduler().lane(node.name() + "-" + what, Lane.Kind.ENGINE);
    lanes.add(lane);
    lane.stall(stalls > 0);
    return lane;
  }

  // --- its life

  private void join() {
    try {
      if (closing) {
        return;
      }
      if (!tenancy.join()) {
        main.schedule(tenancy.joinPause().toMillis(), this::join);
        return;
      }
      beat.execute(this::beatOn);
      watch.execute(this::watchOn);
      start(tenancy.own());
      tenancy.serve(this);
      world.trace().add(this, "serves", tenancy.own());
      world.count("joined");
    } catch (ClusterFailedException
        | JournalFailedException
        | ArchiveFailedException
        | JournalMismatchException e) { // as a start that fails
      world.trace().add(this, "does not start:", e);
      world.count("start failed");
      closing = true;
      tenancy.closing();
      tenancy.letAllGo(world.store().over(line(Statement.LEASES)));
      ending = true;
    }
  }

  private void beatOn() {
    beatOnce();
    beat.schedule(ClusterWorld.TERMS.look().toMillis(), this::beatOn);
  }

  private void beatOnce() {
    try {
      tenancy.beat();
    } catch (ClusterFailedException e) {
      world.count("store silent");
    }
  }

  private void watchOn() {
    tenancy.watch();
    watch.schedule(WATCH_MS, this::watchOn);
  }

  /** Ends in good order. */
  void stop() {
    main.execute(this::leave);
  }

  private void leave() {
    if (closing) {
      return;
    }
    closing = true;
    tenancy.leave();
    List.copyOf(servers.values()).forEach(this::drain);
    List.copyOf(servers.values()).forEach(server -> server.journal().close());
    tenancy.closing();
    tenancy.letAllGo(world.store().over(line(Statement.LEASES)));
    world.count("left");
    ending = true;
  }

  private void drain(Server server) {
    var done = new AtomicBoolean();
    var unused =
        server
            .streams()
            .drain(DRAIN_MS)
            .thenCompose(nothing -> server.streams().flushArchive())
            .whenComplete((nothing, failure) -> done.set(true));
    world.await(lane -> true, done::get, DRAINED_MS);
  }

  /** Nothing of it runs any more. */
  void die() {
    dead = true;
    var all = new ArrayList<>(lanes);
    servers.values().forEach(server -> all.addAll(server.lanes()));
    world.scheduler().kill(all);
    servers.values().forEach(world::gone);
  }

  /** It stands still, for one reason more or less: no instruction of it runs. */
  void stall(int reasons) {
    stalls += reasons;
    lanes.forEach(lane -> lane.stall(stalls > 0));
  }

  boolean isStalled() {
    return stalls > 0;
  }

  /** Whether it wants to end, and only has to be let. */
  boolean isEnding() {
    return ending;
  }

  // --- what there is to know

  Tenancy tenancy() {
    return tenancy;
  }

  Map<Shard, Server> servers() {
    return servers;
  }

  /** Whether it answers for a shard now. */
  boolean answers(Shard shard) {
    return !dead && tenancy.of(shard) instanceof Where.Here;
  }

  /** The server of a shard that it answers for. */
  @Nullable Server serverOf(Shard shard) {
    return answers(shard) ? servers.get(shard) : null;
  }

  @Override
  public String toString() {
    return tenancy.member().instance();
  }

  // --- what it does with shards

  private void start(Shard shard) {
    var threads = Server.Threads.of(world.setup(), world.scheduler(), this + "-" + shard + "-");
    threads.all().forEach(lane -> lane.stall(stalls > 0));
    lanes.addAll(threads.all());
    var rows = world.store().rows(shard);
    var line = new ServerLine(shard, threads);
    var disk = new StoreDisk(rows, line);
    try {
      var server =
          new Server(
              world.setup().journal(this::leased),
              threads,
              node.clock(),
              disk,
              new StoreArchive(rows, line),
              world.hooks(),
              world::nextId,
              world.random(),
              () -> {},
              () -> answers(shard));
      servers.put(shard, server);
      world.started(shard, server, line.whole);
    } catch (JournalMismatchException e) {
      world.apart(this, shard, disk.isLast(), e);
      throw e;
    }
  }

  private Journal leased(Journal journal) {
    return new LeasedJournal(journal, tenancy.lease());
  }

  @Override
  public void open(Shard shard) {
    world.trace().add(this, "takes over", shard);
    start(shard);
    world.count("taken over");
  }

  @Override
  public void close(Shard shard) {
    world.trace().add(this, "closes", shard);
    var server = servers.get(shard);
    if (server != null) {
      drain(server);
      server.journal().close();
      servers.remove(shard);
      server.die();
      lanes.removeAll(server.lanes());
      world.gone(server);
      world.count("closed");
    }
  }

  @Override
  public boolean isIdle(Shard shard) {
    var server = servers.get(shard);
    return server == null || server.streams().generations() == 0;
  }

  @Override
  public Set<StreamId> known(Shard shard, Collection<StreamId> ids) {
    return Set.copyOf(ids);
  }

  @Override
  public boolean isSound(Shard shard) {
    var server = servers.get(shard);
    return closing || server == null || server.streams().isSound();
  }

  @Override
  public void lost(String why) {
    if (!closing) {
      world.trace().add(this, "ends:", why);
      world.count("lost: " + why.replaceAll("\\d+", "N"));
      ending = true;
    }
  }

  @Override
  public void errand(String what, Shard shard, Runnable task) {
    errands.computeIfAbsent(shard, its -> lane("errands-" + its)).execute(task);
  }

  @Override
  public void soon() {
    beat.execute(this::beatOnce);
  }

  // --- statements

  private ClusterStore.Line line(Statement kind) {
    return new ClusterStore.Line() {
      @Override
      public <T> T ask(Transaction<T> question, boolean mayBeLate) {
        try {
          return run(kind, lane -> true, question, mayBeLate);
        } catch (IOException e) {
          throw new ClusterFailedException(String.valueOf(e.getMessage()), e);
        }
      }
    };
  }

  /** What a server asks of the store, for its journal and its archive. */
  private final class ServerLine implements StoreDisk.Line {
    private final Shard shard;

    /**
     * Who writes a journal may hold a lock of it, for which of its threads event loops never wait.
     */
    private final Set<Lane> waiting;

    /** Streams that were whole, and undecided, when the journal became this process's. */
    private List<ScriptedUpstream> whole = List.of();

    ServerLine(Shard shard, Server.Threads threads) {
      this.shard = shard;
      this.waiting = new HashSet<>(threads.all());
      threads.loops().forEach(waiting::remove);
    }

    @Override
    public <T> T run(Statement kind, Transaction<T> transaction) throws IOException {
      return kind == Statement.ARCHIVE
          ? NodeProcess.this.run(kind, lane -> true, transaction, false)
          : NodeProcess.this.run(kind, this::mayRun, transaction, kind == Statement.FLUSH);
    }

    private boolean mayRun(Lane lane) {
      return !waiting.contains(lane) && !lane.equals(main) && !errands.containsValue(lane);
    }

    @Override
    public void reach() throws IOException {
      NodeProcess.this.reach();
    }

    @Override
    public void fenced() {
      whole = world.overtaken(shard);
    }

    @Override
    public void changed(boolean byLast) {
      world.changed(NodeProcess.this, shard, byLast);
    }
  }

  /**
   * Runs a statement: it takes its time, others run meanwhile, and anything may happen to it.
   *
   * @param others who may run meanwhile
   * @param mayBeLate whether it may be done when nobody waits for it any more
   * @throws IOException if it was refused, or nobody knows
   */
  private <T> T run(
      Statement kind, Predicate<Lane> others, Transaction<T> transaction, boolean mayBeLate)
      throws IOException {
    var fate = world.fate(this, kind, mayBeLate);
    world.meanwhile(
        this, others, fate == Fate.SLOW || fate == Fate.FROZEN_BEFORE, fate == Fate.FROZEN_BEFORE);
    reach();
    if (fate == Fate.REFUSED) {
      throw new IOException("the store refuses");
    }
    if (fate == Fate.LATE) {
      world.later(transaction);
      throw new IOException("the store does not answer in time");
    }
    var result = transaction.run();
    world.meanwhile(
        this, others, fate == Fate.SLOW || fate == Fate.FROZEN_BEHIND, fate == Fate.FROZEN_BEHIND);
    if (fate == Fate.ANSWER_LOST || !isReached()) {
      throw new IOException("nobody knows whether it was done");
    }
    return result;
  }

  private boolean isReached() {
    return !dead && !node.isCut() && !world.isDown();
  }

  private void reach() throws IOException {
    if (!isReached()) {
      throw new IOException("the store does not answer");
    }
  }

  ClusterNode node() {
    return node;
  }

  /** The name of the node is the host's. */
  static String nameOf(Where.At at) {
    return String.valueOf(at.address().getHost());
  }
}
