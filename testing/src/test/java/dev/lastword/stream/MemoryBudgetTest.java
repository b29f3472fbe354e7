package dev.lastword.stream;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** One heap for everybody who lives on it, also for those who come and go. */
final class MemoryBudgetTest {
  private final MemoryBudget whole = new MemoryBudget(100);

  @Test
  void givenParts_whenTheyTake_thenTheyTakeFromAllThereIs() {
    var one = whole.part();
    var other = whole.part();
    one.take(60);
    assertThat(other.tryTake(41)).isFalse();
    assertThat(other.tryTake(30)).isTrue();

    assertThat(whole.taken()).isEqualTo(90);
    assertThat(one.isTight()).isTrue();
    assertThat(other.isTight()).as("whatever itself has").isTrue();
    assertThat(other.isFilling()).isTrue();
    one.give(60);
    assertThat(other.isTight()).isFalse();
    assertThat(whole.taken()).isEqualTo(30);
  }

  @Test
  void givenMoreIsHeldThanThereIs_whenNothingIsWanted_thenThatIsThere() {
    var one = whole.part();
    one.take(101);
    assertThat(one.tryTake(1)).isFalse();
    assertThat(one.tryTake(0)).isTrue();
    assertThat(whole.taken()).isEqualTo(101);
  }

  @Test
  void givenAPart_whenItIsClosed_thenNothingOfItIsTaken_whateverIsGivenBackLater() {
    var one = whole.part();
    whole.take(10);
    one.take(60);
    one.close();
    assertThat(whole.taken()).isEqualTo(10);

    one.give(20);
    one.close();
    assertThat(whole.taken()).isEqualTo(10);
  }
}
