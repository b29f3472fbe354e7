package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.stream.Owner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is counted of owners, and how it is forgotten. */
class QuotasOfOwnersTest {
  private static final OwnerBounds BOUNDS = new OwnerBounds(4, 2, 2, 10, 0);

  private final AtomicLong now = new AtomicLong();
  private final QuotasOfOwners owners =
      new QuotasOfOwners(BOUNDS, (_, told) -> told.succeeded(0L), now::get);

  private OwnerQuotas of(String owner) {
    return owners.of(Owner.of(owner));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 3", "4, 3", "5, 4", "10000, 7500", "2147483647, 1610612736"})
  void givenWhatAllMayHave_thenOneOwnersShareIsThreeQuarters(int all, int share) {
    assertThat(OwnerBounds.share(all)).isEqualTo(share);
  }

  @Test
  void givenInventedOwners_thenNoneIsKeptWhoHasNothingRunning() {
    var running = of("running");
    assertThat(running.generations().begin()).isTrue();
    for (int i = 0; i < 200_000; i++) {
      now.addAndGet(100_000); // ten thousand in a second
      of("invented-" + i);
    }
    assertThat(owners.size()).isLessThan(40_000);
    assertThat(of("running")).isSameAs(running);

    now.addAndGet(TimeUnit.MINUTES.toNanos(2));
    of("somebody");
    assertThat(owners.size()).isEqualTo(2);
    running.generations().ended();
    now.addAndGet(TimeUnit.MINUTES.toNanos(2));
    of("somebody");
    assertThat(owners.size()).isEqualTo(1);
  }

  @Test
  void givenStartsOfTheLastMinute_thenTheyStillCount() {
    for (int i = 0; i < 10; i++) {
      assertThat(of("busy").starts().start()).isZero();
    }
    now.addAndGet(TimeUnit.SECONDS.toNanos(1));
    of("somebody");
    assertThat(of("busy").starts().start()).isPositive();
  }

  @Test
  void givenNobodyIsToldApart_thenNothingOfAnOwnerBoundsThem() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(owners.of(Owner.ALL).generations().begin()).isTrue();
      assertThat(owners.of(Owner.ALL).starts().start()).isZero();
    }
    assertThat(owners.size()).isZero();
  }

  @Test
  void givenOneOwnersManyUnattended_thenNoMoreThanTheirShareCountsAmongAll() {
    var all = RouteQuotas.ofAll(100, 4);
    var seats = new UnattendedSeat[10];
    for (int i = 0; i < seats.length; i++) {
      seats[i] = new UnattendedSeat(all.unattended(), of("leaver").unattended());
      seats[i].take();
    }
    assertThat(of("leaver").unattended().now()).isEqualTo(10);
    assertThat(all.unattended().now()).isEqualTo(2);
    assertThat(new RequestQuotas(all, of("other")).refusalOfUnattended()).isEmpty();
    assertThat(new RequestQuotas(all, of("leaver")).refusalOfUnattended())
        .map(Problem::code)
        .contains("too_many_unattended_of_owner");

    for (var seat : seats) {
      seat.giveBack();
    }
    assertThat(of("leaver").unattended().now()).isZero();
    assertThat(all.unattended().now()).isZero();
  }

  @Test
  void givenOtherBounds_thenWhatRunsStays() {
    var quotas = of("somebody");
    assertThat(quotas.generations().begin()).isTrue();
    assertThat(quotas.generations().begin()).isTrue();
    assertThat(quotas.generations().begin()).isFalse();
    owners.allow(new OwnerBounds(4, 1, 2, 10, 0));
    assertThat(quotas.generations().now()).isEqualTo(2);
    quotas.generations().ended();
    assertThat(quotas.generations().begin()).isFalse();
    owners.allow(new OwnerBounds(4, 3, 2, 10, 0));
    assertThat(quotas.generations().begin()).isTrue();
  }
}
