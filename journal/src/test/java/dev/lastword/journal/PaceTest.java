package dev.lastword.journal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How long entries wait for their batch, on a clock set by hand. */
class PaceTest {
  private static final long MICRO = 1_000;
  private static final long MILLI = 1_000_000;
  private static final long INTERVAL = 2 * MILLI;

  private long now = 5_000 * MILLI;
  private long paused;
  private final Pace pace =
      new Pace(
          () -> now,
          nanos -> {
            assertThat(nanos).isBetween(1L, INTERVAL);
            paused += nanos;
            now += nanos;
          },
          INTERVAL);

  /** A flush of 300 µs, which takes along what came since the last one began. */
  private int flush(double entriesPerMilli, long since) {
    int taken = (int) Math.max(1, entriesPerMilli * (now - since) / MILLI);
    pace.took(taken);
    now += 300 * MICRO;
    return taken;
  }

  /** One second under a load; the flushes in it. */
  private int second(double entriesPerMilli) {
    long end = now + 1_000 * MILLI;
    long since = now;
    int flushes = 0;
    while (now < end) {
      pace.await();
      long began = now;
      flush(entriesPerMilli, since);
      since = began;
      flushes++;
      now = Math.max(now, since + (long) (MILLI / entriesPerMilli)); // until the next one comes
    }
    return flushes;
  }

  @Test
  void givenAnIdleJournal_whenAnEntryComes_thenItsBatchBeginsAtOnce() {
    for (int i = 0; i < 100; i++) {
      now += 50 * MILLI;
      pace.await();
      pace.took(1);
    }
    assertThat(paused).isZero();
  }

  @Test
  void givenOneStreamOfAThousandEventsASecond_whenTheyCome_thenNoneWaits() {
    second(1);
    paused = 0;
    int flushes = second(1);
    assertThat(paused).isZero();
    assertThat(flushes).isBetween(950, 1_001);
  }

  @Test
  void givenTenThousandEventsASecond_whenTheyCome_thenThereAreFiveHundredFlushesAtMost() {
    second(10);
    assertThat(second(10)).isBetween(450, 501);
  }

  @Test
  void givenItWasBusy_whenItIsIdleAgain_thenNothingWaits() {
    second(50);
    now += 100 * MILLI;
    paused = 0;
    for (int i = 0; i < 10; i++) {
      pace.await();
      pace.took(1);
      now += MILLI;
    }
    assertThat(paused).isZero();
  }

  @Test
  void givenABurst_whenAnEndComesBehindIt_thenNoStepOfTheEndWaits() {
    second(50);
    now += 15 * MILLI; // the last words of an answer, and then its end
    paused = 0;
    for (int i = 0; i < 3; i++) {
      pace.await();
      pace.took(1);
      now += MILLI;
    }
    assertThat(paused).isZero();
  }

  @Test
  void givenABatchInALongWhile_whenItIsLarge_thenTheJournalIsNotBusy() {
    for (int i = 0; i < 20; i++) {
      pace.await();
      pace.took(50);
      now += 40 * MILLI;
    }
    assertThat(paused).isZero();
  }

  @Test
  void givenNoPace_whenBusy_thenNothingWaits() {
    var none =
        new Pace(
            () -> now,
            nanos -> {
              throw new AssertionError("paused");
            },
            0);
    for (int i = 0; i < 100; i++) {
      none.await();
      none.took(1_000);
    }
  }
}
