package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.testing.FaultyDisk;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What readers and operators see of a disk that is full, or that fails. */
class DiskTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path data;
  private final FaultyDisk disk = new FaultyDisk();
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    gateway = TestGateway.on(disk, data, upstream.url(), Map.of());
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private void answerMuch(int events, CountDownLatch go) {
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("begin");
          go.await();
          for (int i = 0; i < events; i++) {
            x.delta("x".repeat(10_000));
          }
          x.finish().data("[DONE]").end();
        });
  }

  @Test
  void givenFullDisk_whenAnAnswerRuns_thenItFailsWithItsPartial_andNewOnesAre507UntilThereIsRoom()
      throws Exception {
    var go = new CountDownLatch(1);
    answerMuch(1_000, go);
    try (var client = gateway.client()) {
      var head = client.post(CHAT, "{}").head();
      client.readUntil("begin");
      disk.capacity(1);
      disk.refuseRemovals(name -> name.endsWith(".journal")); // to be used again
      go.countDown();

      var rest = client.body(head, Long.MAX_VALUE);

      assertThat(rest.end()).isNotEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body()).contains("error").doesNotContain("[DONE]");
      assertThat(gateway.ended(head.header("lastword-stream")).get("outcome").asString())
          .isEqualTo("failed");
      assertThat(
              gateway
                  .json("/api/streams/" + head.header("lastword-stream") + "/response")
                  .get("text")
                  .asString())
          .startsWith("begin");
    }
    int asked = upstream.exchanges().size();
    var refused = gateway.post(CHAT, "{}");
    assertThat(refused.statusCode()).isEqualTo(507);
    assertThat(refused.body()).contains("disk_full");
    assertThat(upstream.exchanges())
        .as("the upstream is not asked for what cannot be kept")
        .hasSize(asked);
    assertThat(gateway.get("/readyz").statusCode()).isEqualTo(503);
    assertThat(gateway.get("/healthz").statusCode()).isEqualTo(200);

    disk.capacity(Long.MAX_VALUE);
    disk.refuseRemovals(name -> false);
    answerMuch(1, go);
    Awaitility.await()
        .untilAsserted(() -> assertThat(gateway.post(CHAT, "{}").statusCode()).isEqualTo(200));
  }

  /** Who looks for room would find it. */
  @Test
  void givenNoDescriptorForANextSegment_whenAnAnswerRuns_thenAllSayThatTheJournalIsBlocked()
      throws Exception {
    var go = new CountDownLatch(1);
    answerMuch(1_000, go);
    try (var client = gateway.client()) {
      var head = client.post(CHAT, "{}").head();
      client.readUntil("begin");
      disk.filesOpenMax(0); // whatever is given back, others take it
      go.countDown();

      assertThat(client.body(head, Long.MAX_VALUE).end()).isNotEqualTo(RawClient.End.CLEAN);
      assertThat(gateway.ended(head.header("lastword-stream")).get("reason").asString())
          .isEqualTo("journal_blocked");
    }
    var refused = gateway.post(CHAT, "{}");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body()).contains("journal_blocked");
    assertThat(gateway.get("/readyz").body()).contains("journal_blocked");
    disk.filesOpenMax(Integer.MAX_VALUE);
  }

  @Test
  void
      givenFlushThatFails_whenAnAnswerRuns_thenReadersAreTold_andTheProcessSaysThatItNeedsARestart()
          throws Exception {
    var go = new CountDownLatch(1);
    answerMuch(3, go);
    try (var client = gateway.client()) {
      var head = client.post(CHAT, "{}").head();
      client.readUntil("begin");
      disk.failForces(true);
      go.countDown();

      var rest = client.body(head, Long.MAX_VALUE);

      assertThat(rest.end()).isNotEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body()).doesNotContain("[DONE]").doesNotContain("\"stop\"");
    }
    assertThat(gateway.get("/healthz").statusCode()).isEqualTo(503);
    assertThat(gateway.get("/readyz").body()).contains("journal_closed");
    var refused = gateway.post(CHAT, "{}");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("retry-after")).isPresent();
    disk.failForces(false);
  }
}
