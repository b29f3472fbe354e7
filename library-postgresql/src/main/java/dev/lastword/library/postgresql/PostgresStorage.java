package dev.lastword.library.postgresql;

import dev.lastword.archive.postgresql.PostgresArchive;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.postgresql.PostgresJournal;
import dev.lastword.journal.postgresql.PostgresServer;
import dev.lastword.library.Storage;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;

/**
 * A schema in a database of PostgreSQL 14 or later: the journal and the archive as rows that the
 * application's own backups, standbys and disks look after.
 *
 * <pre>{@code
 * Lastword.at(PostgresStorage.of("jdbc:postgresql://db/app", "app", password)).open();
 * }</pre>
 *
 * <p>One process at a time has a schema: applications of several processes give each its own. What
 * another has left open is waited for, for as long as a server takes to notice that its machine is
 * gone. It has connections of its own, seven at the most, and none of a pool's.
 *
 * <p>Where the database goes and comes back, so does this: see {@link Storage#comesBack}.
 */
public final class PostgresStorage implements Storage {
  /** The schema where nothing else is said. */
  public static final String SCHEMA = "lastword";

  /** PostgreSQL cuts a longer name, so that two would be one. */
  private static final int SCHEMA_BYTES_MAX = 63;

  private final PostgresServer server;
  private final String schema;
  private final Duration ownerWait;

  private PostgresStorage(PostgresServer server, String schema, Duration ownerWait) {
    this.server = server;
    this.schema = schema;
    this.ownerWait = ownerWait;
  }

  /**
   * The schema {@link #SCHEMA} of a database.
   *
   * @param url begins with {@code jdbc:postgresql:}
   * @param user {@code ""} where the URL says it
   * @param password {@code ""} where there is none, or the URL says it
   * @throws IllegalArgumentException if the URL is none of PostgreSQL; the message has nothing of
   *     it
   */
  public static PostgresStorage of(String url, String user, String password) {
    return new PostgresStorage(
        new PostgresServer(url, user, password), SCHEMA, Duration.ofSeconds(35));
  }

  /**
   * The same database, in another schema, which is made if it is not there.
   *
   * @param name in whatever letters; 1 to 63 bytes of UTF-8
   * @throws IllegalArgumentException if it is none, or the server's own
   */
  public PostgresStorage schema(String name) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes == 0 || bytes > SCHEMA_BYTES_MAX || name.indexOf(0) >= 0 || name.startsWith("pg_")) {
      throw new IllegalArgumentException(
          "schema is '%s': 1 to %d bytes, not beginning with pg_"
              .formatted(name, SCHEMA_BYTES_MAX));
    }
    return new PostgresStorage(server, name, ownerWait);
  }

  /** For tests: how long another process that has it is waited for. */
  PostgresStorage ownerWait(Duration wait) {
    return new PostgresStorage(server, schema, wait);
  }

  @Override
  public Opened open() {
    var there = server.inSchema(schema);
    makeSchema();
    var journal =
        PostgresJournal.open(
            new PostgresJournal.Options(there, PostgresJournal.MAIN, ownerWait),
            FileJournal.Options.DEFAULT);
    try {
      return new Opened(
          journal, PostgresArchive.open(new PostgresArchive.Options(there, ownerWait)));
    } catch (RuntimeException | Error e) { // a library that is not there is an error
      journal.close();
      throw e;
    }
  }

  private void makeSchema() {
    try (var connection = server.connect("lastword schema")) {
      PostgresServer.makeSchema(connection, schema);
    } catch (SQLException e) {
      throw new JournalFailedException(
          "%s: the schema %s cannot be used: %s".formatted(server, schema, e.getMessage()), e);
    }
  }

  /** A database restarts, and is changed for its standby. */
  @Override
  public boolean comesBack() {
    return true;
  }

  /** The database, without what its URL says of users and passwords, and the schema. */
  @Override
  public String toString() {
    return server + ", schema " + schema;
  }
}
