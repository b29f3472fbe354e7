package dev.lastword.library;

import java.sql.Connection;

/**
 * Where the transactions of an application begin and end: on its {@code DataSource}, or wherever a
 * framework has them. {@link Transactions} works in any of them that keeps what is said here.
 */
@FunctionalInterface
public interface TransactionBoundary {
  /**
   * Does a step in a transaction of its own, also where the thread is in another one.
   *
   * <p>Commits when the step returns, and returns once the database has said that it has committed.
   * Rolls back when the step throws, and throws that. Throws as well where nobody knows whether the
   * commit was done, and where anything else has rolled it back: whoever asked looks for the row
   * then.
   *
   * @return what the step has returned
   */
  boolean inTransaction(Step step) throws Exception;

  /** What is done in one transaction. */
  @FunctionalInterface
  interface Step {
    /**
     * @param connection the transaction's: what is written by it commits and rolls back with it
     */
    boolean in(Connection connection) throws Exception;
  }
}
