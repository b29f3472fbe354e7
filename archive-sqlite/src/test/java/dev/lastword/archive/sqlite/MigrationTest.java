package dev.lastword.archive.sqlite;

import static dev.lastword.testing.Deposits.batch;
import static dev.lastword.testing.Deposits.id;
import static dev.lastword.testing.Deposits.resting;
import static dev.lastword.testing.Deposits.unfinished;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.archive.Archive.Checkpoint;
import dev.lastword.archive.Archive.Deposit;
import dev.lastword.archive.Archive.Known;
import dev.lastword.archive.Archive.Query;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.EpochSpan;
import dev.lastword.archive.UsageQuery;
import dev.lastword.archive.UsageSum;
import dev.lastword.journal.Outcome;
import dev.lastword.testing.Deposits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An archive of version 1, written by the version of Lastword that had it (commit 03082eb), is read
 * by this one.
 */
final class MigrationTest {
  private static final Query ALL = new Query(null, null, null, null, null, 1_000);

  @TempDir Path dir;
  private Path file;

  @BeforeEach
  void copy() throws IOException {
    file = dir.resolve("archive.db");
    try (var version1 = getClass().getResourceAsStream("archive-v1.db")) {
      Files.copy(Objects.requireNonNull(version1), file);
    }
  }

  @Test
  void givenVersion1_whenOpened_thenEverythingOfItIsThere() {
    try (var archive = SqliteArchive.open(file)) {
      assertThat(archive.list(ALL))
          .extracting(ArchivedStream::id)
          .containsExactly(id(6), id(5), id(4), id(3), id(2), id(1));
      assertThat(archive.find(id(2))).contains(rejected());
      for (int number : new int[] {1, 2, 3, 5, 6}) {
        var events = archive.read(id(number), 1).orElseThrow().events().decode();
        assertThat(events).hasSize(5);
        assertThat(events.get(0).data()).isEqualTo("Hello " + number);
        assertThat(events.get(0).id()).isEqualTo("up-1");
        assertThat(events.get(1).data()).isEqualTo("Grüße\nzwei");
        assertThat(events.get(2).dataBytes()).containsExactly(0xff, 0, 'x', 0xc3);
        assertThat(archive.response(id(number))).contains("{\"number\":" + number + "}");
      }
      assertThat(archive.read(id(4), 1)).isEmpty();
      assertThat(archive.unfinished()).isEmpty();
      assertThat(archive.known(List.of(id(1))))
          .isEqualTo(Map.of(id(1), new Known(0, 0, true, false)));
    }
  }

  private static ArchivedStream rejected() {
    return new ArchivedStream(
        id(2),
        Map.of("conversation", "chat-0", "model", "m", "zeta", "1", "alpha", "\"2\"\n"),
        2_000,
        0,
        0,
        ArchivedStream.State.RELEASED,
        Outcome.FAILED,
        "save_rejected",
        false,
        false,
        true,
        true,
        false,
        false,
        2_500,
        1,
        5,
        0,
        0,
        93,
        0,
        List.of(new EpochSpan(1, 1), new EpochSpan(2, 4)),
        "");
  }

  @Test
  void givenACheckpointOfVersion1_whenStored_thenItIsBoundToThatJournal() {
    try (var archive = SqliteArchive.open(file)) {
      assertThat(archive.checkpoint()).contains(new Checkpoint(null, 4711));

      archive.store(batch(5_000, resting(7)));

      assertThat(archive.checkpoint()).contains(new Checkpoint(Deposits.JOURNAL, 5_000));
      assertThat(archive.list(ALL)).hasSize(7);
    }
  }

  @Test
  void givenARowOfVersion1_whenMoreOfItsLifeIsStored_thenItIsWhole() {
    try (var archive = SqliteArchive.open(file)) {
      var old = archive.find(id(1)).orElseThrow();

      archive.store(batch(5_000, new Deposit(old, List.of(), "{}", "new")));

      assertThat(archive.find(id(1))).contains(old);
      assertThat(archive.response(id(1))).contains("{}");
      assertThat(archive.read(id(1), 1)).isPresent();
    }
  }

  @Test
  void givenVersion1_whenMigrated_thenItsTablesAreThoseOfANewArchive() throws SQLException {
    SqliteArchive.open(file).close();
    SqliteArchive.open(dir.resolve("new.db")).close();

    for (var what :
        List.of(
            "SELECT type, name, tbl_name FROM sqlite_schema ORDER BY type, name",
            "SELECT sql FROM sqlite_schema WHERE name = 'streams' OR type IN ('index', 'trigger')"
                + " ORDER BY name",
            "SELECT m.name, c.* FROM sqlite_schema m, pragma_table_xinfo(m.name) c"
                + " WHERE m.type = 'table' ORDER BY m.name, c.cid",
            "PRAGMA foreign_key_list(events)",
            "PRAGMA user_version",
            "PRAGMA application_id",
            "PRAGMA auto_vacuum",
            "PRAGMA integrity_check",
            "PRAGMA foreign_key_check")) {
      assertThat(rows(file, what)).as(what).isEqualTo(rows(dir.resolve("new.db"), what));
    }
  }

  @Test
  void givenVersion1_whenItsAnswersAreOld_thenTheirAgeCountsFromTheMigration() {
    try (var archive = SqliteArchive.open(file)) {
      assertThat(archive.outlived(1, Long.MAX_VALUE, 100)).isEmpty();
      assertThat(archive.outlived(2, Long.MAX_VALUE, 100)).hasSize(6);
      assertThat(archive.outlived(0, 0, 2)).containsExactly(id(1), id(2));
    }
  }

  @Test
  void givenVersion2_whenOpened_thenTheLedgerHasItOnce_andReceiptsAreOfWhatComes()
      throws SQLException {
    var old = dir.resolve("old.db");
    try (var archive = SqliteArchive.open(old)) {
      archive.store(batch(1, resting(1), unfinished(3, 30, 31, 0, 0)));
    }
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + old);
        var statement = connection.createStatement()) {
      statement.executeUpdate("ALTER TABLE streams DROP COLUMN receipt");
      statement.executeUpdate("UPDATE streams SET crc = NULL"); // it was of the receipt, too
      statement.executeUpdate("DROP TABLE ledger");
      statement.executeUpdate("PRAGMA user_version = 2");
    }

    try (var archive = SqliteArchive.open(old)) {
      assertThat(archive.find(id(1)).orElseThrow().receipt()).isEmpty();
      archive.store(batch(1, resting(1)));
      archive.store(batch(2, resting(2)));

      assertThat(archive.usage(new UsageQuery(List.of(), null, null, null, 1)))
          .containsExactly(new UsageSum(List.of(), 2, 2, 0, 0, 0, 0));
      assertThat(archive.find(id(2)))
          .contains(resting(2).stream())
          .hasValueSatisfying(row -> assertThat(row.receipt()).isNotEmpty());
    }
    assertThat(rows(old, "PRAGMA user_version")).isEqualTo(List.of(List.of(3)));
  }

  private static List<List<Object>> rows(Path file, String query) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement();
        var rows = statement.executeQuery(query)) {
      var all = new ArrayList<List<Object>>();
      while (rows.next()) {
        var row = new ArrayList<Object>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          row.add(rows.getObject(i));
        }
        all.add(row);
      }
      return all;
    }
  }
}
