package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.journal.Outcome;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever becomes of the process, a response that ended is in the ledger, and once. */
class LedgerCrashTest {
  private final World world = World.of(7, Setup.DEFAULT);

  private void answer(String name) {
    world.open(name);
    world.emit(name, "text");
    world.finish(name);
  }

  private void isCountedOnce(String name, Outcome outcome) {
    world.pass(Duration.ofSeconds(30));
    assertThat(world.streams().unarchived()).isZero();
    assertThat(world.archive().ledger(World.id(name)))
        .extracting(row -> row.stream().outcome())
        .containsExactly(outcome);
  }

  @Test
  void givenTheArchiveStoredAnEnd_whenItsAnswerIsLost_thenTheSecondTimeCountsNothing() {
    world.archive().loseNextAnswer();
    answer("chat-1");

    isCountedOnce("chat-1", Outcome.COMPLETED);
  }

  @ParameterizedTest
  @EnumSource(FaultyDisk.Crash.class)
  void givenAnEndThatIsNotArchived_whenThePowerGoes_thenItIsCountedAfterwards(
      FaultyDisk.Crash crash) {
    world.archive().fail(true);
    answer("chat-1");
    world.powerCut(crash);
    world.archive().fail(false);
    assertThat(world.start()).isTrue();

    isCountedOnce("chat-1", Outcome.COMPLETED);
  }

  @Test
  void givenAResponseThatRuns_whenTheProcessDies_thenItIsCountedAsInterrupted() {
    world.open("chat-1");
    world.emit("chat-1", "text");
    world.kill();
    assertThat(world.start()).isTrue();

    isCountedOnce("chat-1", Outcome.INTERRUPTED);
  }

  @Test
  void givenAStreamInTheArchive_whenTheJournalIsReadAnew_thenNothingIsCountedAgain() {
    answer("chat-1");
    isCountedOnce("chat-1", Outcome.COMPLETED);
    world.archive().forgetCheckpoint();
    world.kill();
    assertThat(world.start()).isTrue();

    isCountedOnce("chat-1", Outcome.COMPLETED);
  }

  @Test
  void givenAnEndThatIsNotArchived_whenItsStreamIsDeleted_thenItIsCountedAllTheSame() {
    world.archive().failStores(true);
    answer("chat-1");
    world.delete("chat-1");
    world.archive().failStores(false);

    isCountedOnce("chat-1", Outcome.COMPLETED);
  }

  @Test
  void givenADeletionThatIsNotArchived_whenTheProcessDies_thenTheEndIsCountedAllTheSame() {
    world.archive().failStores(true);
    answer("chat-1");
    world.delete("chat-1");
    world.kill();
    world.archive().failStores(false);
    assertThat(world.start()).isTrue();

    isCountedOnce("chat-1", Outcome.COMPLETED);
    assertThat(world.archive().contents(World.id("chat-1"))).isEmpty();
  }

  @Test
  void givenADeletionThatWasStored_whenItsAnswerIsLost_thenItIsToldAgainAndCountedOnce() {
    answer("chat-1");
    isCountedOnce("chat-1", Outcome.COMPLETED);
    world.archive().loseNextAnswer();
    world.delete("chat-1");

    isCountedOnce("chat-1", Outcome.COMPLETED);
    assertThat(world.archive().contents(World.id("chat-1"))).isEmpty();
  }
}
