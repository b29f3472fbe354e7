package dev.lastword.library;

import dev.lastword.journal.Outcome;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SavedResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Saves answers in transactions of the application's database. The application's rows and one of
 * {@code lastword_outcome}, which says that they are there, commit or roll back together: whatever
 * dies between the commit and the end of the answer, they are written once.
 *
 * <p>The table is made where it is missing, with {@code CREATE TABLE IF NOT EXISTS}: PostgreSQL,
 * MySQL, MariaDB, SQLite and H2 know that. Elsewhere the application makes it:
 *
 * <pre>{@code
 * CREATE TABLE lastword_outcome (
 *   stream VARCHAR(64) NOT NULL, created_ms BIGINT NOT NULL,
 *   outcome VARCHAR(16) NOT NULL, reason VARCHAR(64) NOT NULL,
 *   events BIGINT NOT NULL, sha256 VARCHAR(64) NOT NULL, ended_ms BIGINT NOT NULL,
 *   PRIMARY KEY (stream, created_ms))
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class Transactions {
  private static final String TABLE =
      """
      CREATE TABLE IF NOT EXISTS lastword_outcome (
        stream VARCHAR(64) NOT NULL, created_ms BIGINT NOT NULL,
        outcome VARCHAR(16) NOT NULL, reason VARCHAR(64) NOT NULL,
        events BIGINT NOT NULL, sha256 VARCHAR(64) NOT NULL, ended_ms BIGINT NOT NULL,
        PRIMARY KEY (stream, created_ms))
      """;

  private static final String INSERT =
      """
      INSERT INTO lastword_outcome
        (stream, created_ms, outcome, reason, events, sha256, ended_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?)
      """;

  /**
   * Finds the row of an answer, and writes it again: a commit that has nothing to write waits for
   * no standby, also where the one that wrote the row has not. An id may live again once its stream
   * is deleted: the time tells the lives apart.
   */
  private static final String FIND =
      "UPDATE lastword_outcome SET reason = reason WHERE stream = ? AND created_ms = ?";

  private final DataSource dataSource;

  private Transactions(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Transactions on a database.
   *
   * @param dataSource the application's, best a pool; each save takes one connection of it
   * @throws SQLException if the table is not there and cannot be made
   */
  public static Transactions on(DataSource dataSource) throws SQLException {
    try (var connection = dataSource.getConnection()) {
      if (!hasTable(connection)) {
        make(connection);
      }
    }
    return new Transactions(dataSource);
  }

  private static boolean hasTable(Connection connection) {
    try (var statement = connection.createStatement();
        var nothing = statement.executeQuery("SELECT stream FROM lastword_outcome WHERE 1 = 0")) {
      return !nothing.next();
    } catch (SQLException e) {
      return false;
    }
  }

  private static void make(Connection connection) throws SQLException {
    rollBack(connection); // PostgreSQL takes nothing after the statement that failed
    try (var statement = connection.createStatement()) {
      statement.execute(TABLE);
      commit(connection);
    } catch (SQLException e) {
      rollBack(connection);
      if (!hasTable(connection)) { // else another process was quicker
        throw e;
      }
    }
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

  /** What an application does with an answer in the transaction that saves it. */
  @FunctionalInterface
  public interface Work {
    /**
     * Writes the application's rows. Neither commits, nor rolls back, nor closes.
     *
     * @param connection in a transaction
     * @throws SaveException of kind {@code REJECTED} if the answer will never be saved
     * @throws Exception anything else: rolled back, and called again later
     */
    void in(Connection connection, SavedResponse saved) throws Exception;
  }

  /** A saver that does some work in the transaction, once for each answer. */
  public Saver saver(Work work) {
    return response -> save(response, work);
  }

  /**
   * A saver to register beside answers that are sealed with their own work: after a crash it says
   * of an answer that was committed that it is saved, and rejects one that was not, whose work is
   * gone with the process. It has nothing to do for answers that are no success.
   */
  public Saver committed() {
    return response -> {
      if (response.outcome() == Outcome.COMPLETED && !isCommitted(response)) {
        throw new SaveException(
            SaveException.Kind.REJECTED, "the process died before it committed the answer");
      }
    };
  }

  private boolean isCommitted(SavedResponse response) throws Exception {
    return inTransaction(connection -> isCommitted(connection, response));
  }

  private static boolean isCommitted(Connection connection, SavedResponse response)
      throws SQLException {
    try (var statement = connection.prepareStatement(FIND)) {
      statement.setString(1, response.stream().value());
      statement.setLong(2, response.createdMs());
      return statement.executeUpdate() > 0;
    }
  }

  private void save(SavedResponse response, Work work) throws Exception {
    boolean unused =
        inTransaction(
            connection -> {
              boolean inserted = insert(connection, response);
              if (inserted) {
                work.in(connection, response);
              }
              return inserted;
            });
  }

  /** What is done in one transaction. */
  @FunctionalInterface
  private interface Step {
    boolean in(Connection connection) throws Exception;
  }

  private boolean inTransaction(Step step) throws Exception {
    try (var connection = dataSource.getConnection()) {
      boolean autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(false);
      boolean committed = false;
      try {
        boolean done = step.in(connection);
        connection.clearWarnings();
        connection.commit();
        committed = true;
        requireCommitted(connection.getWarnings());
        return done;
      } finally {
        if (!committed) {
          connection.rollback();
        }
        connection.setAutoCommit(autoCommit);
      }
    }
  }

  /**
   * PostgreSQL commits with a warning, and not with an error, where it did not wait for the standby
   * that it was to wait for.
   */
  private static void requireCommitted(@Nullable SQLWarning warning) throws SQLException {
    if (warning != null) {
      throw new SQLException("the commit was said with a warning", warning.getSQLState());
    }
  }

  /** The row first: whoever else saves this answer waits for it, and then finds it. */
  private static boolean insert(Connection connection, SavedResponse response) throws SQLException {
    try (var statement = connection.prepareStatement(INSERT)) {
      statement.setString(1, response.stream().value());
      statement.setLong(2, response.createdMs());
      statement.setString(3, response.outcome().word());
      statement.setString(4, response.reason());
      statement.setLong(5, response.events());
      statement.setString(6, response.sha256());
      statement.setLong(7, response.endedMs());
      statement.executeUpdate();
      return true;
    } catch (SQLException e) {
      connection.rollback();
      if (isCommitted(connection, response)) {
        return false;
      }
      throw e;
    }
  }
}
