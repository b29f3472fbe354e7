package dev.lastword.spring;

import dev.lastword.library.Commits;
import dev.lastword.library.TransactionBoundary;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The transactions of Spring: whatever joins them, repositories, {@code @Transactional} services, a
 * {@code JdbcTemplate} or an {@code EntityManager}, commits together with the outcome. Each is a
 * new one, also where the thread is in another. Thread-safe.
 */
final class SpringBoundary implements TransactionBoundary {
  private final PlatformTransactionManager manager;
  private final DataSource dataSource;

  SpringBoundary(PlatformTransactionManager manager, DataSource dataSource) {
    this.manager = manager;
    this.dataSource = ofTheTransactions(dataSource);
  }

  /** By which Spring's managers know their connection. */
  private static DataSource ofTheTransactions(DataSource dataSource) {
    return dataSource instanceof TransactionAwareDataSourceProxy proxy
            && proxy.getTargetDataSource() != null
        ? proxy.getTargetDataSource()
        : dataSource;
  }

  @Override
  public boolean inTransaction(Step step) throws Exception {
    var status =
        manager.getTransaction(
            new DefaultTransactionDefinition(TransactionDefinition.PROPAGATION_REQUIRES_NEW));
    Watch watch;
    boolean done;
    try {
      requireOwn();
      var connection = DataSourceUtils.getConnection(dataSource);
      try {
        requireNoAutoCommit(connection);
        done = step.in(connection);
        watch = new Watch(connection);
        TransactionSynchronizationManager.registerSynchronization(watch);
      } finally {
        DataSourceUtils.releaseConnection(connection, dataSource);
      }
    } catch (Throwable e) {
      rollBack(status, e);
      throw e;
    }
    manager.commit(status); // throws where something has marked it to be rolled back
    Commits.requireNoWarning(watch.warning);
    return done;
  }

  /**
   * A manager of one database has bound its connection; one of JTA binds none, and the {@code
   * DataSource} takes part by itself.
   */
  private void requireOwn() throws SQLException {
    if (!TransactionSynchronizationManager.hasResource(dataSource) && !isOfJta()) {
      throw new SQLException(
          "the transactions of %s are not those of the DataSource that has lastword_outcome"
              .formatted(manager.getClass().getName()));
    }
  }

  private boolean isOfJta() {
    return manager.getClass().getName().contains("Jta");
  }

  /** Drivers of JTA may enlist a connection with its first statement. */
  private static void requireNoAutoCommit(Connection connection) throws SQLException {
    connection.createStatement().close();
    if (connection.getAutoCommit()) {
      throw new SQLException("the DataSource takes no part in the transaction: auto-commit");
    }
  }

  private void rollBack(TransactionStatus status, Throwable why) {
    try {
      manager.rollback(status);
    } catch (RuntimeException e) {
      why.addSuppressed(e);
    }
  }

  /** Hears what the database says of the commit, while the connection is still at hand. */
  private static final class Watch implements TransactionSynchronization {
    private final Connection connection;
    private @Nullable SQLWarning warning;

    Watch(Connection connection) {
      this.connection = connection;
    }

    @Override
    public void beforeCompletion() {
      try {
        if (!connection.isClosed()) { // JTA's has been given back by now
          connection.clearWarnings();
        }
      } catch (SQLException e) {
        throw new IllegalStateException("the warnings of the work cannot be cleared", e);
      }
    }

    @Override
    public void afterCommit() {
      try {
        warning = connection.isClosed() ? null : connection.getWarnings();
      } catch (SQLException e) {
        throw new IllegalStateException("the connection does not say what its commit was", e);
      }
    }
  }
}
