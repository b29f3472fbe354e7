package dev.lastword.archive.postgresql;

import dev.lastword.journal.postgresql.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Connects to a server that may be gone. For a moment after a try that failed all others fail with
 * it: who asks for something then is told so at once, and does not wait for its own try.
 * Thread-safe.
 */
final class Connecting {
  private static final long PAUSE_NANOS = 1_000_000_000;

  /** Somebody ended this one connection, as it began: that says nothing of the next. */
  private static final String ENDED = "57P01";

  private final PostgresServer server;
  private final String application;

  private @Nullable Failure last;

  /** A try that failed, and when that was. */
  private record Failure(SQLException why, long nanoTime) {}

  Connecting(PostgresServer server, String application) {
    this.server = server;
    this.application = application;
  }

  /** Connects, in autocommit mode. */
  Connection connect() throws SQLException {
    refuseIfGone();
    try {
      return server.connect(application);
    } catch (SQLException e) {
      if (!ENDED.equals(e.getSQLState())) {
        remember(new Failure(e, System.nanoTime()));
      }
      throw e;
    }
  }

  private synchronized void refuseIfGone() throws SQLException {
    var failure = last;
    if (failure != null && System.nanoTime() - failure.nanoTime() < PAUSE_NANOS) {
      var why = failure.why();
      throw new SQLException(why.getMessage(), why.getSQLState(), why);
    }
  }

  private synchronized void remember(Failure failure) {
    last = failure;
  }
}
