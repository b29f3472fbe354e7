package dev.lastword.archive.sqlite;

import static dev.lastword.testing.Deposits.batch;
import static dev.lastword.testing.Deposits.id;
import static dev.lastword.testing.Deposits.resting;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.archive.Archive;
import dev.lastword.archive.sql.SeenIds;
import dev.lastword.archive.sql.Session;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said to be new is new, whatever became of the archive. */
final class SeenIdsTest {
  private static final int MANY = 200_000; // the first filter holds a third of them

  @TempDir Path dir;

  private Archive open() {
    return SqliteArchive.open(
        dir.resolve("archive.db"), SqliteArchive.Options.DEFAULT.withReserveBytes(0));
  }

  private static SeenIds ids(int from, int to) throws SQLException {
    var seen = new SeenIds();
    try (var connection = DriverManager.getConnection("jdbc:sqlite::memory:");
        var statement = connection.createStatement();
        var session = new Session(connection, SqliteFlavour.INSTANCE)) {
      statement.execute("CREATE TABLE streams (id TEXT)");
      seen.read(session);
    }
    IntStream.range(from, to).forEach(n -> seen.add(id(n).value()));
    return seen;
  }

  @Test
  void givenMoreIdsThanExpected_thenEachIsKnown_andFewOthersSeemToBe() throws SQLException {
    var seen = ids(0, MANY);

    assertThat(IntStream.range(0, MANY)).allMatch(n -> seen.mayHave(id(n).value()));
    assertThat(IntStream.range(MANY, 2 * MANY).filter(n -> seen.mayHave(id(n).value())).count())
        .isLessThan(MANY / 50);
  }

  @Test
  void givenAnIdThatIsAddedOftenAsItsStreamIsStoredInParts_thenItTakesNoMoreRoom()
      throws SQLException {
    var seen = ids(0, 1);
    for (int i = 0; i < MANY; i++) {
      seen.add(id(0).value());
    }

    IntStream.range(1, 60_000).forEach(n -> seen.add(id(n).value()));

    assertThat(IntStream.range(MANY, 2 * MANY).filter(n -> seen.mayHave(id(n).value())).count())
        .isLessThan(MANY / 50);
  }

  @Test
  void givenNothingReadYet_thenEverythingMayBeThere() {
    assertThat(new SeenIds().mayHave("never")).isTrue();
  }

  @Test
  void givenARestart_thenWhatIsThereIsFoundAtOnceAndLater_andWhatIsNotIsNot() {
    try (var archive = open()) {
      archive.store(batch(1, IntStream.range(0, 500).mapToObj(n -> resting(2 * n)).toList()));
    }
    try (var archive = open()) {
      long until = System.nanoTime() + Duration.ofMillis(300).toNanos();
      while (System.nanoTime() < until) { // before, while and after the ids are read
        assertThat(archive.find(id(998))).isPresent();
        assertThat(archive.find(id(999))).isEmpty();
      }
      archive.store(batch(2, resting(999)));
      assertThat(archive.find(id(999))).isPresent();
      assertThat(archive.find(id(999), "another")).isEmpty();
    }
  }

  @Test
  void givenARowThatSomebodyDeletes_thenItIsNotFound_andItsNextLifeIs() throws SQLException {
    try (var archive = open()) {
      archive.store(batch(1, resting(1), resting(2)));
      try (var connection =
              DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("archive.db"));
          var statement = connection.createStatement()) {
        statement.execute("DELETE FROM streams WHERE id = '" + id(1).value() + "'");
      }
      Awaitility.await().untilAsserted(() -> assertThat(archive.find(id(1))).isEmpty());
      assertThat(archive.find(id(2))).isPresent();
    }
  }
}
