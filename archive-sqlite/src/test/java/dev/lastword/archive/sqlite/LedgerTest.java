package dev.lastword.archive.sqlite;

import static dev.lastword.testing.Deposits.batch;
import static dev.lastword.testing.Deposits.deletion;
import static dev.lastword.testing.Deposits.id;
import static dev.lastword.testing.Deposits.resting;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.archive.Archive.Deletion;
import dev.lastword.archive.Archive.Deposit;
import dev.lastword.archive.TokenCounts;
import dev.lastword.archive.UsageQuery;
import dev.lastword.archive.UsageSum;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ledger as a person reads it in SQL, and what earlier versions have to say for it. */
final class LedgerTest {
  private static final UsageQuery ALL = new UsageQuery(List.of(), null, null, null, 1);

  @TempDir Path dir;
  private Path file;

  @BeforeEach
  void name() {
    file = dir.resolve("archive.db");
  }

  @Test
  void givenVersion1_whenOpened_thenItsStreamsAreInTheLedger() throws IOException {
    try (var version1 = getClass().getResourceAsStream("archive-v1.db")) {
      Files.copy(Objects.requireNonNull(version1), file);
    }

    try (var archive = SqliteArchive.open(file)) {
      assertThat(archive.usage(ALL).getFirst().responses()).isEqualTo(6);
    }
  }

  @Test
  void givenAStreamThatOutlivedItsTime_whenDeletedByAnybody_thenItsRowStays() throws SQLException {
    var tokens = new TokenCounts(7L, 3L, null, null);
    try (var archive = SqliteArchive.open(file)) {
      for (int number : new int[] {1, 2}) {
        var rest = resting(number);
        archive.store(batch(number, new Deposit(rest.stream(), rest.events(), null, null, tokens)));
      }
      archive.store(deletion(3, new Deletion(id(1), 1_000)));
    }
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement()) {
      statement.executeUpdate("DELETE FROM streams");
    }

    try (var archive = SqliteArchive.open(file)) {
      assertThat(archive.find(id(2))).isEqualTo(Optional.empty());
      assertThat(archive.usage(ALL)).containsExactly(new UsageSum(List.of(), 2, 0, 14, 6, 0, 0));
    }
  }
}
