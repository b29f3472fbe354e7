package dev.lastword.archive.postgresql;

import dev.lastword.journal.postgresql.PostgresServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;

/** One server for all tests of the room; each archive has a schema of its own there. */
final class TestServer {
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

  /** The schema of a directory's archive. */
  static String schema(Path dir) {
    return "a" + Integer.toHexString(dir.toString().hashCode());
  }

  static PostgresServer server(String schema, int port) {
    return new PostgresServer(
        "jdbc:postgresql://localhost:%d/postgres?currentSchema=%s".formatted(port, schema),
        "postgres",
        "postgres");
  }

  static PostgresArchive.Options options(String schema) {
    return options(schema, port());
  }

  static PostgresArchive.Options options(String schema, int port) {
    return new PostgresArchive.Options(server(schema, port), Duration.ofMillis(500));
  }

  /** Opens the archive of a schema, which is made if it is not there. */
  static PostgresArchive open(String schema) {
    make(schema);
    return PostgresArchive.open(options(schema));
  }

  static void make(String schema) {
    try {
      run("CREATE SCHEMA IF NOT EXISTS " + schema);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A person's connection, whose search path is another. */
  static Connection connect() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://localhost:%d/postgres".formatted(port()), "postgres", "postgres");
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
}
