package dev.lastword.archive.sqlite;

import static dev.lastword.testing.Deposits.batch;
import static dev.lastword.testing.Deposits.deletion;
import static dev.lastword.testing.Deposits.id;
import static dev.lastword.testing.Deposits.large;
import static dev.lastword.testing.Deposits.resting;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lastword.archive.Archive;
import dev.lastword.archive.Archive.Deletion;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.testing.ArchiveContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the SQLite archive promises beyond the contract. */
final class SqliteArchiveTest extends ArchiveContract {
  @Override
  protected Archive open(Path dir) {
    try {
      return SqliteArchive.open(
          Files.createDirectories(dir).resolve("archive.db"),
          SqliteArchive.Options.DEFAULT.withReserveBytes(0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void givenANewArchive_whenWritten_thenOnlyItsOwnerMayReadAnyOfItsFiles() throws IOException {
    assumeTrue(dir.getFileSystem().supportedFileAttributeViews().contains("posix"));
    archive.store(batch(1, resting(1)));

    try (var files = Files.list(dir)) {
      for (var file : files.toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as(file.toString())
            .isEqualTo("rw-------");
      }
    }
  }

  @Test
  void givenAPathOfAnyCharacters_whenOpened_thenTheFileIsThere() throws IOException {
    var odd = Files.createDirectory(dir.resolve("what? #1 50% ä"));
    try (var other = SqliteArchive.open(odd.resolve("archive.db"))) {
      other.store(batch(1, resting(1)));

      assertThat(other.find(id(1))).isPresent();
    }

    assertThat(odd.resolve("archive.db")).isNotEmptyFile();
    assertThat(dir.resolve("what")).doesNotExist();
  }

  @Test
  void givenANewerSchema_whenOpened_thenItIsRefusedAndSaysSo() throws SQLException {
    archive.store(batch(1, resting(1)));
    archive.close();
    execute("PRAGMA user_version = 4");

    assertThatThrownBy(() -> open(dir))
        .isInstanceOf(ArchiveFailedException.class)
        .hasMessageContaining("archive.db: cannot open: schema version 4 is newer than 3");

    execute("PRAGMA user_version = 3");
    archive = open(dir);
    assertStored(resting(1), "untouched");
  }

  @Test
  void givenTheDatabaseOfAnotherProgram_whenOpened_thenItIsRefusedUnchanged() throws Exception {
    var other = Files.createDirectory(dir.resolve("other"));
    try (var connection = connect(other.resolve("archive.db"));
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE mine (a)");
    }
    var before = Files.readAllBytes(other.resolve("archive.db"));

    assertThatThrownBy(() -> open(other))
        .isInstanceOf(ArchiveFailedException.class)
        .hasMessageContaining("another program");
    assertThat(Files.readAllBytes(other.resolve("archive.db"))).isEqualTo(before);
  }

  @Test
  void givenAPersonWhoWritesInAShell_whenRead_thenReadersDoNotWait() throws SQLException {
    archive.store(batch(1, resting(1)));
    try (var shell = connect(dir.resolve("archive.db"));
        var statement = shell.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      statement.execute("DELETE FROM streams");

      assertStored(resting(1), "not yet committed");

      statement.execute("ROLLBACK");
    }
  }

  @Test
  void givenRetentionBySize_whenStreamsGo_thenTheFileShrinks() throws IOException {
    for (int i = 1; i <= 40; i++) {
      archive.store(batch(i, large(i, 1 << 20)));
    }
    var outlived = archive.outlived(0, 4 << 20, 1_000);
    assertThat(outlived).hasSize(37);

    archive.store(
        deletion(
            40, outlived.stream().map(id -> new Deletion(id, 1_000)).toArray(Deletion[]::new)));

    await().until(() -> Files.size(dir.resolve("archive.db")) < 12 << 20);
    assertStored(large(40, 1 << 20), "newest");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "at_rest = 1 AND (created_ms, id) < (1, 'x') ORDER BY created_ms DESC, id DESC",
        "at_rest = 1 AND outcome = 'o' ORDER BY created_ms DESC, id DESC",
        "at_rest = 1 AND conversation = 'c' AND (created_ms, id) < (1, 'x')"
            + " ORDER BY created_ms DESC, id DESC",
        "at_rest = 1 AND outcome = 'o' AND conversation = 'c' ORDER BY created_ms DESC, id DESC",
        "at_rest = 1 AND owner = 'p' AND (created_ms, id) < (1, 'x')"
            + " ORDER BY created_ms DESC, id DESC",
        "at_rest = 1 AND owner = 'p' AND outcome = 'o' AND conversation = 'c'"
            + " ORDER BY created_ms DESC, id DESC",
        "at_rest = 1 ORDER BY complete_time_ms, ended_ms, id",
        "at_rest = 0 ORDER BY opened_at",
      })
  void givenAQueryOfOurs_whenPlanned_thenAnIndexGivesItsOrder(String query) throws SQLException {
    try (var connection = connect(dir.resolve("archive.db"));
        var statement = connection.createStatement();
        var plan =
            statement.executeQuery("EXPLAIN QUERY PLAN SELECT id FROM streams WHERE " + query)) {
      while (plan.next()) {
        assertThat(plan.getString("detail")).contains("INDEX").doesNotContain("TEMP B-TREE");
      }
    }
  }

  @Test
  void givenAProcessKilledWhileItStores_whenOpened_thenWhatItAcknowledgedIsWhole()
      throws Exception {
    archive.close();
    var child =
        ChildJvm.of(StoringProcess.class, dir.resolve("archive.db").toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    long acknowledged = 0;
    try (var lines = child.inputReader(UTF_8)) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        acknowledged = Long.parseLong(line);
        if (acknowledged == 20) {
          child.toHandle().destroyForcibly(); // leaves what it has printed readable
        }
      }
    }
    child.waitFor();

    archive = open(dir);

    assertThat(acknowledged).isGreaterThanOrEqualTo(20);
    long checkpoint = archive.checkpoint().orElseThrow().position();
    assertThat(checkpoint).isBetween(acknowledged, acknowledged + 1);
    assertThat(archive.list(ALL)).hasSize((int) checkpoint * StoringProcess.BATCH);
    for (int i = 0; i < checkpoint * StoringProcess.BATCH; i++) {
      assertStored(StoringProcess.deposit(i), "stream " + i);
    }
  }

  private void execute(String sql) throws SQLException {
    try (var connection = connect(dir.resolve("archive.db"));
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static Connection connect(Path file) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + file);
  }
}
