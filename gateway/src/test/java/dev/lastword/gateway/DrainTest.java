package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

  /** As long as something runs, and no longer. */
  private void assertWaitsFor(CountDownLatch end) throws Exception {
    var drained = CompletableFuture.runAsync(() -> gateway.gateway().drain(Duration.ofSeconds(30)));
    Awaitility.await().until(() -> gateway.get("/readyz").statusCode() == 503);
    assertThatThrownBy(() -> drained.get(1, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
    end.countDown();
    drained.get(20, TimeUnit.SECONDS);
  }

  @Test
  void givenACallThatIsNoStream_whenTheGatewayDrains_thenItsAnswerIsGivenFirst() throws Exception {
    upstream.on(
        "/v1/embeddings",
        x -> {
          go.await();
          x.respond(200, "application/json", "{\"a\":1}");
        });
    try (var client = gateway.client()) {
      client.post("/v1/embeddings", "{}");
      Awaitility.await().until(() -> upstream.exchanges().size() == 1);

      assertWaitsFor(go);

      gateway.restart();
      var reply = client.reply();
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.body()).isEqualTo("{\"a\":1}");
    }
  }

  @Test
  void givenHalfOfABody_whenTheGatewayDrains_thenTheOtherHalfFollows() throws Exception {
    upstream.on(
        "/file",
        x -> {
          x.raw("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nhalf");
          go.await();
          x.raw("half");
        });
    try (var client = gateway.client()) {
      var head = client.get("/file").head();

      assertWaitsFor(go);

      gateway.restart();
      var reply = client.body(head, Long.MAX_VALUE);
      assertThat(reply.body()).isEqualTo("halfhalf");
      assertThat(reply.end()).isEqualTo(RawClient.End.CLEAN);
    }
  }

  @Test
  void givenACallWhoseUpstreamIsSilent_whenTheTimeIsOver_thenTheGatewayGoesAllTheSame()
      throws Exception {
    upstream.on("/silent", x -> go.await());
    try (var client = gateway.client()) {
      client.get("/silent");
      Awaitility.await().until(() -> upstream.exchanges().size() == 1);

      CompletableFuture.runAsync(() -> gateway.gateway().drain(Duration.ofMillis(300)))
          .get(20, TimeUnit.SECONDS);
      gateway.restart();

      assertThat(client.serverCloses()).isTrue();
    }
  }
}
