package dev.lastword.journal.postgresql;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/**
 * A lock of the server's that a connection holds as long as it lives, so that a second process is
 * refused while the first is alive. Whoever writes is fenced besides: this is not what keeps two
 * apart that both believe to have it.
 *
 * @param locks the first half of its number: a table's own, so that two schemas of a database do
 *     not meet
 * @param number the other half
 */
public record Courtesy(int locks, int number) {
  /** A lock was not to be had in time. */
  private static final String LOCK_NOT_AVAILABLE = "55P03";

  /** The number of a table. */
  public static int locks(Connection connection, String table) throws SQLException {
    try (var query = connection.prepareStatement("SELECT CAST(? AS regclass)::oid::bigint")) {
      query.setString(1, table);
      try (var row = query.executeQuery()) {
        row.next();
        return (int) row.getLong(1);
      }
    }
  }

  /** This process, as others are told of it. */
  public static String self() {
    try {
      return "process %d on %s"
          .formatted(ProcessHandle.current().pid(), InetAddress.getLocalHost().getHostName());
    } catch (UnknownHostException e) {
      return "process " + ProcessHandle.current().pid();
    }
  }

  /** Takes it unless another connection has it. */
  public boolean takeIfFree(Connection connection) throws SQLException {
    try (var query = connection.prepareStatement("SELECT pg_try_advisory_lock(?, ?)")) {
      query.setInt(1, locks);
      query.setInt(2, number);
      try (var row = query.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }

  /**
   * Ends every connection that has it, or a lock beside it: its process is known to have lost its
   * right, and may be one that stands still and will never let go.
   *
   * @param beside the other number of a lock that the same process takes
   */
  public void pushAside(Connection connection, int beside) throws SQLException {
    try (var query =
        connection.prepareStatement(
            "SELECT count(pg_terminate_backend(pid)) FROM (SELECT DISTINCT pid FROM pg_locks"
                + " WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()"
                + " AND database = (SELECT oid FROM pg_database"
                + " WHERE datname = current_database())"
                + " AND classid::bigint = ? AND objid::bigint IN (?, ?)) AS owners")) {
      query.setLong(1, Integer.toUnsignedLong(locks));
      query.setLong(2, Integer.toUnsignedLong(number));
      query.setLong(3, Integer.toUnsignedLong(beside));
      query.execute();
    }
  }

  /**
   * Waits for whoever has it, in autocommit mode.
   *
   * @return false if the wait was over first
   */
  public boolean take(Connection connection, Duration wait) throws SQLException {
    try (var statement = connection.createStatement();
        var lock = connection.prepareStatement("SELECT pg_advisory_lock(?, ?)")) {
      statement.execute("SET lock_timeout = " + wait.toMillis());
      lock.setInt(1, locks);
      lock.setInt(2, number);
      lock.execute();
      statement.execute("SET lock_timeout = 0");
      return true;
    } catch (SQLException e) {
      if (LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
        return false;
      }
      throw e;
    }
  }
}
