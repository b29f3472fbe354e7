package dev.lastword.cluster;

import dev.lastword.journal.StreamId;
import dev.lastword.journal.postgresql.PostgresServer;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node in its cluster: it has a shard of its own, renews the leases of all that it has, sees who
 * has the others, and takes over those whose node is gone.
 *
 * <p>A lease is a row's, by the store's clock, and what it decides is only who <em>tries</em>: what
 * keeps two from writing one shard is the epoch of its journal. Whoever takes a shard opens its
 * journal next, and from then on nothing of the older owner's is taken. A node that cannot renew
 * ends before its lease does, by its monotonic clock, so that it tells nobody what is old.
 *
 * @see "docs/decisions/0022-a-shard-is-a-journal-that-changes-hands.md"
 */
public final class Membership implements Placement, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Membership.class);

  /** So long before its lease is over a node stops to believe it. */
  private static final int MARGIN_PART = 8;

  private static final long DEADLINE_LOOK_MS = 100;

  /** A node's own shard is waited for as long as the lease of its last process, and this. */
  private static final Duration HOME_WAIT_MORE = Duration.ofSeconds(5);

  /** What is interrupted in a shard that is handed back gets as long at the most. */
  private static final Duration CLOSING_MAX = Duration.ofSeconds(60);

  /** How long a wish for a shard stands that is not said again. */
  private static final Duration WISH = Duration.ofSeconds(3);

  /** A shard that could not be opened is left to others for so long. */
  private static final long FAILED_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** How often it looks for ids of which nothing is left. */
  private static final Duration FORGET_EVERY = Duration.ofHours(1);

  private static final Duration CLOSE_MAX = Duration.ofSeconds(5);

  private final Options options;
  private final Member member;
  private final Lease lease;
  private final ShardIds ids;
  private final Beat beat;

  /** What this process has, and how far it is with it; changed by the beat and by its errands. */
  private final Map<Shard, Stage> mine = new ConcurrentHashMap<>();

  private final Map<Shard, Long> failedNanos = new ConcurrentHashMap<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final AtomicBoolean toldLost = new AtomicBoolean();

  private volatile Shard own = new Shard(1);
  private volatile NavigableMap<Shard, Holding> picture = new TreeMap<>();
  private volatile @Nullable Keeper keeper;
  private volatile boolean leaving;

  /** How far this process is with a shard. */
  private enum Stage {
    OPENING,
    OPEN,
    CLOSING
  }

  /**
   * How a node is a member.
   *
   * @param server whose database the cluster's tables are in, in the first schema of the search
   *     path
   * @param name the node's, unique in the cluster
   * @param address where the other nodes reach it
   * @param lease how long a node that says nothing keeps its shards
   * @param renewal how often it says something
   * @param look how often it looks who has what
   * @param handBack how long at the most what runs in a shard that was taken over goes on there
   *     while its own node waits for it
   */
  public record Options(
      PostgresServer server,
      String name,
      URI address,
      Duration lease,
      Duration renewal,
      Duration look,
      Duration handBack) {
    /** As clusters are. */
    public Options(PostgresServer server, String name, URI address) {
      this(
          server,
          name,
          address,
          Duration.ofSeconds(10),
          Duration.ofSeconds(3),
          Duration.ofSeconds(1),
          Duration.ofSeconds(60));
    }

    /**
     * @throws IllegalArgumentException if a lease would be over before it can be renewed twice
     */
    public Options {
      if (name.isEmpty()) {
        throw new IllegalArgumentException("the node has no name");
      }
      if (look.compareTo(renewal) > 0 || renewal.multipliedBy(2).compareTo(lease) > 0) {
        throw new IllegalArgumentException(
            "look %s, renewal %s, lease %s: the first at most the second, and that at most half of the third"
                .formatted(look, renewal, lease));
      }
    }
  }

  private Membership(Options options) {
    this.options = options;
    this.member = Member.starting(options.name(), options.address());
    this.lease =
        new Lease(System::nanoTime, options.lease().minus(options.lease().dividedBy(MARGIN_PART)));
    this.ids = new ShardIds(options.server());
    this.beat = new Beat();
  }

  /**
   * Joins: makes the tables if they are not there, and takes a shard to begin streams in, which is
   * this node's from before if it can be had, else one that nobody has, else one that another node
   * has beside its own, else a new one. Blocks while another process has what is wanted.
   *
   * @throws ClusterFailedException if the store refuses
   */
  public static Membership join(Options options) {
    var membership = new Membership(options);
    try {
      membership.takeOwn();
      membership.beat.start();
      return membership;
    } catch (SQLException | RuntimeException e) {
      membership.close();
      throw e instanceof ClusterFailedException failed
          ? failed
          : new ClusterFailedException("cannot join the cluster: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      membership.close();
      Thread.currentThread().interrupt();
      throw new ClusterFailedException("interrupted while joining", e);
    }
  }

  /** Who has what, read by somebody who is no member. */
  public static List<Holding> holdings(PostgresServer server) {
    try (var connection = server.connect("lastword nodes")) {
      return ShardTable.holdings(connection);
    } catch (SQLException e) {
      throw new ClusterFailedException("cannot read " + server + ": " + e.getMessage(), e);
    }
  }

  /**
   * The name of a shard's own schema, in which its journal and its archive are.
   *
   * @param connection whose first schema the cluster's tables are in
   */
  public static String schema(Connection connection, Shard shard) throws SQLException {
    var here = connection.getSchema();
    if (here == null) {
      throw new SQLException("the search path names no schema that is there");
    }
    return (here.equals("public") ? "lastword" : here) + "_" + shard.number();
  }

  private void takeOwn() throws SQLException, InterruptedException {
    long beganNanos = System.nanoTime();
    ShardTable.prepare(beat.connection());
    while (true) {
      var holdings = ShardTable.holdings(beat.connection());
      var home = home(holdings);
      var wished = home.or(() -> beside(holdings));
      boolean waited =
          wished.isEmpty() || System.nanoTime() - beganNanos >= waitFor(wished.get()).toNanos();
      long asked = lease.asking();
      var taken = home.filter(this::free).map(Holding::shard).filter(this::takeAsOwn);
      if (taken.isEmpty() && (home.isEmpty() || waited)) {
        taken = spare(holdings).filter(this::takeAsOwn);
      }
      if (taken.isEmpty() && waited) {
        taken = Optional.of(ShardTable.make(beat.connection(), member, options.lease()));
      }
      if (taken.isPresent()) {
        own = taken.get();
        mine.put(own, Stage.OPENING);
        lease.renewed(asked);
        log.info("cluster.joined node={} shard={}", member.name(), own);
        return;
      }
      var back = wished.orElseThrow();
      log.debug("cluster.waiting shard={} node={}", back.shard(), back.node());
      ShardTable.want(beat.connection(), back.shard(), member.instance(), WISH, home.isPresent());
      Thread.sleep(Math.min(250, options.look().toMillis()));
    }
  }

  /** What this node had before, the best to be had of several. */
  private Optional<Holding> home(List<Holding> holdings) {
    return holdings.stream()
        .filter(holding -> holding.home().equals(member.name()))
        .max(Comparator.comparing(this::free));
  }

  /**
   * A shard that another node has beside its own, since its own is gone. A node that has none asks
   * for it before it makes one: shards are never given up, and names may change at every start.
   */
  private Optional<Holding> beside(List<Holding> holdings) {
    return holdings.stream()
        .filter(Holding::isHeld)
        .filter(holding -> !holding.home().equals(holding.node()))
        .filter(holding -> !holding.isWantedByOtherThan(member.instance()))
        .findFirst();
  }

  /**
   * How long a shard is waited for. This node's own is worth more: whoever has it may have to end
   * what runs there.
   */
  private Duration waitFor(Holding wished) {
    var its = options.lease().plus(HOME_WAIT_MORE);
    return wished.home().equals(member.name()) && !wished.node().equals(member.name())
        ? its.plus(options.handBack()).plus(CLOSING_MAX)
        : its;
  }

  private boolean takeAsOwn(Shard shard) {
    try {
      return ShardTable.take(beat.connection(), shard, member, options.lease(), true);
    } catch (SQLException e) {
      throw new ClusterFailedException("cannot take shard " + shard + ": " + e.getMessage(), e);
    }
  }

  private boolean free(Holding holding) {
    return !holding.isHeld() && !holding.isWantedByOtherThan(member.instance());
  }

  private Optional<Shard> spare(List<Holding> holdings) {
    return holdings.stream()
        .filter(this::free)
        .max(Comparator.comparing(Holding::left).thenComparing(Holding::shard))
        .map(Holding::shard);
  }

  /**
   * The node answers for its own shard from now on, and for those that it takes over from others.
   *
   * @throws ClusterFailedException if its shard was taken meanwhile, or the store refuses
   */
  public void serve(Keeper keeps) {
    keeper = keeps;
    try {
      if (!ids.ask(connection -> ShardTable.opened(connection, own, member.instance())).join()
          || !lease.isHeld()) {
        throw new ClusterFailedException(
            "shard %s was taken by another node while it was opened".formatted(own));
      }
    } catch (CompletionException e) {
      throw e.getCause() instanceof ClusterFailedException failed ? failed : e;
    }
    mine.put(own, Stage.OPEN);
    beat.soon();
    Thread.ofPlatform().name("lastword-ids").daemon().start(this::forgetIdsEachHour);
  }

  private void forgetIdsEachHour() {
    try {
      while (!closing.await(FORGET_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        forgetIds();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes away what is known of ids of which nothing is left in the shards that this node has. */
  void forgetIds() {
    var keeps = keeper;
    var forgotten = new ForgottenIds(ids, member.instance());
    mine.forEach(
        (shard, stage) -> {
          if (keeps != null && stage == Stage.OPEN) {
            try {
              forgotten.look(shard, keeps);
            } catch (RuntimeException e) {
              log.warn("cluster.ids_not_looked_at shard={} cause={}", shard, e.toString());
            }
          }
        });
  }

  /** Takes nothing over any more; what it has it keeps until it is closed. */
  public void leave() {
    leaving = true;
  }

  /** Whether what this node has is its own still. */
  public Lease lease() {
    return lease;
  }

  public Member member() {
    return member;
  }

  /** All rows as they were a second ago or so. */
  public List<Holding> holdings() {
    return List.copyOf(picture.values());
  }

  @Override
  public Shard own() {
    return own;
  }

  @Override
  public List<Shard> shards() {
    var all = new TreeSet<>(picture.keySet());
    all.add(own);
    return List.copyOf(all);
  }

  @Override
  public Where of(Shard shard) {
    var stage = mine.get(shard);
    if (stage != null) {
      return stage == Stage.OPEN ? new Where.Here() : new Where.Nobody();
    }
    var holding = picture.get(shard);
    if (holding == null) {
      return new Where.Unknown();
    }
    return holding.isHeld() && holding.opened() && !holding.instance().equals(member.instance())
        ? new Where.At(URI.create(holding.address()))
        : new Where.Nobody();
  }

  @Override
  public CompletionStage<Shard> claim(StreamId id) {
    var named = Shard.of(id);
    if (named.isEmpty()) {
      return ids.claim(id, own);
    }
    return known(named.get())
        .thenApply(
            known ->
                known.orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            "there is no shard %s in this cluster, which the id names"
                                .formatted(named.get()))));
  }

  @Override
  public CompletionStage<Optional<Shard>> find(StreamId id) {
    var named = Shard.of(id);
    return named.isEmpty() ? ids.find(id) : known(named.get());
  }

  /** A shard that was made in this second is in no picture yet. */
  private CompletionStage<Optional<Shard>> known(Shard shard) {
    if (mine.containsKey(shard) || picture.containsKey(shard)) {
      return CompletableFuture.completedFuture(Optional.of(shard));
    }
    return ids.ask(
        connection -> ShardTable.exists(connection, shard) ? Optional.of(shard) : Optional.empty());
  }

  /** Says once that the node has to end. */
  private void lose(String why) {
    lease.end();
    var keeps = keeper;
    if (closing.getCount() > 0 && keeps != null && toldLost.compareAndSet(false, true)) {
      log.error("cluster.lost node={} shard={} reason=\"{}\"", member.name(), own, why);
      keeps.lost(why);
    }
  }

  /** Something with a shard that may take its time. */
  private void errand(String what, Shard shard, Runnable task) {
    Thread.ofPlatform()
        .name("lastword-shard-" + shard + "-" + what)
        .daemon()
        .start(
            () -> {
              try {
                task.run();
              } catch (RuntimeException e) {
                log.error("cluster.{}_failed shard={}", what, shard, e);
              }
            });
  }

  private void open(Keeper keeps, Holding orphan) {
    var shard = orphan.shard();
    long began = System.nanoTime();
    log.warn(
        "cluster.taking_over shard={} node={} address={}", shard, orphan.node(), orphan.address());
    boolean opened = false;
    try {
      keeps.open(shard);
      opened =
          ids.ask(connection -> ShardTable.opened(connection, shard, member.instance())).join();
    } catch (RuntimeException e) {
      log.error("cluster.take_over_failed shard={}", shard, e);
    }
    if (opened) {
      mine.replace(shard, Stage.OPENING, Stage.OPEN);
      log.info(
          "cluster.taken_over shard={} node={} ms={}",
          shard,
          orphan.node(),
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
    } else {
      failedNanos.put(shard, System.nanoTime());
      letGo(keeps, shard);
    }
  }

  /** Closes a shard, and only then lets it go. */
  private void letGo(Keeper keeps, Shard shard) {
    mine.replace(shard, Stage.CLOSING);
    try {
      keeps.close(shard);
    } finally {
      try {
        ids.ask(connection -> ShardTable.release(connection, shard, member.instance())).join();
      } finally {
        mine.remove(shard);
      }
    }
    log.info("cluster.let_go shard={}", shard);
  }

  /**
   * Lets all shards go that are left, so that others may take them at once. What stands on them has
   * to be closed before.
   */
  @Override
  public void close() {
    closing.countDown();
    beat.end();
    if (beat.began() && lease.isHeld()) {
      for (var shard : Set.copyOf(mine.keySet())) {
        try {
          ids.ask(connection -> ShardTable.release(connection, shard, member.instance()))
              .get(CLOSE_MAX.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          break;
        } catch (ExecutionException | TimeoutException e) {
          log.warn("cluster.not_let_go shard={} cause={}", shard, e.toString());
        }
      }
    }
    lease.end();
    ids.close();
  }

  /** Renews, looks and decides, on a thread and a connection of its own. */
  private final class Beat {
    private final Semaphore knock = new Semaphore(0);
    private final Thread thread =
        Thread.ofPlatform().name("lastword-lease").daemon().unstarted(this::run);
    private final Thread watch =
        Thread.ofPlatform().name("lastword-lease-watch").daemon().unstarted(this::watch);
    private final Map<Shard, Long> wantedSinceNanos = new HashMap<>();
    private @Nullable Connection connection;
    private long renewedNanos;

    boolean began() {
      return thread.getState() != Thread.State.NEW;
    }

    /** For the thread that joins, and then for the beat's own. */
    Connection connection() throws SQLException {
      var open = connection;
      if (open == null) {
        open = options.server().connect("lastword cluster");
        // A store that is silent for as long has lost us the lease; another connection may not.
        open.setNetworkTimeout(Runnable::run, Math.toIntExact(options.lease().toMillis() / 3));
        connection = open;
      }
      return open;
    }

    void start() {
      renewedNanos = System.nanoTime();
      thread.start();
      watch.start();
    }

    /** Looks again at once. */
    void soon() {
      knock.release();
    }

    void end() {
      soon();
      try {
        if (began() && !Thread.currentThread().equals(thread)) {
          thread.join(options.lease());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      drop();
    }

    private void run() {
      while (closing.getCount() > 0) {
        try {
          turn();
        } catch (SQLException e) {
          log.warn("cluster.store_silent cause=\"{}\"", e.getMessage());
          drop();
        } catch (RuntimeException e) {
          log.error("cluster.beat_failed", e);
        }
        if (!pause()) {
          return;
        }
      }
    }

    private boolean pause() {
      try {
        if (knock.tryAcquire(options.look().toMillis(), TimeUnit.MILLISECONDS)) {
          knock.drainPermits();
        }
        return true;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    private void turn() throws SQLException {
      long asked = lease.asking();
      if (asked - renewedNanos >= options.renewal().minus(options.look()).toNanos()) {
        renew(asked);
      }
      look(ShardTable.holdings(connection()));
    }

    private void renew(long asked) throws SQLException {
      var before = Map.copyOf(mine);
      var had = ShardTable.renew(connection(), member.instance(), before.keySet(), options.lease());
      if (had.contains(own)) {
        lease.renewed(asked);
        renewedNanos = asked;
      } else {
        lose("another node has taken shard " + own);
      }
      before.forEach(
          (shard, stage) -> {
            if (!shard.equals(own) && !had.contains(shard) && stage == Stage.OPEN) {
              lostOne(shard);
            }
          });
    }

    /** A shard that was taken over was taken over from this node. */
    private void lostOne(Shard shard) {
      var keeps = keeper;
      if (keeps != null && mine.replace(shard, Stage.OPEN, Stage.CLOSING)) {
        log.warn("cluster.shard_lost shard={}", shard);
        errand("close", shard, () -> letGo(keeps, shard));
      }
    }

    private void look(List<Holding> holdings) throws SQLException {
      var seen = new TreeMap<Shard, Holding>();
      holdings.forEach(holding -> seen.put(holding.shard(), holding));
      picture = seen;
      holdings.stream().filter(this::isStray).forEach(stray -> release(stray.shard()));
      var keeps = keeper;
      if (keeps == null || !lease.isHeld() || mine.get(own) != Stage.OPEN) {
        return;
      }
      if (!keeps.isSound(own)) {
        Set.copyOf(mine.keySet()).forEach(this::release);
        lose("its journal takes nothing any more");
        return;
      }
      for (var holding : holdings) {
        if (mine.get(holding.shard()) == Stage.OPEN && !holding.shard().equals(own)) {
          lookAfter(keeps, holding);
        }
      }
      var orphan = holdings.stream().filter(this::isOrphan).findFirst();
      if (orphan.isPresent() && !leaving) {
        takeOver(keeps, orphan.get());
      }
    }

    /** Something that was taken over. */
    private void lookAfter(Keeper keeps, Holding holding) {
      var shard = holding.shard();
      if (isDueBack(keeps, holding) && mine.replace(shard, Stage.OPEN, Stage.CLOSING)) {
        log.info("cluster.handing_back shard={} node={}", shard, holding.home());
        errand("hand_back", shard, () -> letGo(keeps, shard));
      } else if (!keeps.isSound(shard) && mine.replace(shard, Stage.OPEN, Stage.CLOSING)) {
        log.error("cluster.shard_unsound shard={}", shard);
        errand("close", shard, () -> letGo(keeps, shard));
      }
    }

    /** Whether a shard is waited for, and what runs there has ended or has had its time. */
    private boolean isDueBack(Keeper keeps, Holding holding) {
      var shard = holding.shard();
      if (!holding.isWantedByOtherThan(member.instance())) {
        wantedSinceNanos.remove(shard);
        return false;
      }
      long now = System.nanoTime();
      long since = wantedSinceNanos.computeIfAbsent(shard, first -> now);
      return keeps.isIdle(shard) || now - since >= options.handBack().toNanos();
    }

    /** Lets a shard go of which nothing is written any more; what cannot be let go runs out. */
    private void release(Shard shard) {
      try {
        ShardTable.release(connection(), shard, member.instance());
      } catch (SQLException e) {
        log.warn("cluster.not_let_go shard={} cause={}", shard, e.toString());
      }
    }

    /**
     * What the store gave this process without its knowing, or did not take back from it: a commit
     * whose answer was lost. Nobody serves it, and nobody else could take it.
     */
    private boolean isStray(Holding holding) {
      return holding.isHeld()
          && holding.instance().equals(member.instance())
          && !mine.containsKey(holding.shard());
    }

    private boolean isOrphan(Holding holding) {
      var failed = failedNanos.get(holding.shard());
      return free(holding)
          && !mine.containsKey(holding.shard())
          && (failed == null || System.nanoTime() - failed >= FAILED_PAUSE_NANOS);
    }

    /** One at a look, so that several nodes share what a dead one leaves. */
    private void takeOver(Keeper keeps, Holding orphan) throws SQLException {
      if (ShardTable.take(connection(), orphan.shard(), member, options.lease(), false)) {
        mine.put(orphan.shard(), Stage.OPENING);
        errand("take_over", orphan.shard(), () -> open(keeps, orphan));
        soon();
      }
    }

    /** Looks at the clock alone, so that a store that is silent cannot keep it from that. */
    private void watch() {
      try {
        while (!closing.await(DEADLINE_LOOK_MS, TimeUnit.MILLISECONDS)) {
          if (!lease.isHeld()) {
            lose("its lease could not be renewed in time");
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void drop() {
      var open = connection;
      connection = null;
      if (open != null) {
        try {
          open.close();
        } catch (SQLException e) {
          log.debug("cluster.connection_not_closed cause={}", e.toString());
        }
      }
    }
  }
}
