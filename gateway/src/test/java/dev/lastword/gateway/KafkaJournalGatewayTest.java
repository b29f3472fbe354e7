package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.kafka.KafkaJournal;
import dev.lastword.journal.kafka.KafkaPartition;
import dev.lastword.testing.KafkaServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway whose journal is in Kafka. */
@SuppressWarnings("NullAway.Init") // JUnit's methods set them
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class KafkaJournalGatewayTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir static Path broker;
  private static KafkaServer kafka;

  @TempDir Path data;

  private final String topic = "gateway-" + UUID.randomUUID();
  private ScriptedUpstream upstream;
  private CountDownLatch go;
  private TestGateway gateway;

  @BeforeAll
  static void startServer() throws Exception {
    kafka = KafkaServer.start(broker);
  }

  @AfterAll
  static void stopServer() {
    kafka.close();
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
  }

  @AfterEach
  void stop() throws Exception {
    go.countDown();
    gateway.close();
    upstream.close();
  }

  private void open(String more) {
    gateway =
        TestGateway.asConfigured(data, upstream.url(), Map.of(Setting.JOURNAL_URL, url() + more));
  }

  private String url() {
    return "kafka://%s/%s?min.insync.replicas=1".formatted(kafka.address(), topic);
  }

  @Test
  void givenAnAnswer_whenRestarted_thenItIsReadBackAndNoSegmentIsInTheFolder() throws Exception {
    open("");
    go.countDown();
    var answered = gateway.post(CHAT, "{}");
    assertThat(answered.body()).contains("whole").contains("[DONE]");
    var id = answered.headers().firstValue("lastword-stream").orElseThrow();

    var signed = gateway.ended(id).get("receipt").asString();
    var receipt = SignedReceipt.read(signed).orElseThrow();
    assertThat(receipt.claims().durability()).isEqualTo("quorum");
    var body = Files.writeString(data.resolve("body.sse"), answered.body()).toString();
    assertThat(
            ReceiptsTest.verify(
                "verify", signed, "--file", body, "--keys", gateway.url() + JwksRoute.PATH))
        .startsWith("0 Proved: the 4 events in ")
        .contains("sealed as completed and acknowledged by the journal's replicas at ");

    gateway.restart();

    var again = gateway.get("/v1/stream/" + id);
    assertThat(again.body()).contains("half", "whole", "[DONE]");
    assertThat(gateway.ended(id).get("outcome").asString()).isEqualTo("completed");
    assertThat(Files.exists(data.resolve("journal"))).isFalse();
  }

  @Test
  void givenTheBrokerIsKilledUnderAnAnswer_whenItIsBackInTime_thenItsReaderGetsAllOfIt()
      throws Exception {
    open("");
    try (var client = gateway.client()) {
      var head = client.post(CHAT, "{}").head();
      client.readUntil("half");
      kafka.kill();
      go.countDown();
      kafka.restart();

      var rest = client.body(head, Long.MAX_VALUE);
      assertThat(rest.end()).isEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body()).contains("whole", "[DONE]");
    }
    assertThat(gateway.get("/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  void givenTheBrokerIsGoneForLong_whenRestarted_thenThePartialIsThereAndNoEndingWasSaid()
      throws Exception {
    open("&delivery.timeout.ms=3000&request.timeout.ms=1000");
    try (var client = gateway.client()) {
      var head = client.post(CHAT, "{}").head();
      client.readUntil("half");
      var id = head.header("lastword-stream");

      kafka.kill();
      go.countDown();

      var rest = client.body(head, Long.MAX_VALUE);
      assertThat(rest.end()).isNotEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body()).doesNotContain("[DONE]");
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> gateway.get("/healthz").statusCode() == 503);
      kafka.restart();

      gateway.restart();

      assertThat(gateway.ended(id).get("outcome").asString()).isEqualTo("interrupted");
      assertThat(gateway.json("/api/streams/" + id + "/response").get("text").asString())
          .startsWith("half");
    }
  }

  @Test
  void givenARunningGateway_whenItsJournalIsPrinted_thenTheStreamIsInIt() throws Exception {
    open("");
    go.countDown();
    var id = gateway.post(CHAT, "{}").headers().firstValue("lastword-stream").orElseThrow();
    var out = new StringBuilder();

    assertThat(KafkaJournal.print(KafkaPartition.parse(url(), "", ""), out, false)).isTrue();
    assertThat(out.toString()).contains(id, "sound").doesNotContain("half");
    assertThat(gateway.post(CHAT, "{}").body()).contains("[DONE]");
  }
}
