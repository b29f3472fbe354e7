package dev.lastword.journal.postgresql;

import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;

/** One server for all tests of the room; each has a journal of its own there. */
final class TestServer {
  static final FileJournal.Options SMALL = new FileJournal.Options(64 << 10, 8 << 10);
  private static final EmbeddedPostgres SERVER = start();

  private TestServer() {}

  private static EmbeddedPostgres start() {
    try {
      return EmbeddedPostgres.start(); // it stops with the JVM
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static int port() {
    return SERVER.getPort();
  }

  static PostgresServer at(int port) {
    return new PostgresServer(
        "jdbc:postgresql://localhost:" + port + "/postgres", "postgres", "postgres");
  }

  static PostgresJournal.Options journal(String name) {
    return journal(name, port());
  }

  static PostgresJournal.Options journal(String name, int port) {
    return new PostgresJournal.Options(at(port), name, Duration.ofMillis(500));
  }

  static Journal open(String name) {
    return PostgresJournal.open(journal(name), SMALL);
  }

  /** A person's connection. */
  static Connection connect() throws SQLException {
    return DriverManager.getConnection(at(port()).url(), "postgres", "postgres");
  }

  static void run(String sql) throws SQLException {
    try (var connection = connect();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static long number(String sql) throws SQLException {
    try (var connection = connect();
        var statement = connection.createStatement();
        var row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Finds the connection that writes a journal: it alone has that journal's lock for itself. */
  static String writerOf(String name) {
    return """
    (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'
      AND classid = 'lastword_journals'::regclass::oid AND granted
      AND objid::bigint = 4294967296 - (SELECT journal FROM lastword_journals
        WHERE name = '%s'))\
    """
        .formatted(name);
  }
}
