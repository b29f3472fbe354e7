package dev.lastword.library;

import java.sql.SQLException;
import java.sql.SQLWarning;
import org.jspecify.annotations.Nullable;

/** What a database says of a commit. */
public final class Commits {
  private Commits() {}

  /**
   * PostgreSQL commits with a warning, and not with an error, where it did not wait for the standby
   * that it was to wait for. A {@link TransactionBoundary} asks this of its connection after the
   * commit; the warnings of what came before are to be cleared first.
   *
   * @throws SQLException if there is one: the commit is to be asked for again
   */
  public static void requireNoWarning(@Nullable SQLWarning warning) throws SQLException {
    if (warning != null) {
      throw new SQLException("the commit was said with a warning", warning.getSQLState());
    }
  }
}
