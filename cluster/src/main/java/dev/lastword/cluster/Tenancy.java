package dev.lastword.cluster;

import java.net.URI;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which shards a process has, and all that it decides about them: when it renews its leases, when
 * it has to believe that they are over, what it takes over, hands back and lets go.
 *
 * <p>It has no thread, no connection and no clock of its own, so that whatever drives it decides
 * the same: {@link #join} until that has a shard, then {@link #beat} at every look, and {@link
 * #watch} more often. Those three run one after the other; what opens and closes shards runs beside
 * them, and everybody may ask.
 *
 * <p>A lease is a row's, by the store's clock, and what it decides is only who <em>tries</em>: what
 * keeps two from writing one shard is the epoch of its journal. Whoever takes a shard opens its
 * journal next, and from then on nothing of the older owner's is taken. A node that cannot renew
 * ends before its lease does, by its monotonic clock, so that it tells nobody what is old.
 *
 * @see "docs/decisions/0022-a-shard-is-a-journal-that-changes-hands.md"
 */
public final class Tenancy {
  private static final Logger log = LoggerFactory.getLogger(Tenancy.class);

  /** A node's own shard is waited for as long as the lease of its last process, and this. */
  private static final Duration HOME_WAIT_MORE = Duration.ofSeconds(5);

  /** What is interrupted in a shard that is handed back gets as long at the most. */
  private static final Duration CLOSING_MAX = Duration.ofSeconds(60);

  /** How long a wish for a shard stands that is not said again. */
  private static final Duration WISH = Duration.ofSeconds(3);

  /** How often a process that waits for a shard asks for it. */
  private static final Duration JOIN_PAUSE_MAX = Duration.ofMillis(250);

  /** A shard that could not be opened is left to others for so long. */
  private static final long FAILED_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final Member member;
  private final Terms terms;
  private final Leases leases;
  private final Leases beside;
  private final LongSupplier nanos;
  private final Hands hands;
  private final Lease lease;
  private final long beganNanos;

  /** What this process has, and how far it is with it; changed by the beat and by its errands. */
  private final Map<Shard, Stage> mine = new ConcurrentHashMap<>();

  private final Map<Shard, Long> failedNanos = new ConcurrentHashMap<>();
  private final Map<Shard, Long> wantedSinceNanos = new HashMap<>();
  private final AtomicBoolean toldLost = new AtomicBoolean();

  private volatile Shard own = new Shard(1);
  private volatile NavigableMap<Shard, Holding> picture = new TreeMap<>();
  private volatile @Nullable Keeper keeper;
  private volatile boolean joined;
  private volatile boolean leaving;
  private volatile boolean closing;
  private long renewedNanos;

  /** How far this process is with a shard. */
  private enum Stage {
    OPENING,
    OPEN,
    CLOSING
  }

  /** What is done for a tenancy, by whoever drives it. */
  public interface Hands {
    /**
     * Runs something with a shard that may take its time, on a thread of its own. Whatever it
     * throws, such as the error of a machine that has no thread to spare, nothing was run.
     *
     * @param what a word for it
     */
    void errand(String what, Shard shard, Runnable task);

    /** Looks again at once: calls {@link Tenancy#beat} before the next look is due. */
    void soon();
  }

  /**
   * A process that has no shard yet.
   *
   * @param leases asked by {@link #join} and {@link #beat}
   * @param beside the same store, asked by errands, which the beat does not wait for
   * @param nanos a monotonic clock
   */
  public Tenancy(
      Member member, Terms terms, Leases leases, Leases beside, LongSupplier nanos, Hands hands) {
    this.member = member;
    this.terms = terms;
    this.leases = leases;
    this.beside = beside;
    this.nanos = nanos;
    this.hands = hands;
    this.lease = new Lease(nanos, terms.believed());
    this.beganNanos = nanos.getAsLong();
  }

  // --- joining

  /**
   * Tries to take a shard to begin streams in: this node's from before if it can be had, else one
   * that nobody has, else one that another node has beside its own, else a new one.
   *
   * @return whether it has one; else another process has what is wanted, is asked for it, and this
   *     is tried again after {@link #joinPause}
   * @throws ClusterFailedException if the store refuses
   */
  public boolean join() {
    var holdings = leases.holdings();
    var home = home(holdings);
    var wished = home.or(() -> beside(holdings));
    boolean waited =
        wished.isEmpty() || nanos.getAsLong() - beganNanos >= waitFor(wished.get()).toNanos();
    long asked = lease.asking();
    var taken = home.filter(this::free).map(Holding::shard).filter(this::takeAsOwn);
    if (taken.isEmpty() && (home.isEmpty() || waited)) {
      taken = spare(holdings).filter(this::takeAsOwn);
    }
    if (taken.isEmpty() && waited) {
      taken = Optional.of(leases.make(member, terms.lease()));
    }
    if (taken.isPresent()) {
      own = taken.get();
      mine.put(own, Stage.OPENING);
      lease.renewed(asked);
      renewedNanos = asked;
      joined = true;
      requireHeld(); // or whoever has it by now would be fenced out by one that has no right to it
      log.info("cluster.joined node={} shard={}", member.name(), own);
      return true;
    }
    var back = wished.orElseThrow();
    log.debug("cluster.waiting shard={} node={}", back.shard(), back.node());
    leases.want(back.shard(), member.instance(), WISH, home.isPresent());
    return false;
  }

  /** How long to wait until it is tried again to join. */
  public Duration joinPause() {
    return terms.look().compareTo(JOIN_PAUSE_MAX) < 0 ? terms.look() : JOIN_PAUSE_MAX;
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
    var its = terms.lease().plus(HOME_WAIT_MORE);
    return wished.home().equals(member.name()) && !wished.node().equals(member.name())
        ? its.plus(terms.handBack()).plus(CLOSING_MAX)
        : its;
  }

  private boolean takeAsOwn(Shard shard) {
    return leases.take(shard, member, terms.lease(), true);
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
    if (!beside.opened(own, member.instance())) {
      throw new ClusterFailedException(
          "shard %s was taken by another node while it was opened".formatted(own));
    }
    requireHeld();
    mine.put(own, Stage.OPEN);
    hands.soon();
  }

  private void requireHeld() {
    if (!lease.isHeld()) {
      throw new ClusterFailedException("the lease was over before it could be used");
    }
  }

  // --- what there is to know

  /** Whether what this process has is its own still. */
  public Lease lease() {
    return lease;
  }

  /** This process. */
  public Member member() {
    return member;
  }

  /** The shard in which this node's new streams begin, once it has joined. */
  public Shard own() {
    return own;
  }

  /** All rows as they were at the last look. */
  public List<Holding> holdings() {
    return List.copyOf(picture.values());
  }

  /** All shards of the cluster, in their order, as of the last look. */
  public List<Shard> shards() {
    var all = new TreeSet<>(picture.keySet());
    all.add(own);
    return List.copyOf(all);
  }

  /** The shards that this process has open. */
  public Set<Shard> open() {
    var open = new TreeSet<Shard>();
    mine.forEach(
        (shard, stage) -> {
          if (stage == Stage.OPEN) {
            open.add(shard);
          }
        });
    return open;
  }

  /** Whether it knows of such a shard. One that was made since the last look is in no picture. */
  public boolean knows(Shard shard) {
    return mine.containsKey(shard) || picture.containsKey(shard);
  }

  /**
   * Who has a shard, as of the last look. A process whose lease has run out answers for nothing,
   * also while it has not come to notice: another may have more of a shard than this one knows.
   */
  public Where of(Shard shard) {
    var stage = mine.get(shard);
    if (stage != null) {
      return stage == Stage.OPEN && lease.runs() ? new Where.Here() : new Where.Nobody();
    }
    var holding = picture.get(shard);
    if (holding == null) {
      return new Where.Unknown();
    }
    return holding.isHeld() && holding.opened() && !holding.instance().equals(member.instance())
        ? new Where.At(URI.create(holding.address()))
        : new Where.Nobody();
  }

  // --- the beat

  /**
   * Renews if it is time, looks who has what, and begins what follows from it.
   *
   * @throws ClusterFailedException if the store does not answer
   */
  public void beat() {
    long asked = lease.asking();
    if (asked - renewedNanos >= terms.renewal().minus(terms.look()).toNanos()) {
      renew(asked);
    }
    look(leases.holdings());
  }

  /** Looks at the clock alone, so that a store that is silent cannot keep it from that. */
  public void watch() {
    if (!lease.isHeld()) {
      lose("its lease could not be renewed in time");
    }
  }

  private void renew(long asked) {
    var before = new TreeMap<>(mine);
    var had = leases.renew(member.instance(), before.keySet(), terms.lease());
    if (had.contains(own)) {
      lease.renewed(asked);
      renewedNanos = asked;
    } else {
      lose("another node has taken shard " + own);
    }
    for (var shard : before.keySet()) {
      if (!shard.equals(own) && !had.contains(shard)) {
        lostOne(shard);
      }
    }
  }

  /** A shard that was taken over was taken over from this node. */
  private void lostOne(Shard shard) {
    var keeps = keeper;
    mine.replace(shard, Stage.OPENING, Stage.CLOSING); // its errand sees to it when it comes back
    if (keeps != null && mine.replace(shard, Stage.OPEN, Stage.CLOSING)) {
      log.warn("cluster.shard_lost shard={}", shard);
      letGoBeside("close", keeps, shard);
    }
  }

  private void look(List<Holding> holdings) {
    var seen = new TreeMap<Shard, Holding>();
    holdings.forEach(holding -> seen.put(holding.shard(), holding));
    picture = seen;
    holdings.stream().filter(this::isStray).forEach(stray -> release(stray.shard()));
    var keeps = keeper;
    if (keeps == null || !lease.isHeld() || mine.get(own) != Stage.OPEN) {
      return;
    }
    if (!keeps.isSound(own)) {
      lease.end(); // first: whoever takes what is let go must be the only one who answers for it
      new TreeSet<>(mine.keySet()).forEach(this::release);
      lose("its journal or its archive takes nothing any more");
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
      letGoBeside("hand_back", keeps, shard);
    } else if (!keeps.isSound(shard) && mine.replace(shard, Stage.OPEN, Stage.CLOSING)) {
      log.error("cluster.shard_unsound shard={}", shard);
      letGoBeside("close", keeps, shard);
    }
  }

  /** Whether a shard is waited for, and what runs there has ended or has had its time. */
  private boolean isDueBack(Keeper keeps, Holding holding) {
    var shard = holding.shard();
    if (!holding.isWantedByOtherThan(member.instance())) {
      wantedSinceNanos.remove(shard);
      return false;
    }
    long now = nanos.getAsLong();
    long since = wantedSinceNanos.computeIfAbsent(shard, first -> now);
    return keeps.isIdle(shard) || now - since >= terms.handBack().toNanos();
  }

  /** Lets a shard go of which nothing is written any more; what cannot be let go runs out. */
  private void release(Shard shard) {
    try {
      leases.release(shard, member.instance());
    } catch (ClusterFailedException e) {
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
        && (failed == null || nanos.getAsLong() - failed >= FAILED_PAUSE_NANOS);
  }

  /** One at a look, so that several nodes share what a dead one leaves. */
  private void takeOver(Keeper keeps, Holding orphan) {
    if (leases.take(orphan.shard(), member, terms.lease(), false)) {
      var shard = orphan.shard();
      mine.put(shard, Stage.OPENING);
      if (errand("take_over", shard, () -> open(keeps, orphan))) {
        hands.soon();
      } else {
        failedNanos.put(shard, nanos.getAsLong());
        mine.remove(shard);
        release(shard); // others can open it, perhaps
      }
    }
  }

  /** Closes what is marked so, and lets it go; what cannot be begun is tried at the next look. */
  private void letGoBeside(String what, Keeper keeps, Shard shard) {
    if (!errand(what, shard, () -> letGo(keeps, shard))) {
      mine.replace(shard, Stage.CLOSING, Stage.OPEN);
    }
  }

  /** Says once that the node has to end. */
  private void lose(String why) {
    lease.end();
    var keeps = keeper;
    if (!closing && keeps != null && toldLost.compareAndSet(false, true)) {
      log.error("cluster.lost node={} shard={} reason=\"{}\"", member.name(), own, why);
      keeps.lost(why);
    }
  }

  // --- errands

  /** Whether it was begun; a process that has no thread for it still renews what it has. */
  private boolean errand(String what, Shard shard, Runnable task) {
    try {
      hands.errand(what, shard, () -> run(what, shard, task));
      return true;
    } catch (RuntimeException | Error e) {
      log.error("cluster.{}_failed shard={}", what, shard, e);
      return false;
    }
  }

  private static void run(String what, Shard shard, Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      log.error("cluster.{}_failed shard={}", what, shard, e);
    }
  }

  private void open(Keeper keeps, Holding orphan) {
    var shard = orphan.shard();
    long began = nanos.getAsLong();
    log.warn(
        "cluster.taking_over shard={} node={} address={}", shard, orphan.node(), orphan.address());
    boolean opened = false;
    try {
      requireHeld();
      keeps.open(shard);
      opened = beside.opened(shard, member.instance());
    } catch (RuntimeException | Error e) { // whatever it was, nobody else could answer for it
      log.error("cluster.take_over_failed shard={}", shard, e);
    }
    if (opened && mine.replace(shard, Stage.OPENING, Stage.OPEN)) {
      log.info(
          "cluster.taken_over shard={} node={} ms={}",
          shard,
          orphan.node(),
          TimeUnit.NANOSECONDS.toMillis(nanos.getAsLong() - began));
    } else {
      failedNanos.put(shard, nanos.getAsLong());
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
        beside.release(shard, member.instance());
      } finally {
        mine.remove(shard);
      }
    }
    log.info("cluster.let_go shard={}", shard);
  }

  // --- the end

  /** Takes nothing over any more; what it has it keeps until it is let go. */
  public void leave() {
    leaving = true;
  }

  /** It ends in good order: nobody is told from now on that it has lost anything. */
  public void closing() {
    closing = true;
  }

  /**
   * Lets all shards go that are left, so that others may take them at once. What stands on them has
   * been closed before.
   *
   * @param last the store, asked as long as there is time for that
   */
  public void letAllGo(Leases last) {
    boolean held = joined && lease.isHeld();
    lease.end();
    if (held) {
      for (var shard : new TreeSet<>(mine.keySet())) {
        try {
          last.release(shard, member.instance());
        } catch (ClusterFailedException e) {
          log.warn("cluster.not_let_go shard={} cause={}", shard, e.toString());
        }
      }
    }
  }
}
