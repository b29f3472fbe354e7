package dev.lastword.cluster.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.cluster.Holding;
import dev.lastword.cluster.Keeper;
import dev.lastword.cluster.Member;
import dev.lastword.cluster.Shard;
import dev.lastword.cluster.Where;
import dev.lastword.journal.StreamId;
import dev.lastword.testing.CuttingProxy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nodes of one cluster on a real server. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class MembershipTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final StreamId CHOSEN = new StreamId("chosen-by-a-client");

  private TestStore store;

  @BeforeEach
  void makeStore() throws Exception {
    store = new TestStore();
  }

  @Test
  void givenThreeNodesThatStartAtOnce_whenTheyJoin_thenEachHasAShardOfItsOwn() throws Exception {
    var nodes = new ArrayList<Membership>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var joins =
          List.<Callable<Membership>>of(
              () -> store.join("a"), () -> store.join("b"), () -> store.join("c"));
      for (var joined : threads.invokeAll(joins)) {
        nodes.add(joined.get());
      }
    }
    try {
      assertThat(nodes.stream().map(Membership::own))
          .containsExactlyInAnyOrder(new Shard(1), new Shard(2), new Shard(3));
    } finally {
      nodes.forEach(Membership::close);
    }
  }

  @Test
  void givenTwoNodes_whenEachAnswersForItsOwn_thenTheOtherIsFoundAtItsAddress() {
    try (var a = store.join("a");
        var b = store.join("b")) {
      b.serve(new TestStore.Told());
      await().atMost(LONG).until(() -> a.shards().contains(b.own()));
      assertThat(a.of(a.own()))
          .as("what it has but has not opened yet")
          .isEqualTo(new Where.Nobody());

      a.serve(new TestStore.Told());

      assertThat(a.of(a.own())).isEqualTo(new Where.Here());
      await()
          .atMost(LONG)
          .untilAsserted(
              () -> assertThat(b.of(a.own())).isEqualTo(new Where.At(URI.create("http://a:8080"))));
      assertThat(a.of(new Shard(77))).isEqualTo(new Where.Unknown());
    }
  }

  @Test
  void givenANodeThatCannotReachTheStore_whenItsLeaseIsOver_thenItIsToldFirstAndAnotherTakesOver()
      throws Exception {
    try (var line = new CuttingProxy(TestStore.port());
        var b = store.join("b");
        var a = store.join("a", line.port())) {
      var ofA = new TestStore.Told();
      var ofB = new TestStore.Told();
      a.serve(ofA);
      b.serve(ofB);
      await().atMost(LONG).until(() -> b.of(a.own()) instanceof Where.At);

      line.cut();

      await().atMost(LONG).until(() -> ofB.open.contains(a.own()));
      assertThat(ofA.isLostWithin(Duration.ZERO)).as("told before it was taken over").isTrue();
      assertThat(a.lease().isHeld()).isFalse();
      await().atMost(LONG).until(() -> b.of(a.own()).equals(new Where.Here()));
    }
  }

  @Test
  void givenNodesThatGo_whenManyTakeWhatTheyLeave_thenEachShardIsTakenByOne() throws Exception {
    for (int round = 0; round < 10; round++) {
      var gone = Member.starting("gone" + round, URI.create("http://gone:1"));
      Shard shard;
      try (var connection = store.connect()) {
        ShardTable.prepare(connection);
        shard = ShardTable.make(connection, gone, Duration.ofMillis(1));
        await()
            .atMost(LONG)
            .until(
                () ->
                    ShardTable.holdings(connection).stream()
                        .noneMatch(it -> it.shard().equals(shard) && it.isHeld()));
      }
      int takers = 6;
      var barrier = new CyclicBarrier(takers);
      var takes = new ArrayList<Callable<Boolean>>();
      for (int i = 0; i < takers; i++) {
        var taker = Member.starting("taker" + i, URI.create("http://taker:1"));
        takes.add(
            () -> {
              try (var connection = store.connect()) {
                barrier.await();
                return ShardTable.take(connection, shard, taker, TestStore.LEASE, false);
              }
            });
      }
      int won = 0;
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (var taken : threads.invokeAll(takes)) {
          won += taken.get() ? 1 : 0;
        }
      }
      assertThat(won).as("takers who have it in round %d", round).isEqualTo(1);
    }
  }

  @Test
  void givenANodeThatStops_whenItIsStartedAgain_thenItHasItsShardBackFromWhoeverTookIt()
      throws Exception {
    try (var b = store.join("b")) {
      var ofB = new TestStore.Told();
      b.serve(ofB);
      Shard its;
      try (var a = store.join("a")) {
        a.serve(new TestStore.Told());
        its = a.own();
      }
      await().atMost(LONG).until(() -> ofB.open.contains(its));

      try (var again = store.join("a")) {
        assertThat(again.own()).isEqualTo(its);
        assertThat(ofB.open).doesNotContain(its);
        again.serve(new TestStore.Told());
        await().atMost(LONG).until(() -> b.of(its) instanceof Where.At);
      }
    }
  }

  @Test
  void givenSomethingThatRunsInAShardOfAnother_whenItsNodeWantsItBack_thenItEndsThereFirst()
      throws Exception {
    try (var b = store.join("b");
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var ofB = new TestStore.Told();
      b.serve(ofB);
      Shard its;
      try (var a = store.join("a")) {
        its = a.own();
      }
      await().atMost(LONG).until(() -> ofB.open.contains(its));
      await().atMost(LONG).until(() -> b.of(its).equals(new Where.Here()));
      ofB.busy.add(its);

      var again = threads.submit(() -> store.join("a"));
      await()
          .atMost(LONG)
          .until(
              () ->
                  b.holdings().stream()
                      .anyMatch(holding -> holding.isWantedByOtherThan(b.member().instance())));
      await()
          .during(Duration.ofSeconds(1))
          .atMost(LONG)
          .until(() -> ofB.open.contains(its) && b.of(its).equals(new Where.Here()));
      ofB.busy.clear();

      try (var back = again.get()) {
        assertThat(back.own()).isEqualTo(its);
      }
    }
  }

  @Test
  void givenSomethingThatRunsForGood_whenItsNodeWantsTheShardBack_thenItHasItInTheEnd()
      throws Exception {
    try (var b = store.join("b")) {
      var ofB = new TestStore.Told();
      b.serve(ofB);
      Shard its;
      try (var a = store.join("a")) {
        its = a.own();
      }
      await().atMost(LONG).until(() -> ofB.open.contains(its));
      ofB.busy.add(its);

      try (var again = store.join("a")) {
        assertThat(again.own()).isEqualTo(its);
        assertThat(ofB.open).doesNotContain(its);
      }
    }
  }

  @Test
  void givenAShardThatNobodyHas_whenAnotherNodeJoins_thenItTakesThatInPlaceOfANewOne() {
    Shard left;
    try (var a = store.join("a")) {
      left = a.own();
    }
    try (var b = store.join("b")) {
      assertThat(b.own()).isEqualTo(left);
      try (var a = store.join("a")) {
        assertThat(a.own()).isNotEqualTo(left);
      }
    }
  }

  @Test
  void givenANodeThatIsGone_whenOneOfAnotherNameJoins_thenItHasThatShardAndNoneIsMade()
      throws Exception {
    try (var b = store.join("b")) {
      var ofB = new TestStore.Told();
      b.serve(ofB);
      Shard left;
      try (var a = store.join("a")) {
        left = a.own();
      }
      await().atMost(LONG).until(() -> b.of(left).equals(new Where.Here()));

      try (var c = store.join("c")) {
        assertThat(c.own()).isEqualTo(left);
        assertThat(ofB.open).doesNotContain(left);
        assertThat(Membership.holdings(store.server()))
            .extracting(Holding::home)
            .containsExactly("b", "c");
      }
    }
  }

  @Test
  void givenAShardThatBothItsNodeAndANewOneWait_whenItIsHandedBack_thenItsNodeHasIt()
      throws Exception {
    try (var b = store.join("b")) {
      var ofB = new TestStore.Told();
      b.serve(ofB);
      Shard left;
      try (var a = store.join("a")) {
        left = a.own();
      }
      await().atMost(LONG).until(() -> b.of(left).equals(new Where.Here()));
      try (var connection = store.connect()) {
        ShardTable.want(connection, left, "a-again", Duration.ofMinutes(1), true);
        ShardTable.want(connection, left, "c", Duration.ofMinutes(1), false);
        assertThat(ShardTable.holdings(connection))
            .filteredOn(holding -> holding.shard().equals(left))
            .extracting(Holding::wantedBy)
            .containsExactly("a-again");
      }
    }
  }

  @Test
  void givenAShardThatCannotBeOpened_whenTakenOver_thenItIsLetGo() throws Exception {
    try (var b = store.join("b")) {
      var tried = new HashSet<Shard>();
      b.serve(
          new Keeper() {
            @Override
            public void open(Shard shard) {
              tried.add(shard);
              throw new IllegalStateException("as a test wants it");
            }

            @Override
            public void close(Shard shard) {}

            @Override
            public boolean isIdle(Shard shard) {
              return true;
            }

            @Override
            public Set<StreamId> known(Shard shard, java.util.Collection<StreamId> ids) {
              return Set.copyOf(ids);
            }

            @Override
            public boolean isSound(Shard shard) {
              return true;
            }

            @Override
            public void lost(String why) {}
          });
      Shard its;
      try (var a = store.join("a")) {
        its = a.own();
      }
      await().atMost(LONG).until(() -> tried.contains(its));
      await().atMost(LONG).until(() -> b.of(its).equals(new Where.Nobody()));
      try (var again = store.join("a")) {
        assertThat(again.own()).isEqualTo(its);
      }
    }
  }

  @Test
  void givenAJournalThatHasFailed_whenTheNodeLooks_thenItLetsTheShardGoAtOnceAndEnds()
      throws Exception {
    try (var b = store.join("b");
        var a = store.join("a")) {
      var ofA = new TestStore.Told();
      var ofB = new TestStore.Told();
      a.serve(ofA);
      b.serve(ofB);

      ofA.unsound.add(a.own());

      assertThat(ofA.isLostWithin(LONG)).isTrue();
      await().atMost(LONG).until(() -> ofB.open.contains(a.own()));
      assertThat(b.of(b.own())).isEqualTo(new Where.Here());
    }
  }

  @Test
  void givenANodeThatIsLeaving_whenAnotherGoes_thenItTakesNothingOver() throws Exception {
    try (var b = store.join("b");
        var c = store.join("c")) {
      var ofB = new TestStore.Told();
      var ofC = new TestStore.Told();
      b.serve(ofB);
      c.serve(ofC);
      b.leave();
      Shard its;
      try (var a = store.join("a")) {
        its = a.own();
      }
      await().atMost(LONG).until(() -> ofC.open.contains(its));
      assertThat(ofB.open).isEmpty();
    }
  }

  @Test
  void givenAnIdThatAClientChose_whenTwoNodesClaimIt_thenBothAreToldTheSameShard()
      throws Exception {
    try (var a = store.join("a");
        var b = store.join("b")) {
      assertThat(a.find(CHOSEN).toCompletableFuture().get()).isEmpty();

      var first = a.claim(CHOSEN).toCompletableFuture();
      var second = b.claim(CHOSEN).toCompletableFuture();

      assertThat(first.get()).isEqualTo(second.get());
      assertThat(first.get()).isIn(a.own(), b.own());
      assertThat(b.find(CHOSEN).toCompletableFuture().get()).contains(first.get());
    }
  }

  @Test
  void givenAnIdThatNamesItsShard_whenClaimed_thenItIsThereOrRefused() {
    try (var a = store.join("a");
        var b = store.join("b")) {
      assertThat(a.claim(b.own().newId()).toCompletableFuture().join()).isEqualTo(b.own());
      assertThat(a.find(b.own().newId()).toCompletableFuture().join()).contains(b.own());

      var nowhere = new Shard(4_711).newId();
      assertThat(a.find(nowhere).toCompletableFuture().join()).isEmpty();
      assertThatThrownBy(() -> a.claim(nowhere).toCompletableFuture().join())
          .isInstanceOf(CompletionException.class)
          .hasRootCauseInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("4711");
    }
  }

  /** What the node's own clock says of a lease is not looked at: the row's time is the server's. */
  @Test
  void givenALeaseThatIsOverByTheStoresClock_whenAnotherLooks_thenItTakesIt() throws Exception {
    try (var b = store.join("b");
        var a = store.join("a")) {
      var ofA = new TestStore.Told();
      var ofB = new TestStore.Told();
      a.serve(ofA);
      b.serve(ofB);

      // As if the store's clock had gone forward, in one statement with another's taking.
      store.run(
          "UPDATE lastword_shards SET lease_until = clock_timestamp() - interval '1 hour',"
              + " instance = 'another', node = 'another' WHERE home = 'a'");

      assertThat(ofA.isLostWithin(LONG)).isTrue();
      assertThat(a.lease().isHeld()).isFalse();
      await().atMost(LONG).until(() -> ofB.open.contains(a.own()));
    }
  }

  @Test
  void givenALeaseThatRanOutAndNobodyTook_whenRenewed_thenItGoesOn() throws Exception {
    try (var a = store.join("a")) {
      var told = new TestStore.Told();
      a.serve(told);

      store.run("UPDATE lastword_shards SET lease_until = clock_timestamp() - interval '1 hour'");

      await().atMost(LONG).until(() -> Membership.holdings(store.server()).getFirst().isHeld());
      assertThat(a.lease().isHeld()).isTrue();
      assertThat(told.isLostWithin(Duration.ZERO)).isFalse();
    }
  }

  /** As a take leaves it whose commit was not heard of, or a release that did not arrive. */
  @Test
  void givenALeaseThatItsNodeDoesNotKnowOf_whenItLooks_thenTheShardIsLetGoAndServed()
      throws Exception {
    try (var b = store.join("b")) {
      Shard its;
      try (var a = store.join("a")) {
        its = a.own();
      }
      b.leave(); // so that it is c that has it in the end
      b.serve(new TestStore.Told());
      store.run(
          "UPDATE lastword_shards SET node = 'b', instance = '%s', opened = false, lease_until = clock_timestamp() + interval '1 hour' WHERE shard = %s"
              .formatted(b.member().instance(), its));
      try (var c = store.join("c")) {
        var ofC = new TestStore.Told();
        c.serve(ofC);
        await().atMost(LONG).until(() -> c.own().equals(its) || ofC.open.contains(its));
      }
    }
  }

  @Test
  void givenALeaseThatItsProcessDoesNotKnowOf_whenItRenewsItsOwn_thenThatOneRunsOut()
      throws Exception {
    var node = Member.starting("a", URI.create("http://a:8080"));
    try (var connection = store.connect()) {
      ShardTable.prepare(connection);
      var known = ShardTable.make(connection, node, TestStore.LEASE);
      var unknown = ShardTable.make(connection, node, Duration.ofMillis(1));

      assertThat(ShardTable.renew(connection, node.instance(), Set.of(known), TestStore.LEASE))
          .containsExactly(known);

      assertThat(ShardTable.holdings(connection))
          .filteredOn(holding -> holding.shard().equals(unknown))
          .noneMatch(Holding::isHeld);
    }
  }

  @Test
  void givenIdsThatWereClaimedDaysAgo_whenTheirOwnerLooks_thenThoseWithNothingLeftAreForgotten()
      throws Exception {
    var kept = new StreamId("kept-in-the-archive");
    var gone = new StreamId("gone-since-yesterday");
    var young = new StreamId("claimed-just-now");
    try (var a = store.join("a");
        var b = store.join("b")) {
      var ofA = new TestStore.Told();
      a.serve(ofA);
      b.serve(new TestStore.Told());
      for (var id : List.of(kept, gone, young)) {
        assertThat(a.claim(id).toCompletableFuture().get()).isEqualTo(a.own());
      }
      store.run(
          "UPDATE lastword_ids SET claimed_at = clock_timestamp() - interval '3 days' WHERE id <> '%s'"
              .formatted(young));
      ofA.known.add(kept);

      b.forgetIds();
      try (var connection = store.connect()) {
        assertThat(
                ShardTable.forget(connection, List.of(gone), a.own(), "a-before", ForgottenIds.AGE))
            .as("whoever had the shard before")
            .isZero();
        assertThat(ShardTable.old(connection, a.own(), ForgottenIds.AGE, 10))
            .containsExactlyInAnyOrder(kept, gone);

        a.forgetIds();

        assertThat(ShardTable.old(connection, a.own(), ForgottenIds.AGE, 10)).isEmpty();
        assertThat(ShardTable.find(connection, kept)).contains(a.own());
        assertThat(ShardTable.find(connection, young)).contains(a.own());
      }
      assertThat(b.claim(gone).toCompletableFuture().get()).isEqualTo(b.own());
    }
  }
}
