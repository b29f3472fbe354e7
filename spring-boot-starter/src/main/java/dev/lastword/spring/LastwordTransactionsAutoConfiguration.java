package dev.lastword.spring;

import dev.lastword.library.Transactions;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * {@link Transactions} that are Spring's, where there is one database and one manager of its
 * transactions: an answer's rows may come from a repository.
 */
@AutoConfiguration(
    before = LastwordAutoConfiguration.class,
    afterName = {
      "org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration",
      "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
      "org.springframework.boot.transaction.jta.autoconfigure.JtaAutoConfiguration"
    })
@ConditionalOnProperty(name = "lastword.enabled", matchIfMissing = true)
@ConditionalOnClass({DataSourceUtils.class, PlatformTransactionManager.class})
@ConditionalOnSingleCandidate(DataSource.class)
public class LastwordTransactionsAutoConfiguration {
  LastwordTransactionsAutoConfiguration() {}

  /** Its table is made once somebody asks for it, behind whatever makes the application's. */
  @Bean
  @Lazy
  @ConditionalOnMissingBean
  @DependsOnDatabaseInitialization
  @ConditionalOnSingleCandidate(PlatformTransactionManager.class)
  Transactions lastwordTransactions(DataSource dataSource, PlatformTransactionManager manager)
      throws SQLException {
    return SpringTransactions.on(dataSource, manager);
  }
}
