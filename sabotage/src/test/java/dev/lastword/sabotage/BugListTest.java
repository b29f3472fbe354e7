package dev.lastword.sabotage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class BugListTest {
  private static final String LIST =
      """
      # For people

      ## never-forced

      I1: what was acknowledged
      is not on the disk.

      `journal/Writer.java`

      ```diff
         write(bytes);
      -  force();
      ```

      ```diff
      -  int tries = 1;
      +  int tries = 2;
      ```

      ## other

      I2: something else.

      `stream/Stream.java`

      ```diff
      - a();
      + b();
      ```
      """;

  @Test
  void givenAListOfBugs_whenRead_thenEachHasItsNameWhatItBreaksAndItsChanges() {
    var bugs = BugList.parse("journal.md", LIST);

    assertThat(bugs).extracting(Bug::name).containsExactly("never-forced", "other");
    var first = bugs.getFirst();
    assertThat(first.breaks()).isEqualTo("I1: what was acknowledged is not on the disk.");
    assertThat(first.room()).isEqualTo("journal");
    assertThat(first.changes())
        .containsExactly(
            new Change(
                "journal/Writer.java",
                List.of("  write(bytes);", "  force();"),
                List.of("  write(bytes);")),
            new Change(
                "journal/Writer.java", List.of("  int tries = 1;"), List.of("  int tries = 2;")));
  }

  @Test
  void givenSeveralChangesOfAFile_whenPlanted_thenAllAreInIt() {
    var text = "int tries = 1;\nvoid run() {\n    write(bytes);\n    force();\n}\n";

    var planted = BugList.parse("journal.md", LIST).getFirst().plant(file -> text);

    assertThat(planted)
        .isEqualTo(
            Map.of("journal/Writer.java", "  int tries = 2;\nvoid run() {\n  write(bytes);\n}\n"));
  }

  @Test
  void givenSourcesThatHaveChanged_whenPlanted_thenTheErrorNamesTheBugAndTheLine() {
    var bug = BugList.parse("journal.md", LIST).getFirst();

    assertThatThrownBy(() -> bug.plant(file -> "write(bytes);\nforceLater();\n"))
        .isInstanceOf(BugListException.class)
        .hasMessageContaining("'never-forced'")
        .hasMessageContaining("no lines that begin with \"write(bytes);\"");
  }

  @Test
  void givenLinesThatAreThereTwice_whenPlanted_thenTheErrorNamesTheBug() {
    var bug = BugList.parse("stream.md", LIST).getLast();

    assertThatThrownBy(() -> bug.plant(file -> "a();\na();\n"))
        .isInstanceOf(BugListException.class)
        .hasMessageContaining("'other'")
        .hasMessageContaining("2 times");
  }

  static Stream<String> broken() {
    return Stream.of(
        "## Two words\n",
        "## no-file\n\nI1: x.\n\n```diff\n-a\n+b\n```\n",
        "## no-room\n\nI1: x.\n\n`Stream.java`\n",
        "## no-change\n\nI1: x.\n\n`a/B.java`\n",
        "## nothing-found\n\nI1: x.\n\n`a/B.java`\n\n```diff\n+b\n```\n",
        "## same\n\nI1: x.\n\n`a/B.java`\n\n```diff\n a\n```\n",
        "## no-reason\n\n`a/B.java`\n\n```diff\n-a\n```\n",
        "## no-sign\n\nI1: x.\n\n`a/B.java`\n\n```diff\na\n```\n",
        "## no-end\n\nI1: x.\n\n`a/B.java`\n\n```diff\n-a\n");
  }

  @ParameterizedTest
  @MethodSource("broken")
  void givenAListThatIsNotWellFormed_whenRead_thenItIsRefused(String text) {
    assertThatThrownBy(() -> BugList.parse("broken.md", text)).isInstanceOf(BugListException.class);
  }

  @Test
  void givenTwoBugsOfOneName_whenListed_thenTheyAreRefused() {
    var bugs = BugList.parse("journal.md", LIST);

    assertThatThrownBy(() -> new BugList(List.of(bugs.getFirst(), bugs.getFirst())))
        .hasMessageContaining("never-forced");
  }

  @Test
  void givenANameThatIsNotInTheList_whenChosen_thenItIsRefused() {
    var list = new BugList(BugList.parse("journal.md", LIST));

    assertThat(list.only(List.of("other")).bugs()).extracting(Bug::name).containsExactly("other");
    assertThatThrownBy(() -> list.only(List.of("another"))).hasMessageContaining("'another'");
  }

  /** Whoever changes a line that a bug is planted in is told here, and not by a run of hours. */
  @Test
  void givenTheBugsOfTheProject_whenPlantedInItsSources_thenEachApplies() throws IOException {
    var root = Path.of("..").toAbsolutePath().normalize();

    var list = BugList.read(root.resolve("sabotage/bugs"));

    assertThat(list.bugs()).isNotEmpty();
    assertThat(list.bugs())
        .allSatisfy(
            bug ->
                assertThatCode(() -> bug.plant(file -> SabotageCommand.read(root, file)))
                    .doesNotThrowAnyException());
  }
}
