package dev.lastword.sabotage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TableTest {
  private static final String GUIDE =
      """
      # Sabotage

      Text of people.

      <!-- What follows is written by `./lastword sabotage`. -->

      2 bugs; 2 were looked for, 1 of them found.

      ### journal

      | bug | breaks | found by | after |
      |---|---|---|---|
      | `old` | I1: gone from the list. | **nobody** | 60 s |
      | `kept` | I1: as before. | seed 3 (I1) | 0.4 s |
      """;

  private static Bug bug(String name) {
    var change = new Change("journal/Writer.java", List.of("a"), List.of("b"));
    return new Bug(name, "I2: a | b.", List.of(change));
  }

  @Test
  void givenARunOfOneBug_whenWritten_thenItsRowChangesAndTheOthersStay() {
    var table = Table.of(GUIDE);
    var fresh = bug("fresh");
    var by = new Verdict.By.Test("WriterTest.forces", "red");

    table.put(new Verdict(fresh, by, Duration.ofSeconds(12)));
    var guide = table.guide(new BugList(List.of(fresh, bug("kept"), bug("not-yet"))));

    assertThat(guide)
        .startsWith("# Sabotage\n\nText of people.\n")
        .contains("3 bugs; 2 were looked for, 2 of them found.")
        .contains(
            "| `fresh` | I2: a \\| b. | `WriterTest.forces` | 12 s |\n| `kept` | I1: as before.")
        .doesNotContain("`old`");
    assertThat(Table.of(guide).guide(new BugList(List.of(fresh, bug("kept")))))
        .contains("2 bugs; 2 were looked for, 2 of them found.");
  }

  @Test
  void givenABugThatNobodyFound_whenWritten_thenItDoesNotCountAsFound() {
    var table = Table.of(GUIDE);
    var fresh = bug("fresh");

    table.put(new Verdict(fresh, new Verdict.By.Nobody(), Duration.ofSeconds(90)));

    assertThat(table.guide(new BugList(List.of(fresh))))
        .contains("1 bugs; 1 were looked for, 0 of them found.");
  }

  @Test
  void givenAGuideWithoutAPlaceForIt_whenRead_thenItIsRefused() {
    assertThatThrownBy(() -> Table.of("# Sabotage\n")).isInstanceOf(BugListException.class);
  }
}
