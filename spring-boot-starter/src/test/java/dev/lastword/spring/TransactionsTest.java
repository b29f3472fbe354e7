package dev.lastword.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.library.AnswerEndedException;
import dev.lastword.library.Lastword;
import dev.lastword.library.Saver;
import dev.lastword.library.Transactions;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SavedResponse;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.Id;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/** Rows of repositories and the outcome, in one transaction of Spring's. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class TransactionsTest {
  private static final Owner ANN = Owner.of("ann");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path dir;

  /** What the application keeps its messages with. */
  enum Stack {
    JDBC,
    JPA
  }

  @Entity(name = "messages")
  static class Message {
    @Id @GeneratedValue @Nullable Long id;
    String body = "";

    Message() {}

    Message(String body) {
      this.body = body;
    }
  }

  interface MessageRepository extends JpaRepository<Message, Long> {}

  /** The application's own, which joins whatever transaction there is. */
  interface Messages {
    void save(String body);
  }

  /** What a test has the work do behind its row. */
  interface Then {
    void run(ApplicationContext context, Connection connection, SavedResponse saved)
        throws Exception;
  }

  @Configuration(proxyBeanMethods = false)
  static class WithWork {
    static final AtomicInteger calls = new AtomicInteger();
    static volatile Then then = (context, connection, saved) -> {};
    static final AtomicInteger failures = new AtomicInteger();

    @Bean
    Saver saver(Transactions transactions, Messages messages, ApplicationContext context) {
      var saver =
          transactions.saver(
              (connection, saved) -> {
                if (saved.outcome() == Outcome.COMPLETED) {
                  calls.incrementAndGet();
                  messages.save(saved.text());
                  then.run(context, connection, saved);
                }
              });
      return saved -> {
        try {
          saver.save(saved);
        } catch (Exception e) {
          failures.incrementAndGet();
          throw e;
        }
      };
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class WithJdbc {
    @Bean
    Messages messages(JdbcTemplate jdbc) {
      jdbc.execute(
          "CREATE TABLE IF NOT EXISTS messages (id BIGINT AUTO_INCREMENT, body VARCHAR(1000))");
      return new JdbcMessages(jdbc);
    }
  }

  static class JdbcMessages implements Messages {
    private final JdbcTemplate jdbc;

    JdbcMessages(JdbcTemplate jdbc) {
      this.jdbc = jdbc;
    }

    @Override
    @Transactional
    public void save(String body) {
      jdbc.update("INSERT INTO messages (body) VALUES (?)", body);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @AutoConfigurationPackage
  @EnableJpaRepositories(considerNestedRepositories = true)
  static class WithJpa {
    @Bean
    Messages messages(MessageRepository repository) {
      return body -> repository.save(new Message(body));
    }
  }

  private ApplicationContextRunner runner(Stack stack) {
    WithWork.calls.set(0);
    WithWork.failures.set(0);
    WithWork.then = (context, connection, saved) -> {};
    var runner =
        new ApplicationContextRunner()
            .withConfiguration(
                AutoConfigurations.of(
                    LastwordAutoConfiguration.class,
                    LastwordTransactionsAutoConfiguration.class,
                    DataSourceAutoConfiguration.class,
                    DataSourceTransactionManagerAutoConfiguration.class,
                    JdbcTemplateAutoConfiguration.class,
                    TransactionAutoConfiguration.class))
            .withUserConfiguration(WithWork.class)
            .withPropertyValues(
                "lastword.directory=" + dir.resolve("data"),
                "lastword.grace=0s",
                "spring.datasource.url=jdbc:h2:" + dir.resolve("app"),
                "spring.datasource.hikari.connection-timeout=500",
                "spring.jpa.hibernate.ddl-auto=update",
                "spring.jpa.open-in-view=false");
    return stack == Stack.JDBC
        ? runner.withUserConfiguration(WithJdbc.class)
        : runner
            .withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
            .withUserConfiguration(WithJpa.class);
  }

  private static StreamId answered(ApplicationContext context) {
    try (var answer = context.getBean(Lastword.class).open("chat-1", ANN)) {
      answer.send("Hi");
      answer.seal();
      return answer.id();
    }
  }

  private static List<String> bodies(ApplicationContext context) {
    return texts(context, "SELECT body FROM messages");
  }

  private static List<String> outcomes(ApplicationContext context) {
    return texts(context, "SELECT stream FROM lastword_outcome");
  }

  private static List<String> texts(ApplicationContext context, String query) {
    return new JdbcTemplate(context.getBean(DataSource.class))
        .queryForList(query, String.class).stream().map(String::valueOf).toList();
  }

  @ParameterizedTest
  @EnumSource
  void theRepositorysRowAndTheOutcomeAreThereTogether(Stack stack) {
    runner(stack)
        .run(
            context -> {
              var seen = new AtomicReference<List<String>>();
              WithWork.then =
                  (within, connection, saved) -> {
                    try (var other = within.getBean(DataSource.class).getConnection();
                        var rows =
                            other
                                .createStatement()
                                .executeQuery(
                                    "SELECT stream FROM lastword_outcome"
                                        + " UNION ALL SELECT body FROM messages")) {
                      seen.set(rows.next() ? List.of(rows.getString(1)) : List.of());
                    }
                  };
              var id = answered(context);
              assertThat(seen.get()).isEmpty();
              assertThat(bodies(context)).containsExactly("Hi");
              assertThat(outcomes(context)).containsExactly(id.value());
            });
  }

  @ParameterizedTest
  @EnumSource
  void workThatFailsLeavesNothingAndIsDoneAgain(Stack stack) {
    runner(stack)
        .run(
            context -> {
              WithWork.then =
                  (within, connection, saved) -> {
                    if (WithWork.calls.get() < 3) {
                      throw new IllegalStateException("not yet");
                    }
                  };
              answered(context);
              assertThat(WithWork.calls).hasValue(3);
              assertThat(bodies(context)).containsExactly("Hi");

              WithWork.then =
                  (within, connection, saved) -> {
                    throw new SaveException(SaveException.Kind.REJECTED, "no");
                  };
              assertThatThrownBy(() -> answered(context)).isInstanceOf(AnswerEndedException.class);
              assertThat(bodies(context)).containsExactly("Hi");
              assertThat(outcomes(context)).hasSize(1);
            });
  }

  /** Readers wait, and the answer is saved once there is a connection again. */
  @ParameterizedTest
  @EnumSource
  void aPoolThatIsExhaustedIsWaitedFor(Stack stack) {
    runner(stack)
        .withPropertyValues("spring.datasource.hikari.maximum-pool-size=1")
        .run(
            context -> {
              var answer = context.getBean(Lastword.class).open("chat-1", ANN);
              answer.send("Hi");
              CompletableFuture<?> sealed;
              try (var only = context.getBean(DataSource.class).getConnection()) {
                sealed = answer.sealAsync().toCompletableFuture();
                await().atMost(PATIENCE).until(() -> WithWork.failures.get() > 0);
                assertThat(sealed).isNotDone();
                assertThat(WithWork.calls).hasValue(0);
                assertThat(only.isValid(1)).isTrue();
              }
              sealed.get(60, TimeUnit.SECONDS);
              assertThat(WithWork.calls).hasValue(1);
              assertThat(bodies(context)).containsExactly("Hi");
              assertThat(outcomes(context)).containsExactly(answer.id().value());
            });
  }

  /** Whoever has joined may say that nothing is committed, though the work returns. */
  @ParameterizedTest
  @EnumSource
  void whatIsMarkedToBeRolledBackIsNotSaid(Stack stack) {
    runner(stack)
        .run(
            context -> {
              WithWork.then =
                  (within, connection, saved) -> {
                    if (WithWork.calls.get() == 1) {
                      new TransactionTemplate(within.getBean(PlatformTransactionManager.class))
                          .executeWithoutResult(inner -> inner.setRollbackOnly());
                    }
                    if (WithWork.calls.get() == 2) {
                      MarkedByAnAspect.mark(within);
                    }
                  };
              answered(context);
              assertThat(WithWork.calls).hasValue(3);
              assertThat(bodies(context)).containsExactly("Hi");
              assertThat(outcomes(context)).hasSize(1);
            });
  }

  /** A {@code @Transactional} method that throws, and whose caller has caught it. */
  static class MarkedByAnAspect {
    private MarkedByAnAspect() {}

    static void mark(ApplicationContext context) {
      var template = new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
      try {
        template.executeWithoutResult(
            inner -> {
              throw new IllegalArgumentException("of a repository");
            });
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessage("of a repository");
      }
    }
  }

  /** The database has committed, and Spring's manager says that it does not know. */
  @ParameterizedTest
  @EnumSource
  void aCommitWhoseAnswerIsLostIsNotDoneAgain(Stack stack) {
    runner(stack)
        .run(
            context -> {
              WithWork.then =
                  (within, connection, saved) ->
                      org.springframework.transaction.support.TransactionSynchronizationManager
                          .registerSynchronization(
                              new org.springframework.transaction.support
                                  .TransactionSynchronization() {
                                @Override
                                public void afterCommit() {
                                  throw new IllegalStateException("the connection is reset");
                                }
                              });
              answered(context);
              assertThat(WithWork.calls).hasValue(1);
              assertThat(bodies(context)).containsExactly("Hi");
              assertThat(outcomes(context)).hasSize(1);
            });
  }

  /** Another transaction of the thread's goes on, and what it rolls back is its own. */
  @ParameterizedTest
  @EnumSource
  void aThreadThatIsInATransactionKeepsIt(Stack stack) {
    runner(stack)
        .run(
            context -> {
              var response = new AtomicReference<SavedResponse>();
              try (var answer = context.getBean(Lastword.class).open("chat-1", ANN)) {
                answer.send("Hi");
                answer.seal(response::set);
              }
              new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
                  .executeWithoutResult(
                      outer -> {
                        try {
                          context.getBean(Saver.class).save(response.get());
                        } catch (Exception e) {
                          throw new IllegalStateException(e);
                        }
                        outer.setRollbackOnly();
                      });
              assertThat(bodies(context)).containsExactly("Hi");
              assertThat(outcomes(context)).hasSize(1);
            });
  }

  /** The context is closed while the work is done: it is rolled back, and the next does it. */
  @ParameterizedTest
  @EnumSource
  void whatTheContextsEndHasInterruptedIsDoneByTheNext(Stack stack) {
    var id = new AtomicReference<StreamId>();
    runner(stack)
        .run(
            context -> {
              var working = new CountDownLatch(1);
              WithWork.then =
                  (within, connection, saved) -> {
                    working.countDown();
                    new CountDownLatch(1).await();
                  };
              var answer = context.getBean(Lastword.class).open("chat-1", ANN);
              answer.send("Hi");
              id.set(answer.id());
              var _ = answer.sealAsync().exceptionally(e -> null);
              assertThat(working.await(60, TimeUnit.SECONDS)).isTrue();
            });
    runner(stack)
        .run(
            context -> {
              var lastword = context.getBean(Lastword.class);
              await()
                  .atMost(PATIENCE)
                  .until(() -> lastword.find(id.get(), ANN).orElseThrow().outcome() != null);
              assertThat(lastword.find(id.get(), ANN).orElseThrow().outcome())
                  .isEqualTo(Outcome.COMPLETED);
              assertThat(bodies(context)).containsExactly("Hi");
              assertThat(outcomes(context)).containsExactly(id.get().value());
            });
  }

  /** The row would be in one database, and the outcome in another. */
  @Test
  void transactionsOfAnotherDatabaseAreRefused() throws Exception {
    var one = new DriverManagerDataSource("jdbc:h2:" + dir.resolve("one"));
    var other = new DriverManagerDataSource("jdbc:h2:" + dir.resolve("other"));
    var transactions = SpringTransactions.on(one, new JdbcTransactionManager(other));
    var refused = new AtomicReference<String>("");
    try (var lastword = Lastword.embedded(dir.resolve("data"))) {
      var answer = lastword.open("chat-1", ANN);
      answer.send("Hi");
      var saver = transactions.saver((connection, saved) -> {});
      assertThatThrownBy(
              () ->
                  answer.seal(
                      saved -> {
                        try {
                          saver.save(saved);
                        } catch (Exception e) {
                          refused.set(Objects.requireNonNull(e.getMessage()));
                          throw new SaveException(SaveException.Kind.REJECTED, "no");
                        }
                      }))
          .isInstanceOf(AnswerEndedException.class);
    }
    assertThat(refused.get()).contains("are not those of the DataSource");
    assertThat(new JdbcTemplate(one).queryForList("SELECT stream FROM lastword_outcome")).isEmpty();
  }

  /** What joins by {@code DataSourceUtils} finds the connection that the work is given. */
  @ParameterizedTest
  @EnumSource
  void theWorksConnectionIsTheTransactions(Stack stack) {
    runner(stack)
        .run(
            context -> {
              var counted = new AtomicReference<Integer>();
              WithWork.then =
                  (within, connection, saved) -> {
                    if (stack == Stack.JPA) {
                      within.getBean(MessageRepository.class).flush();
                    }
                    try (var statement = connection.createStatement();
                        var rows = statement.executeQuery("SELECT count(*) FROM messages")) {
                      rows.next();
                      counted.set(rows.getInt(1));
                    }
                  };
              answered(context);
              assertThat(counted.get()).isEqualTo(1);
            });
  }
}
