package dev.lastword.library;

import dev.lastword.stream.SavedResponse;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Locale;
import javax.sql.DataSource;

/** The rows that say of an answer that the application's rows of it are there. */
final class OutcomeTable {
  /** How long a question waits for whoever is about to commit the row; then it is asked again. */
  private static final int WAIT_SECONDS = 5;

  private static final String TABLE =
      """
      CREATE TABLE IF NOT EXISTS lastword_outcome (
        stream VARCHAR(64) NOT NULL, created_ms BIGINT NOT NULL,
        outcome VARCHAR(16) NOT NULL, reason VARCHAR(64) NOT NULL,
        events BIGINT NOT NULL, sha256 VARCHAR(64) NOT NULL, ended_ms BIGINT NOT NULL,
        PRIMARY KEY (stream, created_ms))""";

  /**
   * Ids that differ in their case only are two, which is not so in a collation that MySQL takes by
   * itself; and an engine that knows no transaction would keep the row of a save that failed.
   */
  private static final String OF_MYSQL = " ENGINE=InnoDB CHARACTER SET ascii COLLATE ascii_bin";

  private static final String WITHOUT_TRANSACTIONS =
      """
      SELECT t.engine FROM information_schema.tables t
        JOIN information_schema.engines e ON e.engine = t.engine
        WHERE t.table_schema = DATABASE() AND t.table_name = 'lastword_outcome'
        AND (e.transactions IS NULL OR e.transactions <> 'YES')
      """;

  /** There are databases, such as Oracle's, where an empty text is none, and refused. */
  private static final String NO_REASON = "-";

  private static final String INSERT =
      """
      INSERT INTO lastword_outcome
        (stream, created_ms, outcome, reason, events, sha256, ended_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?)
      """;

  /**
   * Writes the row of an answer again: a commit that has nothing to write waits for no standby,
   * also where the one that wrote the row has not.
   */
  private static final String TOUCH =
      "UPDATE lastword_outcome SET reason = reason WHERE stream = ? AND created_ms = ?";

  /** An id may live again once its stream is deleted: the time tells the lives apart. */
  private static final String FIND =
      "SELECT stream FROM lastword_outcome WHERE stream = ? AND created_ms = ?";

  private OutcomeTable() {}

  /**
   * Makes the table where there is none.
   *
   * @throws SQLException if it is not there and cannot be made, or cannot keep what it is for
   */
  static void provide(DataSource dataSource) throws SQLException {
    try (var connection = dataSource.getConnection()) {
      if (connection.isReadOnly()) {
        throw new SQLException("the DataSource gives read-only connections: they save nothing");
      }
      boolean ofMysql = isMysql(connection);
      if (!isThere(connection)) {
        make(connection, ofMysql);
      }
      if (ofMysql) {
        requireTransactions(connection);
      }
    }
  }

  private static boolean isMysql(Connection connection) throws SQLException {
    var product = connection.getMetaData().getDatabaseProductName().toLowerCase(Locale.ROOT);
    return product.contains("mysql") || product.contains("mariadb");
  }

  private static boolean isThere(Connection connection) {
    try (var statement = connection.createStatement();
        var nothing = statement.executeQuery("SELECT stream FROM lastword_outcome WHERE 1 = 0")) {
      return !nothing.next();
    } catch (SQLException e) {
      return false;
    }
  }

  private static void make(Connection connection, boolean ofMysql) throws SQLException {
    rollBack(connection); // PostgreSQL takes nothing after the statement that failed
    try (var statement = connection.createStatement()) {
      statement.execute(ofMysql ? TABLE + OF_MYSQL : TABLE);
      commit(connection);
    } catch (SQLException e) {
      rollBack(connection);
      if (!isThere(connection)) { // else another process was quicker
        throw e;
      }
    }
  }

  private static void requireTransactions(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        var engines = statement.executeQuery(WITHOUT_TRANSACTIONS)) {
      if (engines.next()) {
        throw new SQLException(
            "lastword_outcome is a table of the engine %s, which rolls nothing back: ENGINE=InnoDB"
                .formatted(engines.getString(1)));
      }
    }
    commit(connection);
  }

  private static void commit(Connection connection) throws SQLException {
    if (!connection.getAutoCommit()) {
      connection.commit();
    }
  }

  private static void rollBack(Connection connection) throws SQLException {
    if (!connection.getAutoCommit()) {
      connection.rollback();
    }
  }

  /**
   * Waits for another transaction that has inserted the row as long as that takes.
   *
   * @throws SQLException for one, if the row is there
   */
  static void insert(Connection connection, SavedResponse response) throws SQLException {
    try (var statement = connection.prepareStatement(INSERT)) {
      row(statement, response);
      statement.executeUpdate();
    }
  }

  /**
   * The same, and waits for some seconds only.
   *
   * @throws SQLException for one, if the row is there, or still on its way
   */
  static void insertSoon(Connection connection, SavedResponse response) throws SQLException {
    try (var statement = connection.prepareStatement(INSERT)) {
      row(statement, response);
      updateSoon(statement);
    }
  }

  private static void row(PreparedStatement statement, SavedResponse response) throws SQLException {
    key(statement, response);
    statement.setString(3, response.outcome().word());
    statement.setString(4, response.reason().isEmpty() ? NO_REASON : response.reason());
    statement.setLong(5, response.events());
    statement.setString(6, response.sha256());
    statement.setLong(7, response.endedMs());
  }

  /** There are drivers that keep the bound for the connection, which is the application's. */
  private static void updateSoon(PreparedStatement statement) throws SQLException {
    int before = statement.getQueryTimeout();
    statement.setQueryTimeout(WAIT_SECONDS);
    try {
      statement.executeUpdate();
    } finally {
      statement.setQueryTimeout(before);
    }
  }

  /** Whether the row of an answer is there. How many rows were touched is no answer to that. */
  static boolean contains(Connection connection, SavedResponse response) throws SQLException {
    try (var touch = connection.prepareStatement(TOUCH)) {
      key(touch, response);
      updateSoon(touch); // a driver of MySQL may be told to count only what has changed
    }
    try (var find = connection.prepareStatement(FIND)) {
      key(find, response);
      try (var rows = find.executeQuery()) {
        while (rows.next()) {
          if (response.stream().value().equals(rows.getString(1))) {
            return true;
          }
        }
        return false;
      }
    }
  }

  private static void key(PreparedStatement statement, SavedResponse response) throws SQLException {
    statement.setString(1, response.stream().value());
    statement.setLong(2, response.createdMs());
  }
}
