package dev.lastword.journal.postgresql;

import dev.lastword.journal.DiskFullException;
import dev.lastword.journal.FencedException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection for all but flushes, so that none waits for a read. One at a time uses it, blocked
 * on the server meanwhile; one that failed is made anew for the next. Thread-safe.
 */
final class Side implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PostgresJournal.class);

  /** The only SQLSTATE that says so; others of its class are too little of something else. */
  private static final String DISK_FULL = "53100";

  private final PostgresServer server;
  private final ReentrantLock using = new ReentrantLock();
  private @Nullable Connection connection;
  private boolean closed;

  Side(PostgresServer server) {
    this.server = server;
  }

  /** What is done with the connection. */
  @FunctionalInterface
  interface Work<T extends @Nullable Object> {
    T on(Connection connection) throws SQLException, IOException;
  }

  /**
   * Does something, each statement for itself. On a connection that turns out to be gone, which
   * stood idle and a proxy has cut, it is done once more on another.
   */
  <T extends @Nullable Object> T call(Work<T> work) throws IOException {
    using.lock();
    try {
      boolean mayBeStale = connection != null;
      try {
        return work.on(connection());
      } catch (UndecidedException e) {
        throw e;
      } catch (SQLException e) {
        discard();
        if (!mayBeStale || !isBroken(e)) {
          throw e;
        }
        log.info("journal.connection_anew cause={}", e.getMessage());
        return work.on(connection());
      }
    } catch (SQLException e) {
      discard();
      throw DISK_FULL.equals(e.getSQLState())
          ? new DiskFullException("" + e.getMessage(), e)
          : new IOException(e.getMessage(), e);
    } finally {
      using.unlock();
    }
  }

  /** The connection is no more, or the server was told to end it. */
  private static boolean isBroken(SQLException e) {
    var state = e.getSQLState();
    return state != null && (state.startsWith("08") || state.startsWith("57P"));
  }

  /** A commit was sent, and nobody knows what became of it: what it was of is not done again. */
  private static final class UndecidedException extends SQLException {
    private static final long serialVersionUID = 1;

    UndecidedException(SQLException cause) {
      super(cause.getMessage(), cause.getSQLState(), cause);
    }
  }

  /**
   * Does something in a transaction that only the journal's owner may.
   *
   * @throws FencedException if another process has opened the journal since
   */
  <T extends @Nullable Object> T change(Ownership ownership, String journal, Work<T> work)
      throws IOException {
    return call(
        open -> {
          open.setAutoCommit(false);
          try {
            ownership.share(open);
            requireOwned(open, ownership, journal);
            open.clearWarnings();
            var result = work.on(open);
            commit(open);
            open.setAutoCommit(true);
            return result;
          } catch (SQLException | IOException e) {
            discard(); // and with it what was not committed
            throw e;
          }
        });
  }

  private static void commit(Connection open) throws SQLException {
    try {
      open.commit();
      Commit.require(open.getWarnings());
    } catch (SQLException e) {
      throw new UndecidedException(e);
    }
  }

  private static void requireOwned(Connection connection, Ownership ownership, String journal)
      throws SQLException, IOException {
    try (var query =
        connection.prepareStatement("SELECT epoch FROM lastword_journals WHERE journal = ?")) {
      query.setInt(1, ownership.journal());
      try (var row = query.executeQuery()) {
        if (!row.next() || row.getLong(1) != ownership.epoch()) {
          throw ownership.fenced(connection, journal);
        }
      }
    }
  }

  private Connection connection() throws SQLException, IOException {
    if (closed) {
      throw new IOException("the journal is closed");
    }
    var open = connection;
    if (open == null) {
      open = server.connect("lastword journal, reading");
      connection = open;
    }
    return open;
  }

  private void discard() {
    var open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        log.warn("journal.connection_not_closed cause={}", e.getMessage());
      }
    }
  }

  @Override
  public void close() {
    using.lock();
    try {
      closed = true;
      discard();
    } finally {
      using.unlock();
    }
  }
}
