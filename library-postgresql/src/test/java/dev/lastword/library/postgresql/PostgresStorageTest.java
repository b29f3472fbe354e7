package dev.lastword.library.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.lastword.archive.ArchiveUnavailableException;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.library.Lastword;
import dev.lastword.library.NotOpenedException;
import dev.lastword.library.Transactions;
import dev.lastword.library.UndecidedException;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SavedResponse;
import dev.lastword.stream.Turn;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers in the application's own database: each test has a schema of its own there. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class PostgresStorageTest {
  private static final Owner ANN = Owner.of("ann");
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final AtomicInteger SCHEMAS = new AtomicInteger();

  @SuppressWarnings("NullAway.Init") // before all
  private static EmbeddedPostgres server;

  private final String schema = "Answers of " + SCHEMAS.incrementAndGet();
  private final List<SavedResponse> saved = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void start() throws IOException, SQLException {
    server = EmbeddedPostgres.start();
    asOperator("CREATE DATABASE app");
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  private static String url() {
    return "jdbc:postgresql://localhost:" + server.getPort() + "/app?sslmode=disable";
  }

  private PostgresStorage storage() {
    return PostgresStorage.of(url(), "postgres", "postgres")
        .schema(schema)
        .ownerWait(Duration.ofSeconds(1));
  }

  private Lastword open() {
    return Lastword.at(storage()).saver(saved::add).open();
  }

  private static void asOperator(String sql) throws SQLException {
    run(server.getPostgresDatabase(), sql);
  }

  private static DataSource app() {
    return server.getDatabase("postgres", "app");
  }

  private static void run(DataSource database, String sql) throws SQLException {
    try (var connection = database.getConnection();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static long count(String sql) throws SQLException {
    try (var connection = app().getConnection();
        var statement = connection.createStatement();
        var row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** It takes no connections, and ends those that it has. */
  private static void goes() throws SQLException {
    asOperator("ALTER DATABASE app ALLOW_CONNECTIONS false");
    asOperator("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'app'");
  }

  private static void comesBack() throws SQLException {
    asOperator("ALTER DATABASE app ALLOW_CONNECTIONS true");
  }

  private static Outcome outcome(Lastword lastword, StreamId id) {
    await().atMost(PATIENCE).until(() -> lastword.find(id, ANN).orElseThrow().outcome() != null);
    return Objects.requireNonNull(lastword.find(id, ANN).orElseThrow().outcome());
  }

  private static String read(Lastword lastword, StreamId id)
      throws IOException, InterruptedException {
    var out = new ByteArrayOutputStream();
    lastword.read(id, ANN, "").orElseThrow().writeTo(out);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void givenAnswers_whenTheNextProcessOpensIt_thenTheyAreThere_andWhatWasOpenIsInterrupted()
      throws Exception {
    StreamId whole;
    StreamId half;
    try (var lastword = open()) {
      var first = lastword.open("chat-1", ANN);
      whole = first.id();
      first.send("all of it");
      first.seal();
      var second = lastword.open("chat-1", ANN);
      half = second.id();
      second.send("half");
      await().atMost(PATIENCE).until(() -> lastword.find(half, ANN).orElseThrow().events() == 1);
    }
    assertThat(saved).extracting(SavedResponse::text).contains("all of it");
    try (var lastword = open()) {
      assertThat(read(lastword, whole)).contains("data: \"all of it\"").endsWith("[DONE]\n\n");
      assertThat(outcome(lastword, half)).isEqualTo(Outcome.INTERRUPTED);
      assertThat(lastword.conversation("chat-1", ANN, 10))
          .extracting(Turn::stream)
          .extracting("id")
          .containsExactly(whole, half);
    }
    assertThat(count("SELECT count(*) FROM \"" + schema + "\".lastword_streams"))
        .as("rows that a person can read")
        .isEqualTo(2);
  }

  @Test
  void givenTheDatabaseGoes_whenItComesBack_thenTheApplicationGoesOnWithoutAStart()
      throws Exception {
    try (var lastword = open()) {
      var answer = lastword.open("chat-1", ANN);
      answer.send("half");
      await()
          .atMost(PATIENCE)
          .until(() -> lastword.find(answer.id(), ANN).orElseThrow().events() == 1);

      goes();
      await().atMost(PATIENCE).until(() -> catchThrowable(() -> answer.send("more")) != null);
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> lastword.find(answer.id(), ANN))
                      .isInstanceOf(ArchiveUnavailableException.class));
      assertThatThrownBy(() -> lastword.open("chat-1", ANN)).isInstanceOf(NotOpenedException.class);
      await().atMost(PATIENCE).until(() -> lastword.health() == Journal.Health.CLOSED);
      comesBack();

      await().atMost(PATIENCE).until(() -> lastword.health() == Journal.Health.OPEN);
      assertThat(outcome(lastword, answer.id())).isEqualTo(Outcome.INTERRUPTED);
      var next = lastword.open("chat-1", ANN);
      next.send("whole");
      assertThat(next.seal().outcome()).isEqualTo(Outcome.COMPLETED);
    } finally {
      comesBack();
    }
  }

  /** Both are in one database: the rows, their outcome, and all that is known of the answer. */
  @Test
  void givenTheApplicationsTransaction_whenTheDatabaseGoesBehindItsCommit_thenItsRowIsThereOnce()
      throws Exception {
    run(app(), "CREATE TABLE messages (id text, content text)");
    var transactions = Transactions.on(app());
    var lost = new AtomicInteger();
    var work =
        transactions.saver(
            (Connection connection, SavedResponse response) -> {
              try (var insert = connection.prepareStatement("INSERT INTO messages VALUES (?, ?)")) {
                insert.setString(1, response.stream().value());
                insert.setString(2, response.text());
                insert.executeUpdate();
              }
            });
    try (var lastword =
        Lastword.at(storage())
            .saver(
                response -> {
                  work.save(response);
                  if (lost.getAndIncrement() == 0) {
                    goes();
                  }
                })
            .open()) {
      var answer = lastword.open("chat-1", ANN);
      answer.send("all of it");

      assertThatThrownBy(answer::seal).isInstanceOf(UndecidedException.class);
      comesBack();
      await().atMost(PATIENCE).until(() -> lastword.health() == Journal.Health.OPEN);

      assertThat(outcome(lastword, answer.id())).isEqualTo(Outcome.COMPLETED);
      assertThat(read(lastword, answer.id())).endsWith("[DONE]\n\n");
      assertThat(count("SELECT count(*) FROM messages WHERE id = '" + answer.id().value() + "'"))
          .isEqualTo(1);
      assertThat(lost.get()).as("the saver was asked again").isGreaterThan(1);
    } finally {
      comesBack();
    }
  }

  @Test
  void givenAnotherProcessHasTheSchema_whenOpened_thenItIsRefused_andAnotherSchemaIsNot() {
    try (var lastword = open()) {
      assertThatThrownBy(this::open)
          .isInstanceOf(JournalFailedException.class)
          .hasMessageContaining("open");
      try (var other = Lastword.at(storage().schema(schema + " b")).open()) {
        var answer = other.open("chat-1", ANN);
        answer.send("its own");
        answer.seal();
        assertThat(lastword.find(answer.id(), ANN)).isEmpty();
      }
    }
  }

  @Test
  void givenTheServerRefuses_whenOpened_thenItSaysWhere_andNothingOfThePassword() {
    var wrong =
        PostgresStorage.of(
            "jdbc:postgresql://localhost:" + server.getPort() + "/none?password=hidden",
            "postgres",
            "");
    assertThatThrownBy(() -> Lastword.at(wrong).open())
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining("localhost:" + server.getPort() + "/none")
        .hasMessageNotContaining("hidden");
    assertThat(wrong.toString()).endsWith("/none, schema lastword");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "pg_mine",
        "a\0b",
        "0123456789012345678901234567890123456789012345678901234567890123"
      })
  void givenANameThatIsNoSchema_thenItSaysTheBound(String name) {
    assertThatThrownBy(() -> PostgresStorage.of(url(), "", "").schema(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("schema is '" + name + "': 1 to 63 bytes");
  }

  @Test
  void givenAnotherDatabasesUrl_thenItIsRefused() {
    assertThatThrownBy(() -> PostgresStorage.of("jdbc:mysql://db/app", "", ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("jdbc:postgresql:");
  }
}
