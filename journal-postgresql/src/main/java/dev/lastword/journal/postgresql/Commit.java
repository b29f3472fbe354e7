package dev.lastword.journal.postgresql;

import java.sql.SQLException;
import java.sql.SQLWarning;
import org.jspecify.annotations.Nullable;

/** Whether a commit that returned is one. */
public final class Commit {
  /** A class of SQLSTATE: who runs the server has interrupted. */
  private static final String WARNING_CLASS = "01";

  private Commit() {}

  /**
   * Refuses a commit that was said with a warning. A server that was to wait for its standby and
   * was told not to says that it committed, and that the standby may not have it: whoever takes
   * that for a commit loses it with the server.
   *
   * @param warning what the statement or the connection has, the first of a chain
   * @throws SQLException if there is one
   */
  public static void require(@Nullable SQLWarning warning) throws SQLException {
    for (var each = warning; each != null; each = each.getNextWarning()) {
      var state = each.getSQLState();
      if (state != null && state.startsWith(WARNING_CLASS)) {
        throw new SQLException("it was committed with a warning: " + each.getMessage(), state);
      }
    }
  }
}
