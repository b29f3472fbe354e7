package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.cluster.Shard;
import dev.lastword.cluster.Where;
import dev.lastword.journal.StreamId;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes of one cluster in this process. */
@SuppressWarnings("NullAway.Init") // JUnit's methods set them
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class RunningNodeTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final Duration LONG = Duration.ofSeconds(60);
  private static EmbeddedPostgres postgres;

  @TempDir Path folder;

  private final CountDownLatch go = new CountDownLatch(1);
  private final List<String> ends = new CopyOnWriteArrayList<>();
  private final List<RunningNode> nodes = new ArrayList<>();
  private ScriptedUpstream upstream;
  private ScriptedUpstream other;
  private RunningNode a;
  private RunningNode b;

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
    try (var connection = postgres.getPostgresDatabase().getConnection();
        var statement = connection.createStatement()) {
      statement.execute(
          "DROP SCHEMA IF EXISTS lastword_1 CASCADE; DROP SCHEMA IF EXISTS lastword_2 CASCADE;"
              + " DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }
    upstream = ScriptedUpstream.start().on(CHAT, this::answer);
    other = ScriptedUpstream.start().on(CHAT, this::answer);
    a = node("a");
    b = node("b");
    await()
        .atMost(LONG)
        .until(
            () ->
                a.membership().of(shardOf(b)) instanceof Where.At
                    && b.membership().of(shardOf(a)) instanceof Where.At);
  }

  @AfterEach
  void stop() throws Exception {
    go.countDown();
    nodes.reversed().forEach(RunningNode::close);
    upstream.close();
    other.close();
  }

  private void answer(ScriptedUpstream.Exchanged x) throws Exception {
    x.stream().delta("half");
    go.await();
    x.delta(" whole").finish().data("[DONE]").end();
  }

  private RunningNode node(String name) throws Exception {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    var data = Files.createDirectories(folder.resolve(name));
    var keys = folder.resolve("a/access.keys");
    if (Files.exists(keys)) {
      Files.copy(keys, data.resolve("access.keys"));
    }
    var started = RunningNode.start(config(name, port, upstream), Map.of(), ends::add);
    nodes.add(started);
    return started;
  }

  private Config config(String name, int port, ScriptedUpstream asked) {
    var settings = new Settings(Map.of());
    var set =
        Map.of(
            Setting.LISTEN,
            "127.0.0.1:" + port,
            Setting.DATA,
            folder.resolve(name).toString(),
            Setting.UPSTREAM,
            asked.url(),
            Setting.RESERVE_BYTES,
            "0",
            Setting.JOURNAL_URL,
            "jdbc:postgresql://localhost:%d/postgres?user=postgres&password=postgres"
                .formatted(postgres.getPort()),
            Setting.ARCHIVE_URL,
            "same",
            Setting.NODE_ADDRESS,
            "http://127.0.0.1:" + port,
            Setting.NODE_SECRET,
            ScriptedCluster.SECRET,
            Setting.NODE_NAME,
            name);
    set.forEach((setting, value) -> settings.set(setting, value, "test"));
    return Config.of(settings);
  }

  private static Shard shardOf(RunningNode node) {
    return node.membership().own();
  }

  private void goes(RunningNode node) {
    nodes.remove(node);
    node.close();
  }

  @Test
  void givenAnotherConfiguration_whenAShardIsTakenOverAfterwards_thenItIsOpenedWithThat()
      throws Exception {
    go.countDown();
    var shard = shardOf(b);
    a.own().reload(config("a", a.own().address().getPort(), other));

    goes(b);
    await().atMost(LONG).until(() -> a.membership().of(shard).equals(new Where.Here()));
    try (var client = new RawClient(a.own().address())) {
      client.post(CHAT, "{}", "Lastword-Stream: " + shard.newId().value());
      assertThat(client.reply().body()).contains("[DONE]");
    }

    assertThat(upstream.exchanges()).isEmpty();
    assertThat(other.exchanges()).hasSize(1);
  }

  /** A node that dies must not take the one with it that answers for its streams. */
  @Test
  void givenAShardThatWasTakenOver_whenAStreamRunsThere_thenItTakesFromTheOneMemory_andIsCounted()
      throws Exception {
    var shard = shardOf(b);
    goes(b);
    await().atMost(LONG).until(() -> a.membership().of(shard).equals(new Where.Here()));
    var memory = a.own().together().memory();
    long before = memory.taken();
    try (var client = new RawClient(a.own().address())) {
      client.post(CHAT, "{}", "Lastword-Stream: " + shard.newId().value());
      client.head();
      client.readUntil("half");

      assertThat(memory.taken()).isGreaterThan(before);
      assertThat(metrics(a)).contains("lastword_streams_open 1.0");
      a.close(shard);
      assertThat(metrics(a)).contains("lastword_streams_open 0.0");
      assertThat(memory.taken()).as("it is whoever's by now").isEqualTo(before);
    }
  }

  private static String metrics(RunningNode node) throws Exception {
    try (var client = new RawClient(node.own().address())) {
      return client.get("/metrics").reply().body();
    }
  }

  @Test
  void givenANodeThatEndsInGoodOrder_whenItsJournalIsClosed_thenItIsNotTakenForLost() {
    goes(a);

    assertThat(a.isSound(shardOf(a))).isTrue();
    a.lost("its journal takes nothing any more");
    assertThat(ends).isEmpty();
  }

  @Test
  void givenARequestThatAnotherNodeAnswers_whenThisOneDrains_thenItGetsItsTime() throws Exception {
    try (var client = new RawClient(a.own().address())) {
      client.post(CHAT, "{}", "Lastword-Stream: " + shardOf(b).newId().value());
      var head = client.head();
      client.readUntil("half");

      var drained = CompletableFuture.runAsync(() -> a.drain(Duration.ofSeconds(50)));
      await().atMost(LONG).until(() -> isDraining(a));
      await()
          .during(Duration.ofMillis(500))
          .atMost(Duration.ofSeconds(10))
          .until(() -> !drained.isDone());
      go.countDown();

      assertThat(client.body(head, Long.MAX_VALUE).body()).contains("whole", "[DONE]");
      drained.get(20, TimeUnit.SECONDS);
    }
  }

  private static boolean isDraining(RunningNode node) throws Exception {
    try (var client = new RawClient(node.own().address())) {
      return client.get("/readyz").reply().status() == 503;
    }
  }

  @Test
  void givenAChosenIdWhoseStreamIsThere_whenItsNodeIsAsked_thenItKnowsItAndNoOther()
      throws Exception {
    go.countDown();
    var id = new StreamId("chosen-by-the-client");
    var never = new StreamId("claimed-by-nobody-at-all");
    try (var client = new RawClient(a.own().address())) {
      client.post(CHAT, "{}", "Lastword-Stream: " + id);
      var reply = client.reply();
      assertThat(reply.header("lastword-stream")).isEqualTo(id.value());
    }

    assertThat(a.known(shardOf(a), List.of(id, never))).containsExactly(id);
    assertThat(b.known(shardOf(b), List.of(id))).isEmpty();
    assertThat(b.known(shardOf(a), List.of(id))).as("nobody it can ask").containsExactly(id);
  }
}
