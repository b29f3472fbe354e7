package dev.lastword.testing;

import static dev.lastword.testing.JournalRig.append;
import static dev.lastword.testing.JournalRig.appended;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.journal.Journal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The journal's time goes on over restarts, and no wall clock makes anything old or new. */
class JournalTimeTest {
  private static final long DAY_MS = TimeUnit.DAYS.toMillis(1);
  private static final int HOUR_SECONDS = 3_600;

  private final JournalRig rig = new JournalRig();

  @Test
  void givenANewJournal_whenTimePasses_thenItIsCountedFromOne() {
    try (var journal = rig.open()) {
      assertThat(journal.timeMs()).isEqualTo(1);
      rig.passSeconds(5);
      assertThat(journal.timeMs()).isEqualTo(5_001);
    }
  }

  @Test
  void givenAnEntry_whenAcknowledged_thenItHasTheTimeThatAReplayTells() {
    var acked = new ArrayList<Long>();
    try (var journal = rig.open()) {
      for (int i = 1; i <= 20; i++) {
        rig.passSeconds(i);
        journal.append(
            appended(i, 10),
            journal.fence(),
            new Journal.Ack() {
              @Override
              public void durable(long position, long epoch, long timeMs) {
                assertThat(epoch).isEqualTo(1);
                acked.add(timeMs);
              }

              @Override
              public void refused(Journal.Refusal refusal) {
                throw new AssertionError(refusal);
              }
            });
      }
    }
    rig.passSeconds(100);
    try (var journal = rig.open()) {
      var replayed = new ArrayList<Long>();
      journal.replay(0, (entry, position, epoch, timeMs) -> replayed.add(timeMs));
      assertThat(replayed).isEqualTo(acked).isSorted();
    }
  }

  @Test
  void givenTheProcessWasDown_whenReopened_thenThatTimeHasPassed() {
    rig.open().close();
    rig.passSeconds(HOUR_SECONDS);
    try (var journal = rig.open()) {
      assertThat(journal.timeMs()).isEqualTo(HOUR_SECONDS * 1_000L + 1);
    }
  }

  @Test
  void givenTheWallClockJumps_whenReopened_thenADayHasPassedAtMostAndItNeverGoesBack() {
    long before = 0;
    for (long wallMs :
        List.of(
            rig.wallMs + 31 * DAY_MS,
            rig.wallMs,
            0L,
            rig.wallMs + 20_000 * DAY_MS,
            Long.MIN_VALUE,
            Long.MAX_VALUE,
            Long.MIN_VALUE)) {
      try (var journal = rig.open()) {
        rig.wallMs = wallMs;
        rig.passSeconds(1);
        assertThat(append(journal, appended(1, 10))).isEqualTo("durable");
        before = journal.timeMs();
      }
      try (var journal = rig.open()) {
        assertThat(journal.timeMs()).isBetween(before, before + DAY_MS);
      }
    }
  }

  @Test
  void givenTheWallClockJumpsWhileItIsOpen_whenAsked_thenNothingHasPassed() {
    try (var journal = rig.open()) {
      rig.wallMs += 365 * DAY_MS;
      assertThat(journal.timeMs()).isEqualTo(1);
      rig.wallMs = 0;
      assertThat(journal.timeMs()).isEqualTo(1);
    }
  }

  @Test
  void givenTenDaysWithoutAnEntry_whenTheProcessIsKilled_thenTheyHavePassed() {
    var journal = rig.open();
    append(journal, appended(1, 10));
    long told = 0;
    for (int hour = 0; hour < 240; hour++) {
      rig.passSeconds(HOUR_SECONDS);
      told = journal.timeMs();
    }
    rig.disk = rig.disk.crash(FaultyDisk.Crash.DROP, new Random(1));
    rig.wallMs = 0; // and the clock is wrong
    try (var reopened = rig.open()) {
      assertThat(reopened.timeMs()).isGreaterThan(told - 7 * HOUR_SECONDS * 1_000L);
      assertThat(JournalRig.replayed(reopened)).hasSize(1);
    }
  }
}
