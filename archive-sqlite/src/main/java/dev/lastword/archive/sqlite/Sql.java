package dev.lastword.archive.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Statements, and what SQLite says when it refuses one. */
final class Sql {
  private Sql() {}

  /** Runs a statement to its end; what it returns is dropped. */
  static void run(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.executeUpdate(sql); // execute() would take a pragma's first step only
    }
  }

  /** The first column of the first row, 0 if there is no row. */
  static long number(Connection connection, String sql, @Nullable Object... parameters)
      throws SQLException {
    try (var statement = prepare(connection, sql, parameters);
        var rows = statement.executeQuery()) {
      return rows.next() ? rows.getLong(1) : 0;
    }
  }

  /** Changes rows; returns how many. */
  static int change(Connection connection, String sql, @Nullable Object... parameters)
      throws SQLException {
    try (var statement = prepare(connection, sql, parameters)) {
      return statement.executeUpdate();
    }
  }

  static PreparedStatement prepare(
      Connection connection, String sql, @Nullable Object... parameters) throws SQLException {
    var statement = connection.prepareStatement(sql);
    try {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      return statement;
    } catch (SQLException | RuntimeException e) {
      statement.close();
      throw e;
    }
  }

  /** What an exception says. */
  static String message(Throwable e) {
    return String.valueOf(e.getMessage());
  }

  /** A column that holds a number or NULL. */
  static @Nullable Long optionalLong(ResultSet row, int column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? null : value;
  }

  /** Another program holds a lock. */
  static boolean isBusy(SQLException e) {
    return switch (primary(e)) {
      case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL -> true;
      default -> false;
    };
  }

  /** The disk is full. */
  static boolean isFull(SQLException e) {
    return primary(e) == SQLiteErrorCode.SQLITE_FULL
        || code(e) == SQLiteErrorCode.SQLITE_IOERR_SHMSIZE;
  }

  /** The file's pages do not make sense. */
  static boolean isDamaged(SQLException e) {
    return switch (primary(e)) {
      case SQLITE_CORRUPT, SQLITE_NOTADB -> true;
      default -> false;
    };
  }

  private static SQLiteErrorCode code(SQLException e) {
    return e instanceof SQLiteException sqlite
        ? sqlite.getResultCode()
        : SQLiteErrorCode.getErrorCode(e.getErrorCode());
  }

  /** The result code without what extends it. */
  private static SQLiteErrorCode primary(SQLException e) {
    return SQLiteErrorCode.getErrorCode(code(e).code & 0xff);
  }
}
