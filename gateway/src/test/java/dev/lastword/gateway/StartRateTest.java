package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** So many starts in any minute. */
class StartRateTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final AtomicLong now = new AtomicLong();
  private final AtomicInteger perMinute = new AtomicInteger(60);
  private final StartRate rate = new StartRate(perMinute::get, now::get);

  private int startsNow() {
    int starts = 0;
    while (starts < 1_000 && rate.start() == 0) {
      starts++;
    }
    return starts;
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -5, Long.MAX_VALUE - 3, Long.MIN_VALUE})
  void givenAClockThatBeginsAnywhere_thenAMinutesStartsMayBeMadeAtOnce_andThenOneEachTime(
      long begin) {
    now.set(begin);
    var fresh = new StartRate(perMinute::get, now::get);
    for (int i = 0; i < 60; i++) {
      assertThat(fresh.start()).isZero();
    }
    assertThat(fresh.start()).isEqualTo(SECOND);
    now.addAndGet(SECOND / 4);
    assertThat(fresh.start()).isEqualTo(SECOND / 4 * 3);
    now.addAndGet(SECOND / 4 * 3);
    assertThat(fresh.start()).isZero();
    assertThat(fresh.start()).isEqualTo(SECOND);
  }

  @Test
  void givenALongRest_thenNoMoreThanAMinutesStartsAreSaved() {
    assertThat(startsNow()).isEqualTo(60);
    now.addAndGet(TimeUnit.HOURS.toNanos(5));
    assertThat(startsNow()).isEqualTo(60);
  }

  @Test
  void givenOtherBounds_thenTheyHoldFromNowOn() {
    assertThat(startsNow()).isEqualTo(60);
    perMinute.set(0);
    assertThat(startsNow()).isEqualTo(1_000);
    perMinute.set(1);
    now.addAndGet(TimeUnit.MINUTES.toNanos(2));
    assertThat(startsNow()).isEqualTo(1);
  }
}
