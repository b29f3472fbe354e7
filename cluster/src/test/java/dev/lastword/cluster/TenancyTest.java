package dev.lastword.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.journal.StreamId;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What a node decides, without a thread, a database, or time that passes by itself. */
final class TenancyTest {
  private static final Terms TERMS = Terms.DEFAULT;
  private static final String OWN = "me-1";
  private static final Member MEMBER = new Member("me", OWN, URI.create("http://me:8080"));

  private final AtomicLong nanos = new AtomicLong();
  private final Rows rows = new Rows();
  private final Told told = new Told();
  private final ArrayDeque<Runnable> errands = new ArrayDeque<>();
  private boolean noThreads;
  private final Tenancy tenancy =
      new Tenancy(
          MEMBER,
          TERMS,
          rows,
          rows,
          nanos::get,
          new Tenancy.Hands() {
            @Override
            public void errand(String what, Shard shard, Runnable task) {
              if (noThreads) {
                throw new InternalError("no thread to spare, as a test wants it");
              }
              errands.add(task);
            }

            @Override
            public void soon() {}
          });

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private void serve() {
    assertThat(tenancy.join()).isTrue();
    tenancy.serve(told);
  }

  private void runErrands() {
    while (!errands.isEmpty()) {
      errands.remove().run();
    }
  }

  @Test
  void givenNothing_whenItJoins_thenItMakesAShard_andAnswersOnceItServes() {
    assertThat(tenancy.join()).isTrue();
    assertThat(tenancy.of(tenancy.own())).isEqualTo(new Where.Nobody());

    tenancy.serve(told);

    assertThat(tenancy.of(tenancy.own())).isEqualTo(new Where.Here());
    assertThat(rows.said).containsExactly("make 1", "opened 1");
  }

  @Test
  void givenItsOwnShardWithAnother_whenItJoins_thenItAsksForIt_andTakesItWhenItIsFree() {
    rows.all.add(holding(1, "me", "other-1", Duration.ofSeconds(5)));
    assertThat(tenancy.join()).isFalse();
    assertThat(rows.said).containsExactly("want 1");

    rows.all.set(0, holding(1, "me", "other-1", Duration.ofMillis(-1)));

    assertThat(tenancy.join()).isTrue();
    assertThat(tenancy.own()).isEqualTo(new Shard(1));
  }

  @Test
  void givenALease_whenItIsTimeToRenew_thenItDoes_andNotBefore() {
    serve();
    rows.said.clear();

    tenancy.beat();
    pass(Duration.ofSeconds(1));
    tenancy.beat();
    assertThat(rows.said).isEmpty();
    pass(Duration.ofSeconds(1));
    tenancy.beat();

    assertThat(rows.said).containsExactly("renew [1]");
  }

  @Test
  void givenALeaseThatRanOutUnnoticed_whenAsked_thenItAnswersForNothing_andAnswersAgainIfRenewed() {
    serve();
    pass(Duration.ofSeconds(9));

    assertThat(tenancy.of(tenancy.own())).isEqualTo(new Where.Nobody());

    tenancy.beat(); // nobody has taken it
    assertThat(tenancy.of(tenancy.own())).isEqualTo(new Where.Here());
    assertThat(told.lost).isEmpty();
  }

  @Test
  void givenAStoreThatIsSilent_whenTheLeaseIsOver_thenTheNodeIsTold_once() {
    serve();
    rows.silent = true;
    pass(Duration.ofSeconds(3));
    assertThatThrownBy(tenancy::beat).isInstanceOf(ClusterFailedException.class);
    tenancy.watch();
    assertThat(told.lost).isEmpty();

    pass(Duration.ofSeconds(6));
    tenancy.watch();
    tenancy.watch();

    assertThat(told.lost).containsExactly("its lease could not be renewed in time");
  }

  @Test
  void givenAJournalThatTakesNothing_whenItLooks_thenItBelievesNothingBeforeItsShardsAreLetGo() {
    serve();
    var believed = new ArrayList<Boolean>();
    rows.onRelease = () -> believed.add(tenancy.lease().runs());
    told.unsound.add(tenancy.own());

    tenancy.beat();

    assertThat(believed).containsExactly(false);
    assertThat(told.lost).containsExactly("its journal or its archive takes nothing any more");
  }

  @Test
  void givenAnOrphan_whenItLooks_thenItOpensIt_andAnswersForItThen() {
    serve();
    var orphan = new Shard(2);
    rows.all.add(holding(2, "gone", "gone-1", Duration.ofMillis(-1)));

    tenancy.beat();
    assertThat(tenancy.of(orphan)).isEqualTo(new Where.Nobody());
    runErrands();

    assertThat(told.open).containsExactly(orphan);
    assertThat(tenancy.of(orphan)).isEqualTo(new Where.Here());
  }

  @Test
  void givenAProcessThatStandsStillWhileItJoins_whenItGoesOn_thenItOpensNothing() {
    rows.onMake = () -> pass(Duration.ofSeconds(20));

    assertThatThrownBy(tenancy::join)
        .isInstanceOf(ClusterFailedException.class)
        .hasMessageContaining("over before it could be used");
  }

  @Test
  void givenAShardThatIsTakenAwayWhileItIsOpened_whenItIsOpen_thenItIsClosedAndNotAnsweredFor() {
    serve();
    var orphan = new Shard(2);
    rows.all.add(holding(2, "gone", "gone-1", Duration.ofMillis(-1)));
    tenancy.beat();
    rows.lost.add(orphan);
    pass(Duration.ofSeconds(2));
    tenancy.beat(); // the store says so while it is on its way

    runErrands();

    assertThat(tenancy.of(orphan)).isNotEqualTo(new Where.Here());
    assertThat(told.open).isEmpty();
    assertThat(told.lost).isEmpty();
  }

  @Test
  void givenAProcessThatStandsStillBeforeItOpensWhatItTook_whenItGoesOn_thenItOpensNothing() {
    serve();
    rows.all.add(holding(2, "gone", "gone-1", Duration.ofMillis(-1)));
    tenancy.beat();
    pass(Duration.ofSeconds(20));

    runErrands();

    assertThat(told.everOpened).isEmpty();
    assertThat(rows.said).contains("release 2");
  }

  @Test
  void givenShards_whenItLeaves_thenItBelievesNothingBeforeTheyAreLetGo() {
    serve();
    var believed = new ArrayList<Boolean>();
    rows.onRelease = () -> believed.add(tenancy.lease().runs());

    tenancy.closing();
    tenancy.letAllGo(rows);

    assertThat(believed).containsExactly(false);
    assertThat(told.lost).isEmpty();
  }

  @Test
  void givenAShardThatCannotBeOpened_whenTaken_thenItIsLetGo_andLeftToOthersForAWhile() {
    serve();
    rows.all.add(holding(2, "gone", "gone-1", Duration.ofMillis(-1)));
    told.fails = () -> new IllegalStateException("as a test wants it");
    tenancy.beat();
    runErrands();
    assertThat(rows.said).contains("take 2", "release 2");
    rows.said.clear();

    rows.all.set(1, holding(2, "gone", "gone-1", Duration.ofMillis(-1)));
    tenancy.beat();
    assertThat(rows.said).doesNotContain("take 2");

    pass(Duration.ofSeconds(20));
    tenancy.beat();
    assertThat(rows.said).contains("take 2");
  }

  /** A JVM may be short of threads, or of a class that was replaced on the disk. */
  @Test
  void givenAShardWhoseOpeningEndsInAnError_whenTaken_thenItIsLetGo() {
    serve();
    rows.all.add(holding(2, "gone", "gone-1", Duration.ofMillis(-1)));
    told.fails = () -> new NoClassDefFoundError("as a test wants it");
    tenancy.beat();
    runErrands();
    assertThat(rows.said).contains("take 2", "release 2");
  }

  @Test
  void givenNoThreadForATakeOver_whenItLooks_thenTheShardIsLeftToOthersAndItGoesOnRenewing() {
    serve();
    rows.all.add(holding(2, "gone", "gone-1", Duration.ofMillis(-1)));
    noThreads = true;

    tenancy.beat();

    assertThat(rows.said).containsSubsequence("take 2", "release 2");
    assertThat(tenancy.of(new Shard(2))).isNotEqualTo(new Where.Here());
    rows.all.set(1, holding(2, "gone", "gone-1", Duration.ofMillis(-1)));
    rows.said.clear();
    pass(Duration.ofSeconds(3));
    tenancy.beat();
    assertThat(rows.said).as("its own alone, and not the other again").containsExactly("renew [1]");
    assertThat(told.lost).isEmpty();

    noThreads = false;
    pass(Duration.ofSeconds(20));
    tenancy.beat();
    runErrands();
    assertThat(tenancy.of(new Shard(2))).isEqualTo(new Where.Here());
  }

  @Test
  void givenNoThreadToHandAShardBack_whenThereIsOne_thenItIsHandedBack() {
    serve();
    rows.all.add(holding(2, "gone", "gone-1", Duration.ofMillis(-1)));
    tenancy.beat();
    runErrands();
    rows.wantedBy = "gone-2";
    noThreads = true;
    tenancy.beat();
    assertThat(tenancy.of(new Shard(2))).isEqualTo(new Where.Here());

    noThreads = false;
    tenancy.beat();
    runErrands();

    assertThat(told.open).isEmpty();
    assertThat(rows.said).contains("release 2");
  }

  @Test
  void givenAShardThatItsNodeWants_whenWhatRunsThereHasHadItsTime_thenItIsHandedBack() {
    serve();
    var other = new Shard(2);
    rows.all.add(holding(2, "gone", "gone-1", Duration.ofMillis(-1)));
    tenancy.beat();
    runErrands();
    told.busy.add(other);
    rows.wantedBy = "gone-2";

    tenancy.beat();
    runErrands();
    assertThat(told.open).containsExactly(other);

    for (int i = 0; i < 61; i++) {
      pass(Duration.ofSeconds(1));
      tenancy.beat();
    }
    runErrands();
    assertThat(told.open).isEmpty();
    assertThat(rows.said).contains("release 2");
  }

  private static Holding holding(int shard, String home, String instance, Duration left) {
    return new Holding(
        new Shard(shard), home, instance, instance, "http://" + home + ":8080", 1, true, left, "");
  }

  /** The store: what it was asked, and what it has. */
  private static final class Rows implements Leases {
    final List<Holding> all = new ArrayList<>();
    final List<String> said = new ArrayList<>();
    final Set<Shard> lost = new HashSet<>();
    Runnable onRelease = () -> {};
    Runnable onMake = () -> {};
    String wantedBy = "";
    boolean silent;

    private void say(String what) {
      if (silent) {
        throw new ClusterFailedException("silent");
      }
      said.add(what);
    }

    @Override
    public List<Holding> holdings() {
      if (silent) {
        throw new ClusterFailedException("silent");
      }
      return all.stream().map(this::wanted).toList();
    }

    private Holding wanted(Holding holding) {
      return holding.shard().number() == 1
          ? holding
          : new Holding(
              holding.shard(),
              holding.home(),
              holding.node(),
              holding.instance(),
              holding.address(),
              holding.epoch(),
              holding.opened(),
              holding.left(),
              wantedBy);
    }

    @Override
    public boolean take(Shard shard, Member member, Duration lease, boolean asHome) {
      say("take " + shard);
      all.set(
          shard.number() - 1,
          holding(shard.number(), all.get(shard.number() - 1).home(), member.instance(), lease));
      return true;
    }

    @Override
    public Shard make(Member member, Duration lease) {
      var made = new Shard(all.size() + 1);
      say("make " + made);
      onMake.run();
      all.add(holding(made.number(), member.name(), member.instance(), lease));
      return made;
    }

    @Override
    public Set<Shard> renew(String instance, Set<Shard> shards, Duration lease) {
      say("renew " + shards);
      var had = new HashSet<>(shards);
      had.removeAll(lost);
      return had;
    }

    @Override
    public boolean opened(Shard shard, String instance) {
      say("opened " + shard);
      return true;
    }

    @Override
    public boolean release(Shard shard, String instance) {
      onRelease.run();
      say("release " + shard);
      return true;
    }

    @Override
    public void want(Shard shard, String instance, Duration wait, boolean atHome) {
      say("want " + shard);
    }
  }

  /** Remembers what it was told. */
  private static final class Told implements Keeper {
    final Set<Shard> open = new HashSet<>();
    final Set<Shard> everOpened = new HashSet<>();
    final Set<Shard> busy = new HashSet<>();
    final Set<Shard> unsound = new HashSet<>();
    final List<String> lost = new ArrayList<>();
    Supplier<? extends Throwable> fails = () -> null;

    @Override
    public void open(Shard shard) {
      switch (fails.get()) {
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case null, default -> {}
      }
      open.add(shard);
      everOpened.add(shard);
    }

    @Override
    public boolean isIdle(Shard shard) {
      return !busy.contains(shard);
    }

    @Override
    public Set<StreamId> known(Shard shard, Collection<StreamId> ids) {
      return Set.copyOf(ids);
    }

    @Override
    public void close(Shard shard) {
      open.remove(shard);
    }

    @Override
    public boolean isSound(Shard shard) {
      return !unsound.contains(shard);
    }

    @Override
    public void lost(String why) {
      lost.add(why);
    }
  }
}
