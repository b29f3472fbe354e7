package dev.lastword.spring;

import dev.lastword.library.Transactions;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * {@link Transactions} of Spring, for applications that have more than one database: where there is
 * one, there is a bean.
 */
public final class SpringTransactions {
  private SpringTransactions() {}

  /**
   * Transactions that whatever joins Spring's takes part in.
   *
   * @param dataSource the one that the manager's transactions are of; its table is made at once
   * @throws SQLException as {@link Transactions#on(DataSource)}
   */
  public static Transactions on(DataSource dataSource, PlatformTransactionManager manager)
      throws SQLException {
    return Transactions.on(dataSource, new SpringBoundary(manager, dataSource));
  }
}
