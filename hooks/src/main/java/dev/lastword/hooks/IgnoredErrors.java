package dev.lastword.hooks;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

/**
 * What {@code insert ignore} of MariaDB and MySQL has passed over beside a row that is there: a
 * value that was cut off or replaced, or a row that was left out for a constraint. They are
 * warnings there, and not errors.
 */
final class IgnoredErrors {
  /**
   * No null, no default, out of range, cut off, malformed, too long, another table's row missing, a
   * check (of MySQL, and of MariaDB).
   */
  private static final Set<Integer> LOSSES =
      Set.of(1048, 1364, 1264, 1265, 1292, 1366, 1406, 1452, 3819, 4025);

  private IgnoredErrors() {}

  /**
   * To be called behind the statement, before any other of its connection.
   *
   * @throws SQLException of a state that says that the value is never taken, if there is any
   */
  static void require(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery("show warnings")) {
      while (rows.next()) {
        int code = rows.getInt("Code");
        if (!rows.getString("Level").equals("Note") && LOSSES.contains(code)) {
          throw new SQLException("passed over", "23000", code);
        }
      }
    }
  }
}
