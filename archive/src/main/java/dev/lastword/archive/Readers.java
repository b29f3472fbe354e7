package dev.lastword.archive;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;

/**
 * A few read-only connections, opened as they are needed.
 *
 * <p>A read takes milliseconds and whoever wants a fifth connection waits for one. That is all that
 * is asked of a pool here: the file cannot go away the way a server does, so there is nothing to
 * probe, to retire or to watch from a thread.
 */
final class Readers {
  /** Connections at once; more would only queue on the disk. */
  static final int CONNECTIONS_MAX = 4;

  private final Opening opening;
  private final Semaphore permits = new Semaphore(CONNECTIONS_MAX, true);
  private final Deque<Connection> idle = new ArrayDeque<>();
  private boolean closed;

  Readers(Opening opening) {
    this.opening = opening;
  }

  /** Opens a read-only connection. */
  @FunctionalInterface
  interface Opening {
    Connection open() throws SQLException;
  }

  /** Something done with a connection. */
  @FunctionalInterface
  interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  <T> T read(Work<T> work) throws SQLException {
    permits.acquireUninterruptibly();
    try {
      var connection = take();
      boolean usable = false;
      try {
        var result = work.on(connection);
        usable = true;
        return result;
      } finally {
        giveBack(connection, usable);
      }
    } finally {
      permits.release();
    }
  }

  private Connection take() throws SQLException {
    synchronized (idle) {
      if (closed) {
        throw new SQLException("the archive is closed");
      }
      if (!idle.isEmpty()) {
        return idle.pop();
      }
    }
    return opening.open();
  }

  private void giveBack(Connection connection, boolean usable) throws SQLException {
    synchronized (idle) {
      if (usable && !closed) {
        idle.push(connection);
        return;
      }
    }
    connection.close();
  }

  /** Closes idle connections now and busy ones as they come back. */
  void close() throws SQLException {
    permits.acquireUninterruptibly(CONNECTIONS_MAX);
    try {
      synchronized (idle) {
        closed = true;
        for (var connection : idle) {
          connection.close();
        }
        idle.clear();
      }
    } finally {
      permits.release(CONNECTIONS_MAX);
    }
  }
}
