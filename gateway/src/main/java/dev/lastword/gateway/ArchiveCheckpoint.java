package dev.lastword.gateway;

import dev.lastword.archive.sql.CheckpointRow;
import dev.lastword.archive.sqlite.SqliteArchive;
import dev.lastword.journal.JournalId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How far an archive has followed which journal, read and written with plain SQL: for repairing
 * what does not open any more.
 *
 * @param journal null in an archive that was filled before journals had ids
 * @param position from which a restart would replay
 * @param epoch the last that the archive has seen
 * @param timeMs the latest journal time that it has seen
 * @see "docs/formats/archive.md"
 */
record ArchiveCheckpoint(@Nullable JournalId journal, long position, long epoch, long timeMs) {
  private static final int BUSY_MS = 2_000;

  /**
   * Reads it; empty if there is no archive, it has stored nothing yet, or what it says is damaged.
   *
   * @throws SQLException if the file is no archive that can be read
   */
  static Optional<ArchiveCheckpoint> read(Path database) throws SQLException {
    if (!Files.exists(database)) {
      return Optional.empty();
    }
    try (var connection = connect(database)) {
      boolean knowsJournals = hasColumn(connection, "checkpoint", "journal");
      var columns = knowsJournals ? "position, journal, crc" : "position, NULL, NULL";
      try (var statement = connection.createStatement();
          var row = statement.executeQuery("SELECT " + columns + " FROM checkpoint")) {
        if (!row.next() || !isWhole(row)) {
          return Optional.empty();
        }
        var journal = row.getString(2);
        return Optional.of(
            new ArchiveCheckpoint(
                journal == null ? null : JournalId.parse(journal),
                row.getLong(1),
                number(
                    connection,
                    "SELECT max(span.value ->> '$.epoch')"
                        + " FROM streams, json_each(streams.epochs) AS span"),
                hasColumn(connection, "streams", "complete_time_ms")
                    ? number(connection, "SELECT max(complete_time_ms) FROM streams")
                    : 0));
      }
    }
  }

  private static boolean isWhole(ResultSet row) throws SQLException {
    long crc = row.getLong(3);
    boolean unchecked = row.wasNull();
    return CheckpointRow.isWhole(row.getLong(1), row.getString(2), unchecked ? null : crc);
  }

  /**
   * Lets the archive, a new one if there is none, follow its journal from the oldest entry that is
   * kept. All that it has stays as it is.
   */
  static void beginAnew(Path database, Optional<JournalId> journal) throws SQLException {
    if (!Files.exists(database)) {
      SqliteArchive.open(database, SqliteArchive.Options.DEFAULT.withReserveBytes(0)).close();
    }
    try (var connection = connect(database)) {
      connection.setAutoCommit(false);
      boolean knowsJournals = hasColumn(connection, "checkpoint", "journal");
      run(connection, "DELETE FROM checkpoint");
      try (var row =
          connection.prepareStatement(
              knowsJournals
                  ? "INSERT INTO checkpoint (one, position, journal) VALUES (1, 0, ?)"
                  : "INSERT INTO checkpoint (one, position) VALUES (1, 0)")) {
        if (knowsJournals) {
          row.setString(1, journal.map(JournalId::toString).orElse(null));
        }
        row.executeUpdate();
      }
      connection.commit();
    }
  }

  /**
   * Lets the archive follow another journal from its beginning. What it has stays; where that lay
   * in the other journal is forgotten, and its age counts from now on.
   *
   * @param timeMs the journal's time
   */
  static void followAnother(Path database, long timeMs) throws SQLException {
    try (var connection = connect(database)) {
      connection.setAutoCommit(false);
      boolean knowsJournals = hasColumn(connection, "checkpoint", "journal");
      run(
          connection,
          "UPDATE checkpoint SET position = 0"
              + (knowsJournals ? ", journal = NULL, crc = NULL" : ""));
      if (knowsJournals) {
        run(connection, "UPDATE streams SET opened_at = 0, up_to = 0, crc = NULL");
        run(
            connection,
            "UPDATE streams SET complete_time_ms = "
                + Math.max(1, timeMs)
                + " WHERE complete_time_ms > 0");
        run(connection, "DELETE FROM deleted");
      }
      connection.commit();
    }
  }

  private static Connection connect(Path database) throws SQLException {
    var connection = DriverManager.getConnection("jdbc:sqlite:" + database.toAbsolutePath());
    run(connection, "PRAGMA busy_timeout = " + BUSY_MS);
    return connection;
  }

  private static boolean hasColumn(Connection connection, String table, String column)
      throws SQLException {
    return number(
            connection,
            "SELECT count(*) FROM pragma_table_info('%s') WHERE name = '%s'"
                .formatted(table, column))
        > 0;
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var row = statement.executeQuery(sql)) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
