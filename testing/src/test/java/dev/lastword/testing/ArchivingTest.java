package dev.lastword.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.archive.Archive;
import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.stream.Answer;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.StreamOptions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of the journal when the archive, or a part of the disk, does not do its part. */
@NullUnmarked // what a test expects to be there fails the test if it is not
class ArchivingTest {
  private static final String SEGMENT = "0000000001.journal";
  private static final int PREFIX_EVENTS = 300;

  /** A world whose streams keep nothing in memory that is on the disk. */
  private static World world(StreamOptions.Retaining retaining) {
    var d = StreamOptions.DEFAULT;
    return World.of(
        7,
        Setup.DEFAULT.options(
            new StreamOptions(
                d.tail(),
                d.endingSilence(),
                d.idle(),
                d.duration(),
                d.responseBytesMax(),
                d.eventBytesMax(),
                d.pendingBytesMax(),
                0,
                d.generationsMax(),
                retaining,
                d.saving())));
  }

  private static void answer(World world, String name, String... texts) {
    world.open(name);
    for (var text : texts) {
      world.emit(name, text);
    }
    world.finish(name);
  }

  private static void damage(World world, String text) throws Exception {
    int at = new String(world.disk().contents(SEGMENT), ISO_8859_1).indexOf(text);
    assertThat(at).isPositive();
    world.disk().flipBit(SEGMENT, at, 3);
  }

  @Test
  void givenAnEventIsDamagedBeforeItIsArchived_whenTimePasses_thenItsStreamAloneIsLost()
      throws Exception {
    var world = world(StreamOptions.Retaining.DEFAULT);
    world.archive().fail(true);
    answer(world, "chat-1", "first", "second", "third");
    answer(world, "chat-2", "whole");
    damage(world, "second");
    world.archive().fail(false);
    world.pass(Duration.ofSeconds(30));

    assertThat(world.streams().unarchived()).isZero();
    var hit = world.archive().find(World.id("chat-1")).orElseThrow();
    assertThat(hit.corrupt()).isTrue();
    assertThat(hit.atRest()).isTrue();
    assertThat(hit.events()).as("what stands in front of the damage").isEqualTo(1);
    assertThat(world.archive().find(World.id("chat-2")).orElseThrow().corrupt()).isFalse();
    assertThat(world.subscriber("chat-2").data()).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource({"PT30M, false", "PT2H, true"})
  void givenReadsFail_whenTheDiskComesBack_thenTheStreamIsWholeUnlessItTookAnHour(
      Duration down, boolean corrupt) {
    var world = world(StreamOptions.Retaining.DEFAULT);
    world.archive().fail(true);
    answer(world, "chat-1", "first", "second");
    world.archive().fail(false);
    world.disk().failReads(true);
    world.pass(down);
    world.disk().failReads(false);
    world.pass(Duration.ofSeconds(30));

    assertThat(world.streams().unarchived()).isZero();
    assertThat(world.archive().find(World.id("chat-1")).orElseThrow().corrupt()).isEqualTo(corrupt);
  }

  @Test
  void givenTheArchiveIsFull_whenAnswersAreOldEnough_thenTheOldestGoAndTheNewestStay() {
    var world =
        world(new StreamOptions.Retaining(Duration.ofDays(30), 1L << 30, Duration.ofMinutes(10)));
    answer(world, "old", "text");
    world.pass(Duration.ofMinutes(20));
    answer(world, "young", "text");
    world.pass(Duration.ofMinutes(1));
    world.archive().fill(true);
    answer(world, "new", "text");
    world.pass(Duration.ofSeconds(30));

    assertThat(world.archive().find(World.id("old"))).isEmpty();
    assertThat(world.archive().find(World.id("young"))).isPresent();
    assertThat(world.subscriber("new").data()).hasSize(4);

    world.archive().fill(false);
    world.pass(Duration.ofSeconds(30));
    assertThat(world.archive().find(World.id("young"))).isPresent();
    assertThat(world.archive().find(World.id("new"))).isPresent();
  }

  @Test
  void givenTheJournalIsFull_whenAStreamIsRefused_thenTheOldestGo() {
    var world = world(new StreamOptions.Retaining(Duration.ofDays(30), 1L << 30, Duration.ZERO));
    answer(world, "old", "text");
    world.pass(Duration.ofMinutes(1));
    world.disk().capacity(world.disk().usedBytes());
    world.disk().refuseRemovals(name -> name.endsWith(".journal")); // to be used again
    for (int i = 0; world.streams().health() == Journal.Health.OPEN; i++) {
      answer(world, "filler-" + i, "x".repeat(20_000));
    }
    assertThat(world.open("refused").refusal()).isInstanceOf(OpenRefusal.DiskFull.class);
    world.pass(Duration.ofSeconds(10));

    assertThat(world.archive().find(World.id("old"))).isEmpty();
  }

  @Test
  void givenNoNextSegmentThoughThereIsRoom_whenAStreamIsRefused_thenNothingGoes() {
    var world = world(new StreamOptions.Retaining(Duration.ofDays(30), 1L << 30, Duration.ZERO));
    answer(world, "old", "text");
    world.pass(Duration.ofMinutes(1));
    world.disk().refuseRemovals(name -> true); // nor is a file given another name
    for (int i = 0; world.streams().health() == Journal.Health.OPEN; i++) {
      answer(world, "filler-" + i, "x".repeat(20_000));
    }
    assertThat(world.open("refused").refusal()).isInstanceOf(OpenRefusal.JournalBlocked.class);
    world.pass(Duration.ofSeconds(10));
    assertThat(world.archive().find(World.id("old"))).isPresent();

    world.disk().refuseRemovals(name -> false);
    world.open("asks"); // and has it tried again
    world.pass(Duration.ofSeconds(5));
    answer(world, "again", "text");
    assertThat(world.view("again").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.archive().find(World.id("old"))).isPresent();
  }

  /**
   * Its readers had it; for the others, and for whoever deletes it, it is a stream as any other.
   */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void givenAnAnswerThatCannotBePutTogether_whenItRests_thenItAndTheOthersAreArchivedAndItGoes(
      int hooks) {
    var world = World.of(7, Setup.DEFAULT.hooks(hooks));
    world.open("unassembled", new Unassembled(), 1);
    var subscriber = world.subscriber("unassembled");
    world.emit("unassembled", "Hello");
    world.finish("unassembled");
    answer(world, "other", "Hello");
    world.pass(Duration.ofSeconds(30));

    assertThat(world.streams().unarchived()).isZero();
    assertThat(subscriber.data()).anyMatch(data -> data.contains("Hello"));
    var row = world.archive().find(World.id("unassembled")).orElseThrow();
    assertThat(row.reason()).isEqualTo(hooks == 0 ? "" : "save_rejected");
    assertThat(world.archive().response(World.id("unassembled"))).isEmpty();
    assertThat(world.archive().response(World.id("other"))).isPresent();
    assertThat(world.delete("unassembled")).contains(DeleteResult.DELETED);
  }

  @Test
  void givenAnAnswerThatCannotBePutTogether_whenItIsDeletedAsItEnds_thenTheLedgerHasIt() {
    var world = World.of(7, Setup.DEFAULT.hooks(0));
    world.archive().failStores(true);
    world.open("unassembled", new Unassembled(), 1);
    world.emit("unassembled", "Hello");
    world.finish("unassembled");
    world.delete("unassembled");
    world.archive().failStores(false);
    world.pass(Duration.ofSeconds(30));

    assertThat(world.archive().ledger(World.id("unassembled"))).hasSize(1);
    assertThat(world.streams().unarchived()).isZero();
  }

  /** As `DELETE FROM streams` in a shell, which the documentation of the format offers. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void givenARowThatAPersonDeletesWhileItsStreamIsOpen_whenItEnds_thenNothingOfItIsKept(int hooks) {
    var world = World.of(7, Setup.DEFAULT.hooks(hooks));
    var subscriber = prefixed(world);
    world.upstream("long").askedToDelete();
    assertThat(world.archive().deleteByHand(World.id("long"))).isTrue();

    world.finish("long");
    answer(world, "other", "Hello");
    world.pass(Duration.ofMinutes(1));

    assertThat(world.streams().unarchived()).isZero();
    assertThat(world.archive().find(World.id("long"))).isEmpty();
    assertThat(world.archive().find(World.id("other"))).isPresent();
    assertThat(subscriber.data()).hasSizeGreaterThan(PREFIX_EVENTS);
    assertThat(world.delete("other")).contains(DeleteResult.DELETED);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void givenAPrefixIsDamagedInTheArchive_whenItsStreamEnds_thenItRestsAndTheJournalGoes(int hooks) {
    var world = World.of(7, Setup.DEFAULT.hooks(hooks));
    prefixed(world);
    world.archive().damage(World.id("long"));

    world.finish("long");
    answer(world, "other", "Hello");
    world.pass(Duration.ofMinutes(1));

    assertThat(world.streams().unarchived()).isZero();
    assertThat(world.archive().contents(World.id("long")).orElseThrow().stream().atRest()).isTrue();
    assertThat(world.archive().find(World.id("other"))).isPresent();
  }

  /** An open stream, long enough that a part of it is in the archive. */
  private static ScriptedSubscriber prefixed(World world) {
    world.open("long");
    var subscriber = world.subscriber("long");
    for (int i = 0; i < PREFIX_EVENTS; i++) {
      world.emit("long", "x".repeat(1_000));
    }
    world.pass(Duration.ofSeconds(5));
    assertThat(world.archive().find(World.id("long")).orElseThrow().events()).isPositive();
    return subscriber;
  }

  /** Answers until the journal has let go of what stands before a place. */
  private static void answerUntilTrimmed(World world, long position) {
    for (int i = 0; world.up().journal().oldest() <= position; i++) {
      assertThat(i).isLessThan(50);
      answer(world, "more-" + position + "-" + i, "x".repeat(20_000));
      world.pass(Duration.ofSeconds(1));
    }
  }

  @Test
  void givenAnOlderCopyOfTheArchive_whenTheJournalHasLetGoOfMore_thenTheStartIsRefused() {
    var world = world(StreamOptions.Retaining.DEFAULT);
    answer(world, "before", "Hello");
    world.pass(Duration.ofSeconds(1));
    var older = world.archive().copy();
    long followed = world.archive().checkpoint().orElseThrow().position();
    answer(world, "between", "Hello");
    answerUntilTrimmed(world, followed);
    world.kill();
    var newest = world.archive().copy();

    older.run();
    assertThat(world.start()).as("what stood between is in neither").isFalse();

    newest.run();
    assertThat(world.start()).isTrue();
    assertThat(world.view("between").outcome()).isEqualTo(Outcome.COMPLETED);
  }

  @Test
  void givenAnOlderCopyOfTheArchive_whenTheJournalHasAllSince_thenItIsStoredAnew() {
    var world = world(StreamOptions.Retaining.DEFAULT);
    answer(world, "before", "Hello");
    world.pass(Duration.ofSeconds(1));
    var older = world.archive().copy();
    answer(world, "between", "Hello");
    world.pass(Duration.ofSeconds(1));
    world.kill();

    older.run();
    assertThat(world.start()).isTrue();
    world.pass(Duration.ofSeconds(1));
    assertThat(world.archive().find(World.id("between"))).isPresent();
  }

  @Test
  void givenAnArchiveThatWasToldToBeginAnew_whenTheProcessDiesSoon_thenItStartsAgain() {
    var world = World.of(7, Setup.DEFAULT.hooks(0));
    answerUntilTrimmed(world, world.up().journal().oldest());
    world.kill();
    var followed = world.archive().checkpoint().orElseThrow();
    var open = Deposits.unfinished(1, 10, 20, 2, 0, Deposits.events(1, "a", "b"));
    world.archive().store(new Archive.Batch(List.of(open), List.of(), List.of(), followed));
    world.archive().beginAnew();
    world.archive().refuse(Deposits.id(1)); // so that it goes on to need what is gone

    assertThat(world.start()).isTrue();
    answer(world, "other", "Hello");
    world.pass(Duration.ofSeconds(1));
    assertThat(world.archive().find(World.id("other"))).isPresent();
    assertThat(world.archive().checkpoint().orElseThrow().position())
        .isGreaterThanOrEqualTo(world.up().journal().oldest());
    world.kill();
    assertThat(world.start()).isTrue();
  }

  @Test
  void givenAStreamOfWhichTheArchiveMakesNothing_whenOthersRest_thenTheyAreArchived() {
    var world = World.seeded(7);
    world.archive().stumbleOver(World.id("odd-1"), World.id("odd-2"), World.id("odd-3"));
    for (var name : List.of("odd-1", "odd-2", "odd-3", "even")) {
      answer(world, name, "Hello");
    }
    world.pass(Duration.ofSeconds(30));

    assertThat(world.streams().unarchived()).isEqualTo(3);
    assertThat(world.archive().find(World.id("even"))).isPresent();
    assertThat(world.delete("even")).contains(DeleteResult.DELETED);
  }

  @Test
  void givenARoundThatBreaks_whenTimePasses_thenAllIsArchivedAllTheSame() {
    var world = World.seeded(7);
    var breaks = new AtomicInteger(1);
    world
        .archive()
        .aroundStore(
            () -> {
              if (breaks.getAndDecrement() > 0) {
                throw new StackOverflowError("scripted");
              }
            },
            () -> {});
    answer(world, "chat-1", "Hello");
    try {
      world.pass(Duration.ofSeconds(1));
    } catch (StackOverflowError e) {
      // a thread of io that dies of it
    }
    world.pass(Duration.ofSeconds(30));

    assertThat(world.streams().unarchived()).isZero();
  }

  /** The archive is told of the second one while it still tries what it refuses. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void givenTheArchiveRefusesAStream_whenOthersAreDeletedInTurn_thenNoneWaitsForTheNextTry(
      int seed) {
    var world = World.seeded(seed);
    for (var name : List.of("refused-1", "refused-2", "refused-3")) {
      world.archive().refuse(World.id(name));
      answer(world, name, "Hello");
    }
    for (var name : List.of("one", "two", "three")) {
      answer(world, name, "Hello");
    }
    world.pass(Duration.ofSeconds(6));
    world.crossing(true);
    var deleted = new ArrayList<String>();

    deleteInTurn(world, new ArrayDeque<>(List.of("one", "two", "three")), deleted);
    world.pass(Duration.ofSeconds(1));

    assertThat(deleted).containsExactly("one", "two", "three");
  }

  private static void deleteInTurn(World world, Deque<String> names, List<String> deleted) {
    var name = names.poll();
    if (name == null) {
      return;
    }
    world
        .streams()
        .delete(
            Owner.ALL,
            World.id(name),
            new Answer<DeleteResult>() {
              @Override
              public void succeeded(DeleteResult result) {
                deleted.add(name);
                deleteInTurn(world, names, deleted);
              }

              @Override
              public void failed(RuntimeException cause) {
                throw cause;
              }
            });
  }
}
