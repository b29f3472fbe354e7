package dev.lastword.testing;

import static dev.lastword.testing.JournalRig.append;
import static dev.lastword.testing.JournalRig.appended;
import static dev.lastword.testing.JournalRig.opened;
import static dev.lastword.testing.JournalRig.replayed;
import static dev.lastword.testing.JournalRig.sealed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.journal.Entry;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.Journal.Health;
import dev.lastword.journal.JournalFailedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** A flush that fails closes the journal; a full disk leaves room to end what runs. */
class JournalDiskFaultTest {
  private static final int SEGMENT_BYTES = 64 << 10;

  private final JournalRig rig = new JournalRig();

  @Test
  void givenAForceFails_whenAppended_thenThisAndAllThatFollowIsRefusedForGood() {
    var journal = rig.open();
    assertThat(append(journal, appended(1, 10))).isEqualTo("durable");

    rig.disk.failForces(true);
    assertThat(append(journal, appended(2, 10))).isEqualTo("Closed");
    assertThat(journal.health()).isEqualTo(Health.CLOSED);

    rig.disk.failForces(false);
    long operations = rig.disk.operations();
    assertThat(append(journal, appended(3, 10))).isEqualTo("Closed");
    assertThat(rig.disk.operations()).as("never tried again").isEqualTo(operations);
    assertThat(replayed(journal)).containsExactly(appended(1, 10));
    journal.close();
    assertThat(rig.disk.operations()).isEqualTo(operations);
  }

  @Test
  void givenOneForceFailsAndTheNextWouldNot_whenAppended_thenItIsNotTriedAgain() {
    var journal = rig.open();
    rig.disk.failOneForce(0);
    assertThat(append(journal, appended(1, 10))).isEqualTo("Closed");
    assertThat(journal.health()).isEqualTo(Health.CLOSED);
    assertThat(append(journal, appended(2, 10))).isEqualTo("Closed");
    journal.close();

    rig.disk = rig.disk.crash(FaultyDisk.Crash.DROP, new Random(1));
    try (var reopened = rig.open()) {
      assertThat(replayed(reopened)).isEmpty();
    }
  }

  @Test
  void givenAForceFails_whenOthersAreQueued_thenEachIsRefusedOnceInItsTurn() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    var journal = rig.open(tasks::add, Runnable::run);
    var told = new ArrayList<Integer>();
    for (int i = 0; i < 100; i++) {
      int number = i;
      journal.append(
          appended(i + 1, 200),
          journal.fence(),
          new Journal.Ack() {
            @Override
            public void durable(long position, long epoch, long timeMs) {
              throw new AssertionError("the force failed");
            }

            @Override
            public void refused(Journal.Refusal refusal) {
              assertThat(refusal)
                  .isInstanceOfSatisfying(
                      Journal.Refusal.Closed.class,
                      closed -> assertThat(closed.reason()).contains("Input/output error"));
              told.add(number);
            }
          });
    }
    rig.disk.failForces(true);
    while (!tasks.isEmpty()) {
      tasks.remove().run();
    }
    assertThat(told).hasSize(100).isSorted();
  }

  @Test
  void givenAForceFailed_whenReopenedAndThePowerGoes_thenWhatTheReopeningShowedIsThere() {
    var journal = rig.open();
    append(journal, appended(1, 10));
    rig.disk.failForces(true);
    append(journal, appended(2, 10));

    rig.disk = rig.disk.kill();
    var reopened = rig.open();
    var shown = replayed(reopened);
    assertThat(shown).contains(appended(1, 10));

    rig.disk = rig.disk.crash(FaultyDisk.Crash.DROP, new Random(1));
    try (var last = rig.open()) {
      assertThat(replayed(last)).isEqualTo(shown);
    }
  }

  @Test
  void givenAForceFailsWhileOpening_whenOpened_thenItFailsAndTheLockIsFree() {
    rig.disk.failForces(true);
    assertThatThrownBy(rig::open)
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining("Input/output error");
    rig.disk.failForces(false);
    rig.open().close();
  }

  @Test
  void givenAFullDisk_whenAppended_thenStreamsEndInTheReserveAndNoneBegins() {
    rig.disk.capacity(SEGMENT_BYTES + 100);
    try (var journal = rig.open()) {
      assertThat(journal.health()).isEqualTo(Health.FULL);
      assertThat(journal.isOutOfRoom()).isTrue();
      assertThat(append(journal, opened())).isEqualTo("Full");

      int taken = 0;
      while (append(journal, appended(taken + 1, 500)).equals("durable")) {
        taken++;
      }
      assertThat(taken * 500).isBetween(SEGMENT_BYTES * 7 / 16, SEGMENT_BYTES * 3 / 4);
      assertThat(append(journal, appended(taken + 1, 1)))
          .as("a smaller one does not slip in behind a refused one")
          .isEqualTo("Full");

      int ended = 0;
      while (append(journal, sealed(500)).equals("durable")) {
        ended++;
      }
      assertThat(ended * 500).isGreaterThan(SEGMENT_BYTES / 8);
      assertThat(append(journal, sealed(500))).isEqualTo("Full");
      assertThat(journal.health()).isEqualTo(Health.FULL);
      assertThat(replayed(journal)).hasSize(taken + ended);
    }
  }

  @Test
  void givenAFullDiskHasRoomAgain_whenASecondHasPassed_thenItTakesAllAgain() {
    rig.disk.capacity(SEGMENT_BYTES + 100);
    try (var journal = rig.open()) {
      assertThat(append(journal, opened())).isEqualTo("Full");
      rig.disk.capacity(10 * SEGMENT_BYTES);
      assertThat(append(journal, opened())).as("not tried at each append").isEqualTo("Full");

      rig.passSeconds(2);
      assertThat(journal.health()).isEqualTo(Health.OPEN);
      assertThat(append(journal, opened())).isEqualTo("durable");
    }
  }

  @Test
  void givenRoomThatTheArchiveCountsOn_whenASegmentIsWanted_thenItIsLeftToTheArchive() {
    rig.disk.capacity(10 * SEGMENT_BYTES);
    var archive = rig.room.share();
    archive.hold(9 * SEGMENT_BYTES);
    try (var journal = rig.open()) {
      assertThat(append(journal, opened())).isEqualTo("Full");
      assertThat(journal.isOutOfRoom()).isTrue();

      archive.hold(0);
      rig.passSeconds(2);
      assertThat(journal.health()).isEqualTo(Health.OPEN);
      assertThat(append(journal, opened())).isEqualTo("durable");
    }
  }

  @Test
  void givenAFullDisk_whenATrimMadeRoom_thenItTakesAllAgain() {
    rig.disk.capacity(3 * SEGMENT_BYTES);
    try (var journal = rig.open()) {
      long seq = 1;
      while (append(journal, appended(seq, 500)).equals("durable")) {
        seq++;
      }
      assertThat(journal.health()).isEqualTo(Health.FULL);
      assertThat(journal.trim(journal.tail())).isEqualTo(2);
      assertThat(journal.health()).isEqualTo(Health.OPEN);
      assertThat(append(journal, opened())).isEqualTo("durable");
    }
  }

  @Test
  void givenADiskThatStaysFull_whenTrimmed_thenTheFileIsUsedAgainAndNothingOldIsTakenForNew() {
    try (var journal = rig.open()) {
      long seq = 1;
      for (int round = 1; round <= 20; round++) {
        rig.disk.capacity(rig.disk.usedBytes());
        var written = new ArrayList<Entry>();
        while (append(journal, appended(seq, 100 + round)).equals("durable")) {
          written.add(appended(seq++, 100 + round));
        }
        assertThat(journal.health()).isEqualTo(Health.FULL);
        assertThat(replayed(journal)).endsWith(written.toArray(Entry[]::new));
        assertThat(journal.trim(journal.tail())).isPositive();
        assertThat(journal.health()).isEqualTo(Health.OPEN);
      }
      assertThat(seq).isGreaterThan(20 * 100);
    }
    try (var journal = rig.open()) {
      assertThat(replayed(journal)).isNotEmpty().allMatch(Entry.Appended.class::isInstance);
    }
  }

  @Test
  void givenSegmentsWereShortened_whenALongOneIsTrimmed_thenItsRoomIsThereForTheNext() {
    var options = new FileJournal.Options(16 << 20, 1 << 20);
    try (var journal = rig.open(Runnable::run, Runnable::run, options)) {
      var entry = appended(1, 500_000);
      while (segment(journal) < 5) {
        assertThat(append(journal, entry)).isEqualTo("durable");
      }
      journal.trim(3L << 32); // those that are left have their full length
      rig.disk.capacity(rig.disk.usedBytes() + (20 << 20));
      while (append(journal, entry).equals("durable")) {
        assertThat(segment(journal)).isLessThan(50);
      }
      assertThat(journal.health()).isEqualTo(Health.FULL);

      assertThat(journal.trim(4L << 32)).isEqualTo(1);
      rig.passSeconds(2);

      assertThat(append(journal, entry)).isEqualTo("durable");
      assertThat(journal.health()).isEqualTo(Health.OPEN);
    }
  }

  @Test
  void givenAFullDiskDownToItsLastReserve_whenAppended_thenWhatLetsThingsGoIsStillTaken() {
    rig.disk.capacity(SEGMENT_BYTES + 100);
    try (var journal = rig.open()) {
      while (append(journal, sealed(5_000)).equals("durable")) {
        assertThat(journal.health()).isEqualTo(Health.FULL);
      }
      assertThat(append(journal, new Entry.Withheld(JournalRig.STREAM, 1, JournalRig.events(1))))
          .isEqualTo("Full");
      for (int i = 0; i < 5; i++) {
        assertThat(append(journal, new Entry.Saved(JournalRig.STREAM, 1))).isEqualTo("durable");
        assertThat(append(journal, new Entry.Shown(JournalRig.STREAM, true))).isEqualTo("durable");
        assertThat(append(journal, new Entry.Rejected(JournalRig.STREAM, 1))).isEqualTo("durable");
        assertThat(append(journal, new Entry.Deleted(JournalRig.STREAM, 1, true)))
            .isEqualTo("durable");
        assertThat(append(journal, sealed(100))).isEqualTo("durable");
      }
    }
  }

  @Test
  void givenASegmentCannotBeRemoved_whenTrimmed_thenItIsTriedAgainAndNothingIsSaidTwice() {
    try (var journal = rig.open()) {
      fillSegments(journal, 4);
      long tail = journal.tail();
      rig.disk.refuseRemovals(name -> true);
      assertThat(journal.trim(tail)).isZero();
      assertThat(journal.trim(tail)).isZero();
      assertThat(journal.oldest() >>> 32).isEqualTo(1);

      rig.disk.refuseRemovals(name -> false);
      assertThat(journal.trim(tail)).isEqualTo(3);
      assertThat(journal.trim(tail)).isZero();
      assertThat(journal.oldest() >>> 32).isEqualTo(4);
      assertThat(append(journal, opened())).isEqualTo("durable");
    }
  }

  @Test
  void givenSomebodyElseRemovedASegment_whenTrimmed_thenTheRestGoes() throws IOException {
    try (var journal = rig.open()) {
      fillSegments(journal, 4);
      rig.disk.delete("0000000002.journal");
      assertThat(journal.trim(journal.tail())).isEqualTo(3);
      assertThat(journal.oldest() >>> 32).isEqualTo(4);
    }
    rig.open().close();
  }

  @Test
  void givenThePowerGoesWhileTrimming_whenReopened_thenNoGapIsLeft() {
    for (int operation = 0; operation < 14; operation++) {
      for (var crash : FaultyDisk.Crash.values()) {
        rig.disk = new FaultyDisk();
        var journal = rig.open();
        fillSegments(journal, 5);
        rig.disk.failAfter(operation);
        journal.trim(journal.tail());
        rig.disk = rig.disk.crash(crash, new Random(operation));
        try (var reopened = rig.open()) {
          assertThat(replayed(reopened)).as("%d %s", operation, crash).isNotEmpty();
        }
      }
    }
  }

  @Test
  void givenOneForceOfATrimFails_whenThePowerGoesLater_thenNoGapIsLeft() {
    for (int force = 0; force < 4; force++) {
      rig.disk = new FaultyDisk();
      var journal = rig.open();
      fillSegments(journal, 5);
      rig.disk.failOneForce(force);
      journal.trim(journal.tail());
      journal.trim(journal.tail());
      rig.disk = rig.disk.crash(FaultyDisk.Crash.TORN, new Random(force));
      try (var reopened = rig.open()) {
        assertThat(replayed(reopened)).as("force %d", force).isNotEmpty();
      }
    }
  }

  @Test
  void givenOneForceOfATrimFails_whenThePowerGoesInTheNextTrim_thenNoGapIsLeft() {
    for (int operation = 0; operation < 4; operation++) {
      for (int seed = 0; seed < 12; seed++) {
        rig.disk = new FaultyDisk();
        var journal = rig.open();
        fillSegments(journal, 4);
        rig.disk.failOneForce(0);
        journal.trim(journal.tail());
        rig.disk.failAfter(operation);
        journal.trim(journal.tail());
        rig.disk = rig.disk.crash(FaultyDisk.Crash.TORN, new Random(seed));
        try (var reopened = rig.open()) {
          assertThat(replayed(reopened)).as("%d %d", operation, seed).isNotEmpty();
        }
      }
    }
  }

  @Test
  void givenNoDescriptorIsLeft_whenSegmentsEnd_thenItIsLikeAFullDiskAndHealsByItself() {
    try (var journal = rig.open()) {
      rig.disk.filesOpenMax(0); // whatever is given back, others take it
      int taken = 0;
      while (append(journal, appended(taken + 1, 500)).equals("durable")) {
        taken++;
      }
      assertThat(taken).as("it goes on in the segment that it holds").isGreaterThan(150);
      assertThat(journal.health()).isEqualTo(Health.FULL);
      assertThat(journal.isOutOfRoom()).as("no reason to let go of anything").isFalse();
      assertThat(append(journal, sealed(100))).isEqualTo("durable");
      assertThatThrownBy(() -> replayed(journal))
          .isInstanceOf(JournalFailedException.class)
          .hasMessageContaining("Too many open files");

      rig.disk.filesOpenMax(Integer.MAX_VALUE);
      rig.passSeconds(2);
      assertThat(journal.health()).isEqualTo(Health.OPEN);
      assertThat(append(journal, opened())).isEqualTo("durable");
      assertThat(replayed(journal)).hasSize(taken + 2);
    }
    assertThat(rig.disk.filesOpen()).isZero();
  }

  /** As in a container that may have no more of them. */
  @Test
  void givenNoThreadToPrepareSegments_whenTheyEnd_thenTheWriterDoes_andAFullDiskHealsAsEver() {
    var threads = new AtomicBoolean();
    Executor preparer =
        task -> {
          if (!threads.get()) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          task.run();
        };
    try (var journal = rig.open(Runnable::run, preparer)) {
      fillSegments(journal, 4);
      assertThat(journal.health()).isEqualTo(Health.OPEN);

      rig.disk.capacity(rig.disk.usedBytes());
      for (long seq = 1; append(journal, appended(seq, 5_000)).equals("durable"); seq++) {
        assertThat(seq).isLessThan(1_000);
      }
      rig.disk.capacity(Long.MAX_VALUE);
      threads.set(true);
      rig.passSeconds(2);
      assertThat(journal.health()).as("asked, it tries again").isEqualTo(Health.OPEN);
    } catch (OutOfMemoryError e) { // with which JUnit would end all tests
      throw new AssertionError("the journal does not bear it", e);
    }
  }

  /** As where the package is replaced under a process that goes. */
  @Test
  void givenAClassIsMissingForTheLastFlush_whenClosed_thenTheDirectoryIsGivenBack() {
    var journal = rig.open();
    assertThat(append(journal, appended(1, 10))).isEqualTo("durable");
    rig.disk.beforeForce(
        () -> {
          throw new NoClassDefFoundError("scripted");
        });

    journal.close();

    rig.disk.beforeForce(() -> {});
    assertThat(rig.disk.filesOpen()).isZero();
    try (var reopened = rig.open()) {
      assertThat(replayed(reopened)).containsExactly(appended(1, 10));
    }
  }

  @Test
  void givenTheDirectoryTakesNoName_whenASegmentEnds_thenItIsLikeAFullDisk() {
    try (var journal = rig.open()) {
      rig.disk.refuseRemovals(name -> true);
      long taken = 0;
      while (append(journal, appended(taken + 1, 500)).equals("durable")) {
        taken++;
      }
      assertThat(journal.health()).isEqualTo(Health.FULL);
      assertThat(journal.isOutOfRoom()).isFalse();
      rig.passSeconds(2);
      assertThat(append(journal, appended(taken + 1, 5_000))).isEqualTo("Full");

      rig.disk.refuseRemovals(name -> false);
      rig.passSeconds(2);
      assertThat(append(journal, appended(taken + 1, 5_000))).isEqualTo("durable");
      assertThat(journal.health()).isEqualTo(Health.OPEN);
    }
  }

  private static void fillSegments(Journal journal, int segments) {
    for (int i = 1; segment(journal) < segments; i++) {
      assertThat(append(journal, appended(i, 500))).isEqualTo("durable");
    }
  }

  @Test
  void givenAFullDisk_whenReopened_thenItServesReadsAndEndsWhatRan() {
    rig.disk.capacity(SEGMENT_BYTES + 100);
    Entry last = appended(1, 500);
    try (var journal = rig.open()) {
      while (append(journal, sealed(500)).equals("durable")) {
        last = sealed(500);
      }
    }
    for (int i = 0; i < 20; i++) {
      try (var journal = rig.open()) {
        assertThat(replayed(journal)).last().isEqualTo(last);
        assertThat(journal.health()).isEqualTo(Health.FULL);
      }
    }
  }

  @Test
  void givenALatePreparation_whenTheWriterPreparedItself_thenNoSegmentIsMadeTwice() {
    Queue<Runnable> preparations = new ArrayDeque<>();
    try (var journal = rig.open(Runnable::run, preparations::add)) {
      rig.disk.beforeForce(
          () -> {
            boolean betweenNameAndBatch = segments() > segment(journal);
            if (betweenNameAndBatch && !preparations.isEmpty()) {
              preparations.remove().run();
            }
          });
      for (int i = 1; i <= 1_000; i++) {
        assertThat(append(journal, appended(i, 500))).isEqualTo("durable");
      }
      assertThat(replayed(journal)).hasSize(1_000);
    }
  }

  private long segments() {
    try {
      return rig.disk.list().stream().filter(name -> name.endsWith(".journal")).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long segment(Journal journal) {
    return journal.tail() >>> 32;
  }

  @Test
  void givenAnUnfinishedPreparation_whenReopened_thenItIsMadeAnew() throws Exception {
    rig.open().close();
    rig.disk.delete("0000000002.prep");
    rig.disk.create("0000000002.prep").close();
    try (var journal = rig.open()) {
      for (int i = 1; i <= 200; i++) {
        assertThat(append(journal, appended(i, 500))).isEqualTo("durable");
      }
      assertThat(replayed(journal)).hasSize(200);
    }
  }
}
