package dev.lastword.spring;

import dev.lastword.library.Lastword;
import dev.lastword.library.LastwordBuilder;
import dev.lastword.library.Saver;
import dev.lastword.library.Storage;
import dev.lastword.library.Transactions;
import dev.lastword.stream.StreamOptions;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/**
 * A {@link Lastword} in the application, with the application's {@link Saver} and {@link Storage}
 * where it has them.
 */
@AutoConfiguration(
    afterName = {
      "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
      "org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration",
      "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
      "org.springframework.boot.transaction.jta.autoconfigure.JtaAutoConfiguration"
    })
@ConditionalOnProperty(name = "lastword.enabled", matchIfMissing = true)
@EnableConfigurationProperties(LastwordProperties.class)
public class LastwordAutoConfiguration {
  LastwordAutoConfiguration() {}

  /** Closed by {@link LastwordLifecycle}, before what it saves with. */
  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  Lastword lastword(
      LastwordProperties properties,
      ObjectProvider<Storage> storages,
      ObjectProvider<Saver> savers,
      ObjectProvider<LastwordCustomizer> customizers) {
    var storage = storages.getIfAvailable();
    var builder =
        (storage == null
                ? Lastword.at(properties.directory().toAbsolutePath())
                : Lastword.at(storage))
            .heartbeat(properties.heartbeat())
            .grace(properties.grace())
            .bounds(bounds(properties));
    var registered = savers.getIfAvailable(); // of more than one nobody knows which is meant
    if (registered != null) {
      builder.saver(registered);
    }
    customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
    return builder.open();
  }

  private static StreamOptions bounds(LastwordProperties properties) {
    var all = StreamOptions.DEFAULT;
    return new StreamOptions(
        all.tail(),
        all.endingSilence(),
        properties.idle(),
        properties.duration(),
        all.responseBytesMax(),
        all.eventBytesMax(),
        all.pendingBytesMax(),
        all.residentBytesMax(),
        all.generationsMax(),
        all.retaining(),
        all.saving());
  }

  @Bean
  LastwordLifecycle lastwordLifecycle(Lastword lastword, ObjectProvider<Saver> savers) {
    if (lastword.saver().isEmpty() && savers.stream().findAny().isPresent()) {
      throw new UnreadSaverException();
    }
    return new LastwordLifecycle(lastword);
  }

  @Bean
  @ConditionalOnMissingBean
  LastwordSse lastwordSse() {
    return new LastwordSse();
  }

  @Bean
  @ConditionalOnMissingBean
  AnswerOwner answerOwner() {
    return AnswerOwner.BY_NAME;
  }

  @Bean
  Answers lastwordAnswers(
      Lastword lastword,
      AnswerOwner owners,
      LastwordProperties properties,
      ObjectProvider<Metrics> metrics) {
    return new Answers(lastword, owners, properties, metrics.getIfUnique(() -> Metrics.NONE));
  }

  /**
   * Where there is one database, and nobody has transactions of their own, in which an answer's
   * rows would not be: its table is made once somebody asks for this, behind whatever makes the
   * application's.
   */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(DataSource.class)
  @ConditionalOnSingleCandidate(DataSource.class)
  @ConditionalOnMissingBean(type = "org.springframework.transaction.PlatformTransactionManager")
  static class OfTheDatabase {
    @Bean
    @Lazy
    @ConditionalOnMissingBean
    @DependsOnDatabaseInitialization
    Transactions lastwordTransactions(DataSource dataSource) throws SQLException {
      return Transactions.on(dataSource);
    }
  }

  /** Says more to the builder of the application's {@link Lastword}. */
  @FunctionalInterface
  public interface LastwordCustomizer {
    /** Called in the order of the beans, after all that properties say. */
    void customize(LastwordBuilder builder);
  }
}
