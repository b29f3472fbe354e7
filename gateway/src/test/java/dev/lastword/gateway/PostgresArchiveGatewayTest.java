package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.cli.Commands;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
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

/** A gateway whose archive is in PostgreSQL, and its journal there, too, or in files. */
@SuppressWarnings("NullAway.Init") // JUnit's methods set them
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class PostgresArchiveGatewayTest {
  private static final String CHAT = "/v1/chat/completions";
  private static EmbeddedPostgres postgres;

  @TempDir Path data;

  private ScriptedUpstream upstream;
  private CountDownLatch go;

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
  }

  @AfterEach
  void stop() throws Exception {
    go.countDown();
    upstream.close();
  }

  private static String url() {
    return "jdbc:postgresql://localhost:" + postgres.getPort() + "/postgres";
  }

  private static Map<Setting, String> both() {
    return Map.of(
        Setting.JOURNAL_URL, url(),
        Setting.JOURNAL_USER, "postgres",
        Setting.JOURNAL_PASSWORD, "postgres",
        Setting.ARCHIVE_URL, "same");
  }

  private TestGateway open(Map<Setting, String> settings) {
    return TestGateway.asConfigured(data, upstream.url(), settings);
  }

  private static void run(String sql) throws Exception {
    try (var connection = postgres.getPostgresDatabase().getConnection();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String text(String sql) throws Exception {
    try (var connection = postgres.getPostgresDatabase().getConnection();
        var statement = connection.createStatement();
        var row = statement.executeQuery(sql)) {
      return row.next() ? String.valueOf(row.getString(1)) : "no row";
    }
  }

  private static void awaitText(String sql, String wanted) {
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> assertThat(text(sql)).isEqualTo(wanted));
  }

  @Test
  void givenBothInTheDatabase_whenTheGatewayIsKilled_thenAnotherDirectoryGoesOnWithWhatWasSaid(
      @TempDir Path other) throws Exception {
    go.countDown();
    String whole;
    String cut;
    try (var process = start(data)) {
      whole = begun(process, "[DONE]");
      awaitText("SELECT outcome FROM lastword_streams WHERE id = '" + whole + "'", "completed");
      go = new CountDownLatch(1);
      cut = begun(process, "half");
      process.kill();
    }
    assertThat(data.resolve("archive.db")).doesNotExist();
    assertThat(data.resolve("journal")).doesNotExist();
    assertThat(text("SELECT text FROM lastword_streams WHERE id = '" + whole + "'"))
        .isEqualTo("half whole");

    data = other;
    try (var gateway = open(both())) {
      assertThat(gateway.get("/v1/stream/" + whole).body()).contains("half", "whole", "[DONE]");
      assertThat(gateway.json("/api/streams/" + whole + "/response").get("text").asString())
          .isEqualTo("half whole");
      assertThat(gateway.ended(cut).get("outcome").asString()).isEqualTo("interrupted");
      assertThat(brokenOff(gateway, cut)).contains("half").doesNotContain("[DONE]");
      awaitText("SELECT outcome FROM lastword_streams WHERE id = '" + cut + "'", "interrupted");
      assertThat(gateway.json("/api/streams?limit=10").toString()).contains(whole, cut);
      assertThat(text("SELECT count(*) FROM lastword_ledger")).isEqualTo("2");
    }
  }

  /** What a reader gets of a stream that does not end as it should. */
  private static String brokenOff(TestGateway gateway, String id) throws Exception {
    try (var client = gateway.client()) {
      var head = client.get("/v1/stream/" + id).head();
      var body = client.body(head, Long.MAX_VALUE);
      assertThat(body.end()).isNotEqualTo(RawClient.End.CLEAN);
      return body.body();
    }
  }

  private GatewayProcess start(Path folder) throws Exception {
    Files.writeString(
        folder.resolve("lastword.yaml"),
        """
        upstream: "%s"
        data: "%s"
        listen: "127.0.0.1:0"
        journal: { url: "%s", user: postgres, password: "${DB_PASSWORD}" }
        archive: { url: same }
        """
            .formatted(upstream.url(), folder, url()));
    return GatewayProcess.start(
        folder,
        List.of(),
        Map.of("DB_PASSWORD", "postgres"),
        List.of("serve", "--config", folder.resolve("lastword.yaml").toString()));
  }

  /** Asks, reads as far as that, and leaves; the stream's id. */
  private static String begun(GatewayProcess process, String until) throws Exception {
    try (var client = new RawClient(process.ready())) {
      var id = client.post(CHAT, "{}").head().header("lastword-stream");
      client.readUntil(until);
      return id;
    }
  }

  @Test
  void givenTheDatabaseRestarts_whenItsJournalIsInFiles_thenAnswersGoOn_andAreThereAfterwards(
      @TempDir Path database) throws Exception {
    go.countDown();
    var server = at(database, 0);
    int port = server.getPort();
    try (var gateway = open(archiveAt(port))) {
      var before = id(gateway.post(CHAT, "{}"));
      awaitStored(gateway);
      server.close();

      var during = gateway.post(CHAT, "{}");
      assertThat(during.body()).contains("[DONE]");
      assertThat(gateway.get("/v1/stream/" + id(during)).body()).contains("whole", "[DONE]");
      var refused = gateway.get("/v1/stream/" + before);
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.body()).contains("archive_unavailable");
      assertThat(gateway.get("/api/streams").statusCode()).isEqualTo(503);
      assertThat(gateway.get("/healthz").statusCode()).isEqualTo(200);

      server = at(database, port);
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> gateway.get("/v1/stream/" + before).statusCode() == 200);
      awaitStored(gateway);
      try (var connection = server.getPostgresDatabase().getConnection();
          var statement = connection.createStatement();
          var row = statement.executeQuery("SELECT count(*) FROM lastword_streams WHERE at_rest")) {
        row.next();
        assertThat(row.getLong(1)).isEqualTo(2);
      }
    } finally {
      server.close();
    }
  }

  private static EmbeddedPostgres at(Path directory, int port) throws Exception {
    var builder =
        EmbeddedPostgres.builder().setDataDirectory(directory).setCleanDataDirectory(false);
    return (port == 0 ? builder : builder.setPort(port)).start();
  }

  private static Map<Setting, String> archiveAt(int port) {
    return Map.of(
        Setting.ARCHIVE_URL,
        "jdbc:postgresql://localhost:" + port + "/postgres",
        Setting.ARCHIVE_USER,
        "postgres",
        Setting.ARCHIVE_PASSWORD,
        "postgres");
  }

  private static String id(HttpResponse<String> answer) {
    return answer.headers().firstValue("lastword-stream").orElseThrow();
  }

  private static void awaitStored(TestGateway gateway) {
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> gateway.get("/metrics").body().contains("lastword_streams_unarchived 0"));
  }

  @Test
  void givenAStoredAnswer_whenItIsDeletedOrOutlived_thenItsRowsAreGone_andTheLedgerHasIt()
      throws Exception {
    go.countDown();
    String kept;
    var settings = new HashMap<>(both());
    try (var gateway = open(settings)) {
      var deleted = id(gateway.post(CHAT, "{}"));
      kept = id(gateway.post(CHAT, "{}"));
      awaitStored(gateway);
      var deletion = gateway.request("/api/streams/" + deleted).DELETE().build();
      assertThat(gateway.send(deletion).statusCode()).isEqualTo(204);
      awaitText("SELECT count(*) FROM lastword_streams", "1");
      awaitText("SELECT count(*) FROM lastword_events WHERE stream = '" + deleted + "'", "0");
      assertThat(gateway.get("/v1/stream/" + deleted).statusCode()).isIn(404, 410);
    }
    settings.put(Setting.RETENTION_BYTES, "1");
    try (var gateway = open(settings)) {
      awaitText("SELECT count(*) FROM lastword_streams", "0");
      awaitText("SELECT count(*) FROM lastword_events", "0");
      assertThat(gateway.get("/v1/stream/" + kept).statusCode()).isIn(404, 410);
    }
    assertThat(text("SELECT count(*) FROM lastword_ledger")).isEqualTo("2");
  }

  @Test
  void givenACharacterThatSomebodyChanged_whenAsked_thenItIsNotServed() throws Exception {
    go.countDown();
    try (var gateway = open(both())) {
      var changed = id(gateway.post(CHAT, "{}"));
      var other = id(gateway.post(CHAT, "{}"));
      awaitStored(gateway);
      run(
          "UPDATE lastword_events SET wire = replace(convert_from(wire, 'UTF8'), 'whole', 'whale')"
              + "::bytea WHERE stream = '"
              + changed
              + "'");
      run(
          "UPDATE lastword_streams SET response = replace(response, 'whole', 'whale') WHERE id = '"
              + changed
              + "'");

      assertThat(brokenOff(gateway, changed)).doesNotContain("whale").doesNotContain("[DONE]");
      assertThat(gateway.get("/api/streams/" + changed + "/response").statusCode()).isEqualTo(500);
      assertThat(gateway.get("/v1/stream/" + other).body()).contains("whole", "[DONE]");
    }
  }

  @Test
  void givenAStoredAnswer_whenItsReceiptIsChecked_thenTheDatabaseProvesIt() throws Exception {
    go.countDown();
    try (var gateway = open(both())) {
      var id = id(gateway.post(CHAT, "{}"));
      awaitStored(gateway);
      var receipt = gateway.json("/api/streams/" + id).get("receipt").asString();

      var database = url() + "?user=postgres&password=postgres";
      assertThat(verify(receipt, database)).startsWith("0 Proved: the 4 events in " + url());

      run("UPDATE lastword_events SET crc = NULL, wire = substr(wire, 1, length(wire) - 1) || ' '");
      assertThat(verify(receipt, database)).doesNotStartWith("0");
      assertThat(verify(receipt, "jdbc:postgresql://localhost:1/x")).contains("cannot read");
    }
  }

  @Test
  void givenTheArchiveOfAShard_whenAReceiptIsChecked_thenTheDatabaseProvesItWithoutItsSchema()
      throws Exception {
    go.countDown();
    run("DROP SCHEMA IF EXISTS lastword_12 CASCADE; CREATE SCHEMA lastword_12");
    run("DROP SCHEMA IF EXISTS lastword_2 CASCADE; CREATE SCHEMA lastword_2");
    var settings = new HashMap<>(both());
    for (var shard : List.of("lastword_2", "lastword_12")) {
      settings.put(Setting.JOURNAL_URL, url() + "?currentSchema=" + shard);
      try (var gateway = TestGateway.asConfigured(data.resolve(shard), upstream.url(), settings)) {
        var id = id(gateway.post(CHAT, "{}"));
        awaitStored(gateway);
        var receipt = gateway.json("/api/streams/" + id).get("receipt").asString();
        var keys = data.resolve(shard).resolve(ReceiptKeys.FILE);

        assertThat(verify(receipt, url() + "?user=postgres&password=postgres", keys))
            .startsWith("0 Proved: the 4 events in " + url());
      }
    }
    run("DROP SCHEMA lastword_12 CASCADE; DROP SCHEMA lastword_2 CASCADE");
  }

  private String verify(String receipt, String database) throws Exception {
    return verify(receipt, database, data.resolve(ReceiptKeys.FILE));
  }

  private String verify(String receipt, String database, Path keys) throws Exception {
    var said = new ByteArrayOutputStream();
    var out = new PrintStream(said, true, StandardCharsets.UTF_8);
    var in = new ByteArrayInputStream(new byte[0]);
    int code =
        new Commands(List.of(new VerifyCommand(in, out)), out, out)
            .run(new String[] {"verify", receipt, "--archive", database, "--keys", "" + keys});
    return code + " " + said.toString(StandardCharsets.UTF_8).strip();
  }

  @Test
  void givenTheArchiveOfAnotherJournal_whenStarted_thenItIsRefusedAndSaysWhatToDo(
      @TempDir Path other) throws Exception {
    go.countDown();
    var settings = archiveAt(postgres.getPort());
    try (var gateway = open(settings)) {
      assertThat(gateway.post(CHAT, "{}").body()).contains("[DONE]");
      awaitStored(gateway);
    }
    data = other;

    assertThatThrownBy(() -> open(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(url())
        .hasMessageContaining("the archive belongs to journal")
        .hasMessageContaining("docs/guides/postgresql.md");
  }
}
