package dev.lastword.journal.postgresql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;

/**
 * A copy of a server that follows it, until it is promoted. The programs at hand have no {@code
 * pg_basebackup}.
 */
final class Standby implements AutoCloseable {
  private static final Duration LONG = Duration.ofMinutes(2);

  private final EmbeddedPostgres server;

  private Standby(EmbeddedPostgres server) {
    this.server = server;
  }

  /** A server whose data is in that folder, and stays there. */
  static EmbeddedPostgres server(Path data) throws IOException {
    return EmbeddedPostgres.builder()
        .setDataDirectory(data)
        .setCleanDataDirectory(false)
        .setServerConfig("synchronous_commit", "local")
        .start();
  }

  /**
   * Makes one, which has all that was committed before.
   *
   * @param data of the primary
   * @param copy its own, not there yet
   */
  static Standby of(EmbeddedPostgres primary, Path data, Path copy)
      throws IOException, SQLException {
    try (var connection = connect(primary.getPort())) {
      text(connection, "SELECT pg_backup_start('standby', true)");
      copy(data, copy);
      Files.writeString(
          copy.resolve("backup_label"), text(connection, "SELECT labelfile FROM pg_backup_stop()"));
      Files.createFile(copy.resolve("standby.signal"));
      Files.writeString(
          copy.resolve("postgresql.auto.conf"),
          "primary_conninfo = 'host=127.0.0.1 port=%d user=postgres'%n"
              .formatted(primary.getPort()),
          UTF_8,
          StandardOpenOption.APPEND);
      var here = text(connection, "SELECT pg_current_wal_flush_lsn()");
      var standby = new Standby(server(copy));
      await()
          .atMost(LONG)
          .until(
              () -> standby.text("SELECT pg_last_wal_replay_lsn() >= '" + here + "'").equals("t"));
      return standby;
    }
  }

  private static void copy(Path data, Path copy) throws IOException {
    Files.createDirectory(
        copy, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.walkFileTree(
        data,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(copy.resolve(data.relativize(folder)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            boolean ofThePrimary =
                file.getFileName().toString().startsWith("postmaster.")
                    || data.resolve("pg_wal").equals(file.getParent());
            if (!ofThePrimary) {
              try {
                Files.copy(file, copy.resolve(data.relativize(file)));
              } catch (NoSuchFileException e) {
                // it was temporary
              }
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        });
  }

  int port() {
    return server.getPort();
  }

  /** It follows nobody any more, and takes writes. */
  void promote() throws SQLException {
    text("SELECT pg_promote(true, 120)");
  }

  private String text(String sql) throws SQLException {
    try (var connection = connect(port())) {
      return text(connection, sql);
    }
  }

  private static String text(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var row = statement.executeQuery(sql)) {
      row.next();
      return String.valueOf(row.getString(1));
    }
  }

  private static Connection connect(int port) throws SQLException {
    return DriverManager.getConnection(TestServer.at(port).url(), "postgres", "postgres");
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
