package dev.lastword.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lastword.journal.Outcome;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamView;
import dev.lastword.testing.MariaDbServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mariadb.jdbc.MariaDbDataSource;

/**
 * A process is killed around the commit that saves an answer, again and again, and the next one
 * goes on with its directory and its database. Nothing there keeps a row from being written twice.
 *
 * <p>{@code -Dlastword.crash.rounds=100} is more rounds than the tests' own.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
final class TransactionsCrashTest {
  private static final int ROUNDS = Integer.getInteger("lastword.crash.rounds", 5);

  private static EmbeddedPostgres postgres;
  private static Optional<MariaDbServer> mariaDb = Optional.empty();

  @TempDir Path dir;

  enum Database {
    POSTGRESQL,
    MARIADB
  }

  @BeforeAll
  static void start(@TempDir Path servers) throws Exception {
    mariaDb = MariaDbServer.start(servers);
    postgres = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
    mariaDb.ifPresent(MariaDbServer::close);
  }

  private static String url(Database database) {
    if (database == Database.POSTGRESQL) {
      return postgres.getJdbcUrl("postgres", "postgres");
    }
    assumeTrue(mariaDb.isPresent(), MariaDbServer.MISSING);
    return mariaDb.get().url();
  }

  @ParameterizedTest
  @EnumSource
  void givenTheProcessIsKilledAroundItsCommit_thenEachAnswerIsThereOnce(Database database)
      throws Exception {
    var url = url(database);
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE messages (id VARCHAR(64), body VARCHAR(1000))");
    }
    Set<String> told = new HashSet<>();
    for (int round = 0; round < ROUNDS; round++) {
      told.addAll(killed(round, url));
    }

    var saver =
        TransactionsCrashChild.saver(
            database == Database.POSTGRESQL
                ? postgres.getPostgresDatabase()
                : new MariaDbDataSource(url));
    try (var lastword = Lastword.at(dir).saver(saver).open()) {
      await()
          .atMost(Rig.PATIENCE)
          .until(() -> all(lastword).stream().allMatch(v -> v.outcome() != null));
      var completed =
          all(lastword).stream()
              .filter(view -> view.outcome() == Outcome.COMPLETED)
              .map(view -> view.id().value())
              .toList();
      assertThat(told).isNotEmpty();
      assertThat(completed).as("what was told").containsAll(told);
      assertThat(rows(url, "SELECT id FROM messages"))
          .as("each once, and none of what was not completed")
          .containsExactlyInAnyOrderElementsOf(completed);
      assertThat(rows(url, "SELECT body FROM messages"))
          .allMatch(TransactionsCrashChild.TEXT::equals);
    }
  }

  /** Runs a child until it has come to a place; kills it, by turns, before and after its commit. */
  private Set<String> killed(int round, String url) throws IOException, InterruptedException {
    var deadly = round % 3 == 0 ? "begun " : "committed ";
    int left = 2 + round % 7;
    var log = dir.resolve("child.log");
    var child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                TransactionsCrashChild.class.getName(),
                dir.toString(),
                url)
            .redirectError(log.toFile())
            .start();
    Set<String> told = new HashSet<>();
    try (var lines = new BufferedReader(child.inputReader(StandardCharsets.UTF_8))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(deadly) && --left == 0) {
          child.toHandle().destroyForcibly(); // the process would close its pipe, too
        }
        if (line.startsWith("told ")) {
          told.add(line.substring("told ".length()));
        }
      }
    }
    child.waitFor();
    assertThat(left).as(() -> "the child lived until it was killed: " + text(log)).isNotPositive();
    return told;
  }

  private static String text(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<StreamView> all(Lastword lastword) {
    return lastword.list(Rig.ANN, new StreamQuery(null, null, null, null, null, 1_000));
  }

  private static List<String> rows(String url, String query) throws SQLException {
    var rows = new ArrayList<String>();
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement();
        var found = statement.executeQuery(query)) {
      while (found.next()) {
        rows.add(found.getString(1));
      }
    }
    return rows;
  }
}
