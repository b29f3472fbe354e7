package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three processes on one database, of which one dies, stands still or is started again. */
@SuppressWarnings("NullAway.Init") // JUnit's methods set them
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class ClusterProcessTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final Duration LONG = Duration.ofSeconds(90);
  private static final int STREAMS = 4;

  @TempDir Path folder;

  private EmbeddedPostgres postgres;
  private ScriptedUpstream upstream;
  private CountDownLatch go;
  private ClusterNodes nodes;

  @BeforeEach
  void start() throws Exception {
    go = new CountDownLatch(1);
    postgres = EmbeddedPostgres.start();
    upstream =
        ScriptedUpstream.start()
            .on(
                CHAT,
                x -> {
                  x.stream().delta("half");
                  go.await();
                  x.delta(" whole").finish().data("[DONE]").end();
                })
            .on("/v1/quick", x -> x.stream().delta("quick").finish().data("[DONE]").end());
    nodes =
        new ClusterNodes(
            folder,
            "jdbc:postgresql://localhost:%d/postgres?user=postgres&password=postgres"
                .formatted(postgres.getPort()),
            upstream.url(),
            Map.of("access.mode", "open", "dialect.paths", "/v1/quick=openai-chat"));
    for (var name : List.of("a", "b", "c")) {
      nodes.start(name);
    }
    List.of("a", "b", "c").forEach(nodes::ready);
  }

  @AfterEach
  void stop() throws Exception {
    go.countDown();
    nodes.close();
    upstream.close();
    postgres.close();
  }

  /** A reader of a stream that has seen its beginning. */
  private record Reading(RawClient client, RawClient.Reply head, String id) {}

  private List<Reading> begin(String name) throws Exception {
    var begun = new ArrayList<Reading>();
    for (int i = 0; i < STREAMS; i++) {
      var client = nodes.client(name);
      var head = client.post(CHAT, "{}").head();
      client.readUntil("half");
      begun.add(new Reading(client, head, head.header("lastword-stream")));
    }
    return begun;
  }

  private void everyOneIs(String outcome, List<Reading> streams, String... askedOf) {
    for (var name : askedOf) {
      for (var stream : streams) {
        await()
            .atMost(LONG)
            .untilAsserted(() -> assertThat(nodes.outcome(name, stream.id())).isEqualTo(outcome));
      }
    }
  }

  @Test
  void givenRunningStreams_whenTheirNodeIsKilled_thenEachHasItsOutcomeAndNothingSeenIsLost()
      throws Exception {
    var ofA = begin("a");
    var ofB = begin("b");
    String quick;
    try (var client = nodes.client("a")) {
      quick = client.post("/v1/quick", "{}").reply().header("lastword-stream");
    }

    nodes.kill("a");

    everyOneIs("interrupted", ofA, "b", "c");
    for (var stream : ofA) {
      try (var client = nodes.client("b")) {
        var kept = client.get("/v1/stream/" + stream.id()).reply();
        assertThat(kept.body()).contains("half").doesNotContain("[DONE]");
        assertThat(kept.end()).isNotEqualTo(RawClient.End.CLEAN);
      }
    }
    await().atMost(LONG).until(() -> nodes.outcome("c", quick).equals("completed"));

    go.countDown();
    for (var stream : ofB) {
      assertThat(stream.client().body(stream.head(), Long.MAX_VALUE).body())
          .as("a stream of another node runs on")
          .contains("whole", "[DONE]");
    }

    assertThat(nodes.printed())
        .contains("own", "of a", "http://127.0.0.1:")
        .containsPattern("JOURNAL +LAG +SINCE\n")
        .containsPattern("lastword_1 +[0-9]+ B +[0-9]+ ms\n")
        .containsPattern("lastword_2 +[0-9]+ B +[0-9]+ ms\n")
        .containsPattern("lastword_3 +[0-9]+ B +[0-9]+ ms\n")
        .hasLineCount(4);

    nodes.start("a");
    nodes.ready("a");
    everyOneIs("interrupted", ofA, "a");
    assertThat(nodes.log("a"))
        .as("it has its shard back")
        .contains(
            "cluster.joined node=a shard="
                + ofA.getFirst().id().substring(1, ofA.getFirst().id().indexOf('_')));
  }

  @Test
  void givenRunningStreams_whenTheirNodeStandsStillAndGoesOn_thenItSaysNothingThatAnotherDenies()
      throws Exception {
    var ofA = begin("a");

    nodes.signal("a", "STOP");
    everyOneIs("interrupted", ofA, "b", "c");
    go.countDown(); // the whole answers wait in the stopped process's sockets
    nodes.signal("a", "CONT");

    assertThat(nodes.exit("a")).as(nodes.log("a")).isEqualTo(75);
    for (var stream : ofA) {
      var rest = stream.client().body(stream.head(), Long.MAX_VALUE);
      assertThat(rest.end()).isNotEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body()).doesNotContain("[DONE]");
    }
    everyOneIs("interrupted", ofA, "b", "c");
  }

  @Test
  void givenASignalToEnd_whenANodeStops_thenAnotherAnswersAtOnceAndGivesTheShardBack()
      throws Exception {
    go.countDown();
    String id;
    try (var client = nodes.client("a")) {
      id = client.post(CHAT, "{}").reply().header("lastword-stream");
    }

    nodes.stop("a");
    await().atMost(LONG).until(() -> nodes.outcome("b", id).equals("completed"));
    nodes.start("a");
    nodes.ready("a");

    await().atMost(LONG).until(() -> nodes.outcome("a", id).equals("completed"));
    await().atMost(LONG).until(() -> nodes.outcome("c", id).equals("completed"));
    assertThat(nodes.log("b") + nodes.log("c"))
        .contains("cluster.taken_over shard=", "cluster.handing_back shard=");
  }
}
