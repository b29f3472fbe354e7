package dev.lastword.testing;

import static dev.lastword.testing.JournalRig.append;
import static dev.lastword.testing.JournalRig.appended;
import static dev.lastword.testing.JournalRig.opened;
import static dev.lastword.testing.JournalRig.replayed;
import static dev.lastword.testing.JournalRig.sealed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import dev.lastword.journal.Journal.Health;
import dev.lastword.journal.JournalFailedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Queue;
import java.util.Random;
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
      assertThat(append(journal, opened())).isEqualTo("Full");

      int taken = 0;
      while (append(journal, appended(taken + 1, 500)).equals("durable")) {
        taken++;
      }
      assertThat(taken * 500).isBetween(SEGMENT_BYTES / 2, SEGMENT_BYTES * 3 / 4);
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
