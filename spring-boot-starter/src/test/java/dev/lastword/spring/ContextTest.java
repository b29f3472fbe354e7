package dev.lastword.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.archive.sqlite.SqliteArchive;
import dev.lastword.journal.Disk;
import dev.lastword.journal.DiskRoom;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.library.Lastword;
import dev.lastword.library.Saver;
import dev.lastword.library.Storage;
import dev.lastword.library.Transactions;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SavedResponse;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.web.server.ResponseStatusException;

/** What the dependency makes of an application's context. */
final class ContextTest {
  @TempDir Path dir;

  private ApplicationContextRunner runner() {
    return new ApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                LastwordAutoConfiguration.class,
                LastwordMvcAutoConfiguration.class,
                LastwordWebFluxAutoConfiguration.class,
                LastwordActuatorAutoConfiguration.class))
        .withPropertyValues("lastword.directory=" + dir.resolve("data"), "lastword.grace=0s");
  }

  @Configuration(proxyBeanMethods = false)
  static class WithSaver {
    @Bean
    List<SavedResponse> heard() {
      return new CopyOnWriteArrayList<>();
    }

    @Bean
    Saver saver(List<SavedResponse> heard) {
      return heard::add;
    }
  }

  @Test
  void givenASaver_thenAnswersAreSavedByIt() {
    runner()
        .withUserConfiguration(WithSaver.class)
        .run(
            context -> {
              try (var answer = context.getBean(Lastword.class).open("chat-1", Owner.of("ann"))) {
                answer.send("Hi");
                answer.seal();
              }
              assertThat((List<?>) context.getBean("heard", List.class)).hasSize(1);
            });
  }

  @Test
  void givenTheContextIsClosedAndOpenedAgain_thenWhatWasOpenHasItsOutcome() {
    var id = new AtomicReference<StreamId>();
    runner()
        .run(
            context -> {
              var answer = context.getBean(Lastword.class).open("chat-1", Owner.of("ann"));
              answer.send("Hi");
              id.set(answer.id());
            });
    runner()
        .run(
            context -> {
              var view = context.getBean(Lastword.class).find(id.get(), Owner.of("ann"));
              assertThat(view.orElseThrow().outcome()).isEqualTo(Outcome.INTERRUPTED);
            });
  }

  @Test
  void givenAnotherContextHasTheDirectory_thenTheFailureSaysWhatToDo() {
    runner()
        .run(
            first ->
                runner()
                    .run(
                        second -> {
                          assertThat(second).hasFailed();
                          var failure = Objects.requireNonNull(second.getStartupFailure());
                          assertThat(new StorageTakenAnalyzer().analyze(failure))
                              .isNotNull()
                              .satisfies(
                                  analysis ->
                                      assertThat(analysis.getAction())
                                          .contains("lastword.directory"),
                                  analysis ->
                                      assertThat(analysis.getDescription())
                                          .contains(dir.toString()));
                        }));
  }

  @Test
  void givenItIsSwitchedOff_thenThereIsNone() {
    runner()
        .withPropertyValues("lastword.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean(Lastword.class));
  }

  @Test
  void givenNothingCanBeOpened_thenItIs503AndSaysWhenToAskAgain() {
    runner()
        .run(
            context -> {
              context.getBean(Lastword.class).close();
              assertThatThrownBy(
                      () -> context.getBean(Answers.class).intake(Owner.of("ann"), "/chat"))
                  .isInstanceOfSatisfying(
                      ResponseStatusException.class,
                      refused -> {
                        assertThat(refused.getStatusCode().value()).isEqualTo(503);
                        assertThat(refused.getHeaders().getFirst("Retry-After")).isEqualTo("5");
                      });
            });
  }

  @Configuration(proxyBeanMethods = false)
  static class WithAGatewayThatIsAway {
    @Bean
    Lastword lastword() {
      return Lastword.at(URI.create("http://127.0.0.1:9")).patience(Duration.ZERO).open();
    }
  }

  @Test
  void givenAGatewayThatIsAway_thenItIs503AndSaysWhenToAskAgain() {
    runner()
        .withUserConfiguration(WithAGatewayThatIsAway.class)
        .run(
            context ->
                assertThatThrownBy(
                        () -> context.getBean(Answers.class).intake(Owner.of("ann"), "/chat"))
                    .isInstanceOfSatisfying(
                        ResponseStatusException.class,
                        refused -> {
                          assertThat(refused.getStatusCode().value()).isEqualTo(503);
                          assertThat(refused.getHeaders().getFirst("Retry-After")).isEqualTo("5");
                        }));
  }

  @Test
  void givenWrongProperties_thenTheirNamesAreSaid() {
    for (var property :
        List.of(
            "lastword.heartbeat=1ms",
            "lastword.grace=-1s",
            "lastword.idle=0s",
            "lastword.edge.endings=nonsense",
            "lastword.endpoints.path=streams")) {
      runner()
          .withPropertyValues(property)
          .run(
              context ->
                  assertThat(context.getStartupFailure())
                      .rootCause()
                      .hasMessageContaining(property.substring(0, property.indexOf('='))));
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class WithDatabase {
    @Bean
    DataSource dataSource() {
      return new DriverManagerDataSource("jdbc:sqlite:" + System.getProperty("context-test.db"));
    }

    @Bean
    Saver saver(Transactions transactions) {
      return transactions.saver(
          (connection, saved) -> {
            try (var statement =
                connection.prepareStatement("INSERT INTO message (text) VALUES (?)")) {
              statement.setString(1, saved.text());
              statement.executeUpdate();
            }
          });
    }
  }

  @Test
  void givenOneDatabase_thenASaverWritesItsRowsInItsTransactions() throws Exception {
    var url = "jdbc:sqlite:" + dir.resolve("app.db");
    System.setProperty("context-test.db", dir.resolve("app.db").toString());
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE message (text TEXT)");
    }
    runner()
        .withUserConfiguration(WithDatabase.class)
        .run(
            context -> {
              try (var answer = context.getBean(Lastword.class).open("chat-1", Owner.of("ann"))) {
                answer.send("Hi");
                answer.seal();
              }
            });
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement();
        var rows =
            statement.executeQuery(
                "SELECT text, (SELECT count(*) FROM lastword_outcome) FROM message")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getString(1)).isEqualTo("Hi");
      assertThat(rows.getInt(2)).isEqualTo(1);
      assertThat(rows.next()).isFalse();
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class WithTwoManagers {
    @Bean
    DataSource dataSource() {
      return new DriverManagerDataSource("jdbc:h2:mem:two");
    }

    @Bean
    PlatformTransactionManager one(DataSource dataSource) {
      return new JdbcTransactionManager(dataSource);
    }

    @Bean
    PlatformTransactionManager another(DataSource dataSource) {
      return new JdbcTransactionManager(dataSource);
    }
  }

  /** Plain transactions of the database would be none that repositories join. */
  @Test
  void givenTwoManagersOfTransactions_thenNoneIsTakenForTheApplication() {
    var both =
        runner()
            .withConfiguration(AutoConfigurations.of(LastwordTransactionsAutoConfiguration.class))
            .withUserConfiguration(WithTwoManagers.class);
    both.run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(Transactions.class));
    both.withBean(
            Saver.class,
            () -> saved -> {},
            definition -> definition.setDependsOn("lastwordTransactions"))
        .run(
            context ->
                assertThat(context.getStartupFailure())
                    .hasStackTraceContaining("lastwordTransactions"));
  }

  @Test
  void givenTwoSavers_thenTheStartFailsAndNamesThem() {
    var two =
        runner()
            .withUserConfiguration(WithSaver.class)
            .withBean("another", Saver.class, () -> saved -> {});
    two.run(
        context ->
            assertThat(context.getStartupFailure())
                .rootCause()
                .isInstanceOf(NoUniqueBeanDefinitionException.class)
                .hasMessageContainingAll("saver", "another"));
  }

  @Test
  void givenTwoSaversOfWhichOneIsPrimary_thenThatSaves() {
    var calls = new AtomicInteger();
    runner()
        .withUserConfiguration(WithSaver.class)
        .withBean(
            "another",
            Saver.class,
            () -> saved -> calls.incrementAndGet(),
            definition -> definition.setPrimary(true))
        .run(
            context -> {
              try (var answer = context.getBean(Lastword.class).open("chat-1", Owner.of("ann"))) {
                answer.send("Hi");
                answer.seal();
              }
              assertThat(calls).hasValue(1);
              assertThat((List<?>) context.getBean("heard", List.class)).isEmpty();
            });
  }

  @Configuration(proxyBeanMethods = false)
  static class WithStorage {
    @Bean
    Storage storage(Environment environment) {
      var folder = Path.of(environment.getRequiredProperty("mine"));
      return () -> {
        var room = new DiskRoom();
        return new Storage.Opened(
            FileJournal.open(
                Disk.directory(folder.resolve("journal")), FileJournal.Options.DEFAULT, room),
            SqliteArchive.open(folder.resolve("archive.db"), SqliteArchive.Options.DEFAULT, room));
      };
    }
  }

  @Test
  void givenAStorageOfTheApplicationsOwn_thenAnswersAreKeptThere_andNoDirectoryIsMade() {
    runner()
        .withUserConfiguration(WithStorage.class)
        .withPropertyValues("mine=" + dir)
        .run(
            context -> {
              try (var answer = context.getBean(Lastword.class).open("chat-1", Owner.of("ann"))) {
                answer.send("Hi");
                answer.seal();
              }
            });
    assertThat(dir.resolve("archive.db")).isRegularFile();
    assertThat(dir.resolve("data")).doesNotExist();
  }

  @Test
  void givenALastwordOfTheApplicationsOwnWithoutItsSaver_thenTheStartFailsAndSaysWhatToDo() {
    runner()
        .withUserConfiguration(WithSaver.class)
        .withBean("mine", Lastword.class, () -> Lastword.embedded(dir.resolve("mine")))
        .run(
            context ->
                assertThat(context.getStartupFailure())
                    .rootCause()
                    .isInstanceOf(UnreadSaverException.class)
                    .hasMessageContaining(".saver(saver)"));
  }

  @Test
  void givenASaverThatIsNoDefaultCandidate_thenItIsForWhoeverAsksForItByName() {
    runner()
        .withBean(
            "single",
            Saver.class,
            () -> saved -> {},
            definition -> ((AbstractBeanDefinition) definition).setDefaultCandidate(false))
        .withBean("mine", Lastword.class, () -> Lastword.embedded(dir.resolve("mine")))
        .run(context -> assertThat(context).hasNotFailed());
  }

  @Test
  void givenALastwordOfTheApplicationsOwnWithItsSaver_thenItIsTheApplicationsLastword() {
    runner()
        .withUserConfiguration(WithSaver.class)
        .withBean(
            "mine",
            Lastword.class,
            () -> Lastword.at(dir.resolve("mine")).saver(saved -> {}).open())
        .run(context -> assertThat(context).hasNotFailed().hasSingleBean(Lastword.class));
  }

  @Configuration(proxyBeanMethods = false)
  static class WithTransactions {
    @Bean
    Saver saver(Transactions transactions) {
      return transactions.saver((connection, saved) -> {});
    }
  }

  /** Flyway and Liquibase refuse a schema that is not empty, and are told the same order. */
  @Test
  void givenTheDatabaseIsMadeByScripts_thenTheTableOfOutcomesIsMadeBehindThem() throws Exception {
    var script = dir.resolve("schema.sql");
    Files.writeString(
        script,
        "CREATE TABLE lastword_outcome_of_mine AS "
            + "SELECT count(*) AS there FROM information_schema.tables"
            + " WHERE lower(table_name) = 'lastword_outcome'");
    for (boolean springs : new boolean[] {true, false}) {
      var application =
          new ApplicationContextRunner()
              .withUserConfiguration(WithTransactions.class)
              .withConfiguration(
                  AutoConfigurations.of(
                      LastwordAutoConfiguration.class,
                      LastwordTransactionsAutoConfiguration.class,
                      DataSourceAutoConfiguration.class,
                      DataSourceInitializationAutoConfiguration.class))
              .withPropertyValues(
                  "lastword.directory=" + dir.resolve("data"),
                  "lastword.grace=0s",
                  "spring.datasource.url=jdbc:h2:" + dir.resolve("app" + springs),
                  "spring.sql.init.mode=always",
                  "spring.sql.init.schema-locations=" + script.toUri());
      if (springs) {
        application =
            application.withConfiguration(
                AutoConfigurations.of(DataSourceTransactionManagerAutoConfiguration.class));
      }
      application.run(
          context -> {
            assertThat(context).hasNotFailed();
            try (var connection = context.getBean(DataSource.class).getConnection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT there FROM lastword_outcome_of_mine")) {
              assertThat(rows.next()).isTrue();
              assertThat(rows.getInt(1)).isZero();
            }
          });
    }
  }

  @Test
  void givenNeitherReactorNorMetricsNorJdbc_thenSpringMvcHasItAllTheSame() {
    new WebApplicationContextRunner()
        .withClassLoader(
            new FilteredClassLoader(
                "reactor",
                "org.springframework.web.reactive",
                "io.micrometer",
                "org.springframework.boot.health",
                "org.springframework.boot.jdbc"))
        .withConfiguration(
            AutoConfigurations.of(
                LastwordAutoConfiguration.class,
                LastwordMvcAutoConfiguration.class,
                LastwordWebFluxAutoConfiguration.class,
                LastwordActuatorAutoConfiguration.class))
        .withPropertyValues("lastword.directory=" + dir.resolve("data"))
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context).hasSingleBean(MvcReaders.class);
              assertThat(context).doesNotHaveBean(FluxReaders.class);
            });
  }
}
