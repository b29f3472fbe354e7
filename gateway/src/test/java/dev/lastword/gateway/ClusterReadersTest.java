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

/** Three processes on one database: readers of streams of other nodes, whose nodes die. */
@SuppressWarnings("NullAway.Init") // JUnit's methods set them
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class ClusterReadersTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final Duration LONG = Duration.ofSeconds(90);
  private static final int LONG_MS = 90_000;

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
                });
    nodes =
        new ClusterNodes(
            folder,
            "jdbc:postgresql://localhost:%d/postgres?user=postgres&password=postgres"
                .formatted(postgres.getPort()),
            upstream.url(),
            Map.of("access.mode", "open", "subscribers.heartbeat-ms", "1000"));
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

  private String begin(String name) throws Exception {
    var client = nodes.client(name);
    var head = client.post(CHAT, "{}").head();
    assertThat(head.status()).isEqualTo(200);
    client.readUntil("half");
    return head.header("lastword-stream");
  }

  /** A reader that has seen the beginning. */
  private record Reading(RawClient client, RawClient.Reply head) {
    static Reading of(ClusterNodes nodes, String name, String id) throws Exception {
      var client = nodes.client(name).timeoutMs(LONG_MS);
      var head = client.get("/v1/stream/" + id).head();
      assertThat(head.status()).isEqualTo(200);
      client.readUntil("half");
      return new Reading(client, head);
    }
  }

  @Test
  void givenReadersOnOtherNodes_whenTheOwnerIsKilled_thenTheyStayAndAreToldTheOutcomeOnce()
      throws Exception {
    var id = begin("a");
    var readers = new ArrayList<Reading>();
    for (var name : List.of("b", "c", "b", "c")) {
      readers.add(Reading.of(nodes, name, id));
    }

    nodes.kill("a");

    for (var reader : readers) {
      var rest = reader.client().body(reader.head(), Long.MAX_VALUE);
      assertThat(rest.end()).isNotEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body()).containsOnlyOnce("interrupted").doesNotContain("half", "[DONE]");
      assertThat(rest.body()).as("while nobody had the shard").contains(": hb");
    }
    await().atMost(LONG).until(() -> nodes.outcome("b", id).equals("interrupted"));
    await().atMost(LONG).until(() -> nodes.outcome("c", id).equals("interrupted"));
    assertThat(upstream.exchanges()).hasSize(1);
  }

  @Test
  void givenReadersOnOtherNodes_whenAThirdNodeDies_thenTheyReadToTheEnd() throws Exception {
    var id = begin("a");
    var reader = Reading.of(nodes, "b", id);
    nodes.kill("c");
    go.countDown();

    var rest = reader.client().body(reader.head(), Long.MAX_VALUE);

    assertThat(rest.end()).isEqualTo(RawClient.End.CLEAN);
    assertThat(rest.body()).contains(" whole", "[DONE]");
  }

  @Test
  void givenReadersOnOtherNodes_whenTheOwnerStandsStill_thenTheyLeaveItForWhoeverHasItsShard()
      throws Exception {
    var id = begin("a");
    var reader = Reading.of(nodes, "b", id);

    nodes.signal("a", "STOP"); // its connections stay, and say nothing

    var rest = reader.client().body(reader.head(), Long.MAX_VALUE);
    assertThat(rest.end()).isNotEqualTo(RawClient.End.CLEAN);
    assertThat(rest.body()).containsOnlyOnce("interrupted").doesNotContain("half", "[DONE]");
    nodes.signal("a", "CONT");
    assertThat(nodes.exit("a")).isEqualTo(75);
  }
}
