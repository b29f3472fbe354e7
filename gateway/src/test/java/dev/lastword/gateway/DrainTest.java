package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Going away in good order. */
class DrainTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;
  private final CountDownLatch go = new CountDownLatch(1);

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("half");
          go.await();
          x.delta(" whole").finish().data("[DONE]").end();
        });
    gateway = TestGateway.start(data, upstream.url(), Map.of());
  }

  @AfterEach
  void stop() throws Exception {
    go.countDown();
    gateway.close();
    upstream.close();
  }

  @Test
  void givenRunningAnswer_whenTheGatewayDrains_thenItEndsInItsTime_andNothingNewIsTaken()
      throws Exception {
    try (var client = gateway.client()) {
      var head = client.post(CHAT, "{}").head();
      client.readUntil("half");
      var drained =
          CompletableFuture.runAsync(() -> gateway.gateway().drain(Duration.ofSeconds(20)));
      Awaitility.await().until(() -> gateway.get("/readyz").statusCode() == 503);

      var refused = gateway.post(CHAT, "{}");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("retry-after")).isPresent();
      assertThat(gateway.get("/healthz").statusCode()).isEqualTo(200);
      assertThat(gateway.get("/api/streams/" + head.header("lastword-stream")).statusCode())
          .as("what is there can be read")
          .isEqualTo(200);
      go.countDown();

      assertThat(client.body(head, Long.MAX_VALUE).body()).contains("whole").contains("[DONE]");
      drained.join();
      assertThat(gateway.ended(head.header("lastword-stream")).get("outcome").asString())
          .isEqualTo("completed");
    }
  }

  @Test
  void givenAnswerThatTakesLonger_whenItsTimeIsOver_thenItIsInterruptedAndThePartialIsKept()
      throws Exception {
    try (var client = gateway.client()) {
      var head = client.post(CHAT, "{}").head();
      client.readUntil("half");
      var id = head.header("lastword-stream");

      gateway.restart();

      var rest = client.body(head, Long.MAX_VALUE);
      assertThat(rest.end()).isNotEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body()).contains("interrupted").doesNotContain("[DONE]");
      var stream = gateway.json("/api/streams/" + id);
      assertThat(stream.get("outcome").asString()).isEqualTo("interrupted");
      assertThat(gateway.json("/api/streams/" + id + "/response").get("text").asString())
          .isEqualTo("half");
    }
  }
}
