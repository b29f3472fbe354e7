package dev.lastword.library;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Transactions of plain JDBC: one of a connection that is taken for it. Thread-safe. */
final class DataSourceBoundary implements TransactionBoundary {
  private final DataSource dataSource;

  DataSourceBoundary(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  @Override
  public boolean inTransaction(Step step) throws Exception {
    try (var connection = dataSource.getConnection()) {
      boolean autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(false);
      boolean done = committed(connection, step, autoCommit);
      connection.setAutoCommit(autoCommit);
      return done;
    }
  }

  private static boolean committed(Connection connection, Step step, boolean autoCommit)
      throws Exception {
    try {
      boolean done = step.in(connection);
      connection.clearWarnings();
      connection.commit();
      Commits.requireNoWarning(connection.getWarnings());
      return done;
    } catch (Throwable e) {
      rollBack(connection, autoCommit, e);
      throw e;
    }
  }

  /**
   * A rollback that fails does not hide why there was one. Nothing is said of auto-commit then,
   * which would commit what is there.
   */
  private static void rollBack(Connection connection, boolean autoCommit, Throwable why) {
    try {
      connection.rollback();
      connection.setAutoCommit(autoCommit);
    } catch (SQLException | RuntimeException e) {
      why.addSuppressed(e);
    }
  }
}
