package dev.lastword.jta;

import dev.lastword.library.TransactionBoundary;
import dev.lastword.library.Transactions;
import jakarta.transaction.Status;
import jakarta.transaction.SystemException;
import jakarta.transaction.Transaction;
import jakarta.transaction.TransactionManager;
import jakarta.transaction.UserTransaction;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * {@link Transactions} of an application server, or of a transaction manager in the application:
 * whatever the work reaches that takes part in the transaction, such as an {@code EntityManager} or
 * a queue, commits together with the outcome.
 */
public final class JtaTransactions {
  private JtaTransactions() {}

  /**
   * Transactions of a transaction manager. Where the thread that saves is in a transaction, that
   * one is suspended until the answer is saved.
   *
   * @param dataSource one whose connections take part in them
   * @throws SQLException as {@link Transactions#on(DataSource)}
   */
  public static Transactions on(DataSource dataSource, TransactionManager manager)
      throws SQLException {
    return Transactions.on(dataSource, new OfManager(manager, dataSource));
  }

  /**
   * Transactions as an application of an application server sees them. A thread that saves must not
   * be in one: savers are called on threads that are not.
   *
   * @param dataSource one whose connections take part in them
   * @throws SQLException as {@link Transactions#on(DataSource)}
   */
  public static Transactions on(DataSource dataSource, UserTransaction transaction)
      throws SQLException {
    return Transactions.on(
        dataSource, step -> inTransaction(new OfUser(transaction), dataSource, step));
  }

  /** What both interfaces have. */
  private interface Demarcation {
    void begin() throws Exception;

    void commit() throws Exception;

    void rollback() throws Exception;

    int status() throws SystemException;
  }

  private record OfUser(UserTransaction transaction) implements Demarcation {
    @Override
    public void begin() throws Exception {
      transaction.begin();
    }

    @Override
    public void commit() throws Exception {
      transaction.commit();
    }

    @Override
    public void rollback() throws Exception {
      transaction.rollback();
    }

    @Override
    public int status() throws SystemException {
      return transaction.getStatus();
    }
  }

  private record OfManager(TransactionManager manager, DataSource dataSource)
      implements Demarcation, TransactionBoundary {
    @Override
    public boolean inTransaction(Step step) throws Exception {
      var outer = manager.suspend();
      Throwable failure = null;
      try {
        return JtaTransactions.inTransaction(this, dataSource, step);
      } catch (Throwable e) {
        failure = e;
        throw e;
      } finally {
        if (outer != null) {
          resume(outer, failure);
        }
      }
    }

    private void resume(Transaction outer, @Nullable Throwable failure) throws Exception {
      try {
        manager.resume(outer);
      } catch (Exception e) {
        if (failure == null) {
          throw e;
        }
        failure.addSuppressed(e);
      }
    }

    @Override
    public void begin() throws Exception {
      manager.begin();
    }

    @Override
    public void commit() throws Exception {
      manager.commit();
    }

    @Override
    public void rollback() throws Exception {
      manager.rollback();
    }

    @Override
    public int status() throws SystemException {
      return manager.getStatus();
    }
  }

  private static boolean inTransaction(
      Demarcation transaction, DataSource dataSource, TransactionBoundary.Step step)
      throws Exception {
    transaction.begin();
    try {
      boolean done;
      try (var connection = dataSource.getConnection()) {
        requireEnlisted(connection);
        done = step.in(connection);
      }
      if (transaction.status() != Status.STATUS_ACTIVE) {
        throw new SQLException("the work has marked its transaction to be rolled back");
      }
      transaction.commit(); // heuristics and whatever is in doubt are exceptions
      return done;
    } catch (Throwable e) {
      rollBack(transaction, e);
      throw e;
    }
  }

  /**
   * A connection that commits by itself takes part in no transaction. Drivers may enlist one with
   * its first statement.
   */
  private static void requireEnlisted(Connection connection) throws SQLException {
    connection.createStatement().close();
    if (connection.getAutoCommit()) {
      throw new SQLException(
          "the DataSource takes no part in JTA's transactions: its connection is in auto-commit");
    }
  }

  private static void rollBack(Demarcation transaction, Throwable why) {
    try {
      if (transaction.status() != Status.STATUS_NO_TRANSACTION) {
        transaction.rollback();
      }
    } catch (Exception e) {
      why.addSuppressed(e);
    }
  }
}
