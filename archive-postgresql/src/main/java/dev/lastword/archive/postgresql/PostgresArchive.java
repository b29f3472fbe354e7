package dev.lastword.archive.postgresql;

import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.sql.ArchiveReading;
import dev.lastword.archive.sql.Session;
import dev.lastword.archive.sql.SqlArchive;
import dev.lastword.archive.sql.Transactions;
import dev.lastword.archive.sql.Workers;
import dev.lastword.journal.postgresql.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The archive in a database of PostgreSQL that a person can look into with {@code psql}.
 *
 * <p>One connection writes and a few read; none waits for another. A connection that breaks is made
 * anew, so the archive lives through a restart of the server: what is asked of it meanwhile fails,
 * and what is stored then is to be stored again.
 *
 * @see "docs/formats/archive.md §7"
 */
public final class PostgresArchive extends SqlArchive {
  private static final Logger log = LoggerFactory.getLogger(PostgresArchive.class);

  /** Reads at once, as many as the pool of a small application has connections. */
  private static final int READERS = 4;

  /** How long a call is tried while somebody else holds a lock. */
  static final Duration LOCK_WAIT = Duration.ofSeconds(2);

  private static final String SIZE =
      "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE oid IN"
          + " ('lastword_streams'::regclass, 'lastword_events'::regclass,"
          + " 'lastword_deleted'::regclass, 'lastword_ledger'::regclass)";

  /** Together with the writer less than the two seconds that closing may take. */
  private static final Duration CLOSE_READERS_MAX = Duration.ofMillis(700);

  private final String place;
  private final Writing writing;

  /**
   * Where an archive is.
   *
   * @param server whose database it is in, in the first schema of the search path
   * @param ownerWait how long another process that has it open is waited for: a connection whose
   *     machine is gone is noticed by the server within half a minute
   * @param entitled whether it is known that no other process has a right to the archive any more:
   *     then the connections of one that has it open are ended
   */
  public record Options(PostgresServer server, Duration ownerWait, boolean entitled) {
    private static final long OWNER_WAIT_MS_MAX = 50_000;

    /** Another process is waited for as long as a machine that is gone. */
    public Options(PostgresServer server) {
      this(server, Duration.ofSeconds(35));
    }

    /** Nothing is known of other processes. */
    public Options(PostgresServer server, Duration ownerWait) {
      this(server, ownerWait, false);
    }

    /** By a process that alone has a right to it. */
    public static Options entitled(PostgresServer server) {
      return new Options(server, Duration.ofSeconds(35), true);
    }

    /**
     * @throws IllegalArgumentException if the wait is out of its bounds
     */
    public Options {
      long waitMs = ownerWait.toMillis();
      if (waitMs < 1 || waitMs > OWNER_WAIT_MS_MAX) {
        throw new IllegalArgumentException(
            "ownerWait is %d ms: 1 to %d".formatted(waitMs, OWNER_WAIT_MS_MAX));
      }
    }
  }

  private PostgresArchive(PostgresServer server, Connecting connecting, Writing writing) {
    super(
        server.toString(),
        PostgresFlavour.INSTANCE,
        new Workers(
            "lastword-archive-reader",
            READERS,
            true,
            LOCK_WAIT,
            PostgresFlavour.INSTANCE,
            () -> readOnly(connecting.connect())));
    this.place = server.toString();
    this.writing = writing;
  }

  /**
   * Opens an archive, and makes the tables if they are not there.
   *
   * @throws ArchiveFailedException if the server refuses, another process has the archive open, or
   *     its tables are of a later version
   */
  public static PostgresArchive open(Options options) {
    var writing = new Writing(options);
    try {
      writing.open();
      return new PostgresArchive(
          options.server(), new Connecting(options.server(), "lastword archive, reading"), writing);
    } catch (SQLException | ArchiveFailedException e) {
      writing.close();
      throw failed(options.server().toString(), PostgresFlavour.INSTANCE, "open the archive", e);
    }
  }

  /**
   * Reads an archive that is there, and changes nothing.
   *
   * @throws ArchiveFailedException if it cannot be read
   */
  public static ArchiveReading reading(PostgresServer server) {
    try {
      return new ArchiveReading(readOnly(server.connect("lastword, reading")));
    } catch (SQLException e) {
      throw new ArchiveFailedException("cannot read " + server + ": " + e.getMessage(), e);
    }
  }

  /** What several statements of a transaction see is what the first saw. */
  private static Session readOnly(Connection connection) throws SQLException {
    try {
      connection.setReadOnly(true);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setAutoCommit(false);
      return new Session(connection, PostgresFlavour.INSTANCE);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  protected void transact(long bytes, Transactions.Work work) throws SQLException {
    writing.transact(work);
  }

  @Override
  public long bytes() {
    return read("ask how much room it takes", session -> session.number(SIZE));
  }

  @Override
  public void close() {
    readers().close();
    boolean ended = readers().awaitEnd(CLOSE_READERS_MAX);
    ended &= writing.close();
    if (!ended) {
      log.warn("archive.left_open server={}", place);
    }
  }
}
