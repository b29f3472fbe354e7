package dev.lastword.archive;

import java.sql.Connection;
import java.sql.SQLException;

/** Single statements without parameters. */
final class Sql {
  private Sql() {}

  /** Runs a statement to its end; what it returns is dropped. */
  static void run(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.executeUpdate(sql); // execute() would take a pragma's first step only
    }
  }

  /** The first column of the first row, 0 if there is no row. */
  static long number(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getLong(1) : 0;
    }
  }
}
