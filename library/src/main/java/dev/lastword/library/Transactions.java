package dev.lastword.library;

import dev.lastword.journal.Outcome;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SavedResponse;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Saves answers in transactions of the application's database. The application's rows and one of
 * {@code lastword_outcome}, which says that they are there, commit or roll back together: whatever
 * dies between the commit and the end of the answer, they are written once.
 *
 * <p>The table is made where it is missing, with {@code CREATE TABLE IF NOT EXISTS}: PostgreSQL,
 * MySQL, MariaDB, SQLite and H2 know that. Elsewhere, or where the application's user may make no
 * tables, somebody else makes it:
 *
 * <pre>{@code
 * CREATE TABLE lastword_outcome (
 *   stream VARCHAR(64) NOT NULL, created_ms BIGINT NOT NULL,
 *   outcome VARCHAR(16) NOT NULL, reason VARCHAR(64) NOT NULL,
 *   events BIGINT NOT NULL, sha256 VARCHAR(64) NOT NULL, ended_ms BIGINT NOT NULL,
 *   PRIMARY KEY (stream, created_ms))
 * }</pre>
 *
 * <p>On MySQL and MariaDB with {@code ENGINE=InnoDB CHARACTER SET ascii COLLATE ascii_bin}: ids
 * that differ in their case only are two.
 *
 * <p>Thread-safe.
 */
public final class Transactions {
  private final TransactionBoundary boundary;

  private Transactions(TransactionBoundary boundary) {
    this.boundary = boundary;
  }

  /**
   * Transactions on a database.
   *
   * @param dataSource the application's, best a pool; each save takes one connection of it
   * @throws SQLException if the table is not there and cannot be made, or its engine knows no
   *     transactions, or the connections are read-only
   */
  public static Transactions on(DataSource dataSource) throws SQLException {
    return on(dataSource, new DataSourceBoundary(dataSource));
  }

  /**
   * Transactions of somebody else's making, such as a framework's.
   *
   * @param dataSource for the table, which is made outside of them
   * @param boundary where they begin and end
   * @throws SQLException as {@link #on(DataSource)}
   */
  public static Transactions on(DataSource dataSource, TransactionBoundary boundary)
      throws SQLException {
    OutcomeTable.provide(dataSource);
    return new Transactions(boundary);
  }

  /** What an application does with an answer in the transaction that saves it. */
  @FunctionalInterface
  public interface Work {
    /**
     * Writes the application's rows. Neither commits, nor rolls back, nor closes, which the
     * connection refuses; on MySQL and MariaDB changes no tables either, which commits.
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
   * gone with the process. One that is being committed, as where the database waits for its
   * standby, is neither: it is asked for again. It has nothing to do for answers that are no
   * success.
   */
  public Saver committed() {
    return response -> {
      if (response.outcome() == Outcome.COMPLETED && !isCommitted(response)) {
        reject(response);
      }
    };
  }

  /**
   * A row that nobody sees may be there all the same, in a transaction that outlives the process.
   * Its key tells: this row waits for that one, and is always rolled back.
   */
  private void reject(SavedResponse response) throws Exception {
    var insertion = new Insertion();
    try {
      boolean unused =
          boundary.inTransaction(
              connection -> {
                insertion.of(() -> OutcomeTable.insertSoon(connection, response));
                throw new SaveException(
                    SaveException.Kind.REJECTED, "the process died before it committed the answer");
              });
    } catch (Exception e) {
      if (insertion.failed && isCommitted(response)) {
        return;
      }
      throw e;
    }
  }

  private boolean isCommitted(SavedResponse response) throws Exception {
    return boundary.inTransaction(connection -> OutcomeTable.contains(connection, response));
  }

  /**
   * The row first: whoever else saves this answer waits for it, and then finds it, in a transaction
   * of its own, since the one that could not insert takes nothing any more.
   */
  private void save(SavedResponse response, Work work) throws Exception {
    var insertion = new Insertion();
    try {
      boolean unused =
          boundary.inTransaction(
              connection -> {
                insertion.of(() -> OutcomeTable.insert(connection, response));
                work.in(WorkConnection.of(connection), response);
                return true;
              });
    } catch (Exception e) {
      if (insertion.failed && isCommitted(response)) {
        return;
      }
      throw e;
    }
  }

  /** Whether the row could be inserted, which a framework's exception does not tell. */
  private static final class Insertion {
    interface Insert {
      void run() throws SQLException;
    }

    boolean failed;

    void of(Insert insert) throws SQLException {
      failed = true;
      insert.run();
      failed = false;
    }
  }
}
