package dev.lastword.archive.sqlite;

import dev.lastword.archive.sql.Flavour;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.sqlite.SQLiteConnection;

/** How SQLite speaks. */
enum SqliteFlavour implements Flavour {
  /** The only one. */
  INSTANCE;

  private static final Map<String, String> WORDS =
      Map.ofEntries(
          Map.entry("true", "1"),
          Map.entry("false", "0"),
          Map.entry("json", "?"),
          Map.entry("utf8", "CAST(? AS TEXT)"),
          Map.entry("wire", "CAST(? AS TEXT)"),
          Map.entry("texts_of", "SELECT value FROM json_each(?)"),
          Map.entry("name", Schema.NAME),
          // Whose a row is that cannot be read nobody knows: a blob is no owner.
          Map.entry("readable_owner", "iif(json_valid(attributes), owner, x'')"),
          Map.entry("stream_count", "SELECT max(rowid) FROM streams"),
          Map.entry("now_ms", "1000 * unixepoch()"),
          Map.entry("end_day", "date(ended_ms / 1000, 'unixepoch')"),
          Map.entry("sum_in", "CAST(total(tokens_in) AS INTEGER)"),
          Map.entry("sum_out", "CAST(total(tokens_out) AS INTEGER)"),
          Map.entry("sum_cached", "CAST(total(tokens_cached) AS INTEGER)"),
          Map.entry("sum_reasoning", "CAST(total(tokens_reasoning) AS INTEGER)"));

  @Override
  public Map<String, String> words() {
    return WORDS;
  }

  /** Rows come as they are asked for. */
  @Override
  public int fetchSize() {
    return 0;
  }

  /** There is no way to go. */
  @Override
  public boolean gathers() {
    return false;
  }

  /** Only the beginning can fail because another program writes. */
  @Override
  public void begin(Connection connection, boolean writes) throws SQLException {
    run(connection, writes ? "BEGIN IMMEDIATE" : "BEGIN");
  }

  @Override
  public void commit(Connection connection) throws SQLException {
    run(connection, "COMMIT");
  }

  @Override
  public void rollBack(Connection connection) throws SQLException {
    run(connection, "ROLLBACK");
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }

  @Override
  public void interrupt(Connection connection) throws SQLException {
    connection.unwrap(SQLiteConnection.class).getDatabase().interrupt();
  }

  @Override
  public boolean isBusy(SQLException e) {
    return Sql.isBusy(e);
  }

  /** There is none to a file. */
  @Override
  public boolean isBroken(SQLException e) {
    return false;
  }

  @Override
  public boolean isDamaged(SQLException e) {
    return Sql.isDamaged(e);
  }

  @Override
  public boolean isFull(SQLException e) {
    return Sql.isFull(e);
  }
}
