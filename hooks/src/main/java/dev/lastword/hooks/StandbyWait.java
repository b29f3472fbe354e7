package dev.lastword.hooks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether PostgreSQL has waited for the standby that it is to wait for. A wait that is cancelled,
 * as by a call that takes too long, is a commit with a warning and not an error; and the next try
 * finds the row and has nothing to commit, so nothing to wait for. A commit of something else,
 * which returns without a warning, says of all before it that they are there. Thread-safe.
 */
final class StandbyWait {
  private static final String SOMETHING_ELSE =
      "select pg_logical_emit_message(true, 'lastword', '')";

  /** There is no such function, or it is not for everybody: another server of this protocol. */
  private static final Set<String> NOT_THERE = Set.of("42883", "42501", "0A000");

  /** How long a statement may take, and how it is cancelled. */
  @FunctionalInterface
  interface Bounds {
    void set(PreparedStatement statement) throws SQLException;
  }

  /** Also of what another process has left behind, so not at first. */
  private volatile boolean waited;

  /**
   * To be called once a statement has committed by itself.
   *
   * @param warning what it was said with, by the server or by the statement itself
   * @param written whether it has changed anything: if not, what it was to write may be there from
   *     an earlier try, of which nobody knows whether it was waited for
   * @param bounds of what is run besides
   * @throws SQLException if it is not known whether a standby has it
   */
  void require(Connection connection, @Nullable SQLWarning warning, boolean written, Bounds bounds)
      throws SQLException {
    if (isWarned(warning)) {
      waited = false;
    }
    if (waited && written) {
      return;
    }
    try (var statement = connection.prepareStatement(SOMETHING_ELSE)) {
      bounds.set(statement);
      statement.execute();
      if (isWarned(statement.getWarnings())) {
        throw new SQLException("the commit was said with a warning", "01000");
      }
    } catch (SQLException e) {
      if (e.getSQLState() == null || !NOT_THERE.contains(e.getSQLState())) {
        throw e;
      }
    }
    waited = true;
  }

  /**
   * A statement has failed. It may have committed all the same, where the server was ended while it
   * waited: then what it is tried again with has nothing to wait for.
   */
  void doubt() {
    waited = false;
  }

  /** A notice is none. */
  private static boolean isWarned(@Nullable SQLWarning first) {
    for (var each = first; each != null; each = each.getNextWarning()) {
      if (each.getSQLState() == null || !each.getSQLState().startsWith("00")) {
        return true;
      }
    }
    return false;
  }
}
