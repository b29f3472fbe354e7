package dev.lastword.archive.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

/**
 * A connection and its statements, each compiled once: compiling takes longer than most of them
 * run. Their texts are constants of this package and a few that are put together from constants.
 * For one thread, but for {@link #interrupt}.
 */
final class Session implements AutoCloseable {
  private final Connection connection;
  private final Map<String, PreparedStatement> statements = new HashMap<>();

  Session(Connection connection) {
    this.connection = connection;
  }

  /** Runs a statement to its end; what it returns is dropped. */
  void run(String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.executeUpdate(sql); // execute() would take a pragma's first step only
    }
  }

  /** The first column of the first row, 0 if there is no row. */
  long number(String sql, @Nullable Object... parameters) throws SQLException {
    try (var rows = query(sql, parameters)) {
      return rows.next() ? rows.getLong(1) : 0;
    }
  }

  /** Changes rows; returns how many. */
  int change(String sql, @Nullable Object... parameters) throws SQLException {
    return statement(sql, parameters).executeUpdate();
  }

  /** Asks; whoever asks closes the rows, and before the same is asked again. */
  ResultSet query(String sql, @Nullable Object... parameters) throws SQLException {
    return statement(sql, parameters).executeQuery();
  }

  /** A statement with its parameters set. */
  private PreparedStatement statement(String sql, @Nullable Object... parameters)
      throws SQLException {
    var statement = statement(sql);
    for (int i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
    return statement;
  }

  /** A statement; it stays this session's. */
  PreparedStatement statement(String sql) throws SQLException {
    var statement = statements.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      statements.put(sql, statement);
    }
    return statement;
  }

  /** Ends the statement that runs now, if one does. From any thread. */
  void interrupt() throws SQLException {
    connection.unwrap(SQLiteConnection.class).getDatabase().interrupt();
  }

  @Override
  public void close() throws SQLException {
    try {
      for (var statement : statements.values()) {
        statement.close();
      }
    } finally {
      connection.close();
    }
  }
}
