package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.postgresql.PostgresJournal;
import dev.lastword.journal.postgresql.PostgresServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway whose journal is in PostgreSQL. */
@SuppressWarnings("NullAway.Init") // JUnit's methods set them
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class PostgresJournalGatewayTest {
  private static final String CHAT = "/v1/chat/completions";
  private static EmbeddedPostgres postgres;

  @TempDir Path data;

  private ScriptedUpstream upstream;
  private CountDownLatch go;
  private TestGateway gateway;

  @BeforeAll
  static void startServer() throws Exception {
    postgres = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stopServer() throws Exception {
    postgres.close();
  }

  @BeforeEach
  void start() throws Exception {
    go = new CountDownLatch(1);
    upstream =
        ScriptedUpstream.start()
            .on(
                CHAT,
                x -> {
                  x.stream().delta("half");
                  go.await();
                  x.delta(" whole").finish().data("[DONE]").end();
                });
    run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    gateway = open();
  }

  @AfterEach
  void stop() throws Exception {
    go.countDown();
    gateway.close();
    upstream.close();
  }

  private TestGateway open() {
    return TestGateway.asConfigured(
        data,
        upstream.url(),
        Map.of(
            Setting.JOURNAL_URL,
            url(),
            Setting.JOURNAL_USER,
            "postgres",
            Setting.JOURNAL_PASSWORD,
            "postgres"));
  }

  private static String url() {
    return "jdbc:postgresql://localhost:" + postgres.getPort() + "/postgres";
  }

  private static void run(String sql) throws Exception {
    try (var connection = postgres.getPostgresDatabase().getConnection();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void givenAnAnswer_whenRestarted_thenItIsReadBackAndNoSegmentIsInTheFolder() throws Exception {
    go.countDown();
    var answered = gateway.post(CHAT, "{}");
    assertThat(answered.body()).contains("whole").contains("[DONE]");
    var id = answered.headers().firstValue("lastword-stream").orElseThrow();

    gateway.restart();

    var again = gateway.get("/v1/stream/" + id);
    assertThat(again.body()).contains("half", "whole", "[DONE]");
    assertThat(gateway.ended(id).get("outcome").asString()).isEqualTo("completed");
    assertThat(Files.exists(data.resolve("journal"))).isFalse();
  }

  @Test
  void givenTheDatabaseLetsGo_whenRestarted_thenThePartialIsThereAndNoEndingWasSaid()
      throws Exception {
    try (var client = gateway.client()) {
      var head = client.post(CHAT, "{}").head();
      client.readUntil("half");
      var id = head.header("lastword-stream");

      run(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE application_name = 'lastword journal'");
      go.countDown();

      var rest = client.body(head, Long.MAX_VALUE);
      assertThat(rest.end()).isNotEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body()).doesNotContain("[DONE]");
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> gateway.get("/healthz").statusCode() == 503);

      gateway.restart();

      assertThat(gateway.ended(id).get("outcome").asString()).isEqualTo("interrupted");
      assertThat(gateway.json("/api/streams/" + id + "/response").get("text").asString())
          .startsWith("half");
    }
  }

  /** Nothing else opens its journal again; whoever supervises it starts it. */
  @Test
  void givenAProcess_whenTheDatabaseLetsGo_thenItEnds_andAsksForAnotherStart() throws Exception {
    gateway.close();
    var folder = Files.createDirectories(data.resolve("process"));
    var args =
        List.of(
            "serve",
            "--upstream",
            upstream.url(),
            "--listen",
            "127.0.0.1:0",
            "--data",
            "d",
            "--set",
            "journal.url=" + url() + "?user=postgres&password=postgres");
    try (var process = GatewayProcess.start(folder, List.of(), Map.of(), args)) {
      var at = process.ready();
      run(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE application_name = 'lastword journal'");
      try (var client = new RawClient(at)) { // a connection that breaks is noticed when it is used
        assertThat(client.timeoutMs(60_000).post(CHAT, "{}").serverCloses()).isTrue();
      }

      assertThat(process.process().waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.process().exitValue()).isEqualTo(75);
      assertThat(process.err()).contains("gateway.lost");
    }
    gateway = open();
  }

  @Test
  void givenARunningGateway_whenItsJournalIsPrinted_thenTheStreamIsInIt() throws Exception {
    go.countDown();
    var id = gateway.post(CHAT, "{}").headers().firstValue("lastword-stream").orElseThrow();
    var out = new StringBuilder();

    assertThat(PostgresJournal.print(journal(), out, false)).isTrue();
    assertThat(out.toString()).contains(id, "sound").doesNotContain("half");
  }

  @Test
  void givenARunningGateway_whenAnotherOpensItsJournal_thenThatIsRefused() throws Exception {
    assertThatThrownBy(() -> openJournal())
        .hasMessageContaining("journal main is open in process " + ProcessHandle.current().pid());
    go.countDown();
    assertThat(gateway.post(CHAT, "{}").body()).contains("[DONE]");
  }

  private static Journal openJournal() {
    return PostgresJournal.open(journal(), FileJournal.Options.DEFAULT);
  }

  private static PostgresJournal.Options journal() {
    return new PostgresJournal.Options(
        new PostgresServer(url(), "postgres", "postgres"),
        PostgresJournal.MAIN,
        Duration.ofMillis(500));
  }
}
