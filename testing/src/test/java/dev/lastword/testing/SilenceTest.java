package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.stream.Silence;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What counts as silence of whoever is listened to, and what is our own. */
class SilenceTest {
  private static final long LIMIT_MS = 8_000;

  /** It looks so often, and no interval counts for more than two. */
  private static final long INTERVAL_MS = LIMIT_MS / 8;

  private final FakeClock clock = new FakeClock();
  private final Scheduler scheduler = new Scheduler(clock);
  private final Lane home = scheduler.lane("home", Lane.Kind.ENGINE);
  private int told;
  private final Silence silence = new Silence(home, clock, () -> told++);

  /** Time passes, and what is due runs when it is. */
  private void pass(long ms) {
    long left = ms;
    for (long next = scheduler.nextAlarmMs();
        next >= 0 && next <= left;
        next = scheduler.nextAlarmMs()) {
      scheduler.pass(next);
      left -= next;
      run();
    }
    scheduler.pass(left);
  }

  /** The process stands still for so long: what was due meanwhile runs behind that. */
  private void standStill(long ms) {
    scheduler.pass(ms);
    run();
  }

  private void run() {
    var random = new SplittableRandom(1);
    for (var lane = scheduler.runOne(Lane.Kind.ENGINE, random);
        lane != null;
        lane = scheduler.runOne(Lane.Kind.ENGINE, random)) {
      assertThat(lane).isSameAs(home);
    }
  }

  @Test
  void givenNothingIsHeard_whenTheTimeIsOver_thenItIsToldOnce() {
    silence.start(LIMIT_MS);
    pass(LIMIT_MS - 1);
    assertThat(told).isZero();

    pass(1);
    assertThat(told).isOne();
    pass(10 * LIMIT_MS);
    assertThat(told).isOne();
  }

  @Test
  void givenSomethingIsHeard_thenTheTimeBeginsAnew() {
    silence.start(LIMIT_MS);
    pass(LIMIT_MS - 1);
    silence.heard();
    pass(LIMIT_MS - 1);
    assertThat(told).isZero();

    pass(1 + INTERVAL_MS);
    assertThat(told).isOne();
  }

  @Test
  void givenTheProcessStoodStill_whenItGoesOn_thenThatWasNotTheUpstreamsSilence() {
    silence.start(LIMIT_MS);
    standStill(3_600_000);
    assertThat(told).as("an hour counts for two intervals").isZero();

    pass(LIMIT_MS - 2 * INTERVAL_MS - 1);
    assertThat(told).isZero();
    pass(1);
    assertThat(told).isOne();
  }

  @Test
  void givenTheProcessStandsStillAgainAndAgain_thenEachTimeCountsForTwoIntervals() {
    silence.start(LIMIT_MS);
    for (int i = 0; i < 3; i++) {
      standStill(3_600_000);
      assertThat(told).as("after %d hours", i + 1).isZero();
    }
    standStill(3_600_000);
    assertThat(told).isOne();
  }

  @ParameterizedTest
  @ValueSource(longs = {-31_536_000_000L, -1, 1, 31_536_000_000L})
  void givenTheWallClockIsSet_thenNothingOfItIsSilence(long ms) {
    silence.start(LIMIT_MS);
    pass(LIMIT_MS - 1);
    clock.jumpWallClock(ms);
    run();
    assertThat(told).isZero();

    pass(1);
    assertThat(told).isOne();
  }

  @Test
  void givenOurSideDoesNotRead_thenNothingCountsUntilItDoes() {
    silence.start(LIMIT_MS);
    pass(LIMIT_MS / 2);
    silence.pause();
    pass(100 * LIMIT_MS);
    assertThat(told).isZero();

    silence.resume();
    pass(LIMIT_MS / 2 - 1);
    assertThat(told).isZero();
    pass(1 + INTERVAL_MS);
    assertThat(told).isOne();
  }
}
