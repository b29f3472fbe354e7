package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a relayed response when its last reader has gone. */
class OnDisconnectTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;
  private final CountDownLatch letGo = new CountDownLatch(1);
  private final Semaphore more = new Semaphore(0);

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on(
        "/feed",
        x -> {
          x.stream().data("tick");
          if (x.peerCloses(10)) {
            letGo.countDown();
          }
        });
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("Hel");
          if (more.tryAcquire(10, TimeUnit.SECONDS)) {
            x.delta("lo").finish().data("[DONE]").end();
          }
        });
    gateway = TestGateway.start(data, upstream);
  }

  @AfterEach
  void stop() throws Exception {
    more.release(100);
    gateway.close();
    upstream.close();
  }

  private String leaveInTheMiddle(TestGateway of, String request, String text, String... fields)
      throws Exception {
    try (var client = of.client()) {
      var head =
          (request.startsWith("GET ")
                  ? client.get(request.substring(4), fields)
                  : client.post(request.substring(5), "{\"stream\":true}", fields))
              .head();
      client.readUntil(text);
      return head.header("lastword-stream");
    }
  }

  private void assertOutcome(TestGateway of, String id, String outcome) {
    assertThat(of.ended(id).get("outcome").asString()).isEqualTo(outcome);
  }

  // --- streams that are no answers

  @Test
  void givenFeed_whenItsReaderLeaves_thenTheUpstreamIsLetGo_andWhatCameIsKept() throws Exception {
    var id = leaveInTheMiddle(gateway, "GET /feed", "tick");

    assertThat(letGo.await(5, TimeUnit.SECONDS)).isTrue();
    assertOutcome(gateway, id, "cancelled");
    assertThat(gateway.json("/api/streams/" + id).get("events").asInt())
        .as("the tick, and the error that says it was cancelled")
        .isEqualTo(2);
  }

  @Test
  void givenFeed_whenTwentyPagesLoadIt_thenTheUpstreamServesNone() throws Exception {
    for (int i = 0; i < 20; i++) {
      leaveInTheMiddle(gateway, "GET /feed", "tick", "Accept: text/event-stream");
    }
    Awaitility.await()
        .atMost(10, TimeUnit.SECONDS)
        .until(() -> gateway.get("/metrics").body().contains("lastword_upstream_calls 0.0"));
  }

  @Test
  void givenMcpsStandaloneStream_whenTheClientReconnects_thenItsServerHasSeenItLeave()
      throws Exception {
    var slots = new Semaphore(1);
    upstream.on(
        "/mcp",
        x -> {
          if (!slots.tryAcquire(2, TimeUnit.SECONDS)) {
            x.respond(409, "text/plain", "only one standalone stream");
            return;
          }
          x.stream().data("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}");
          x.peerCloses(10);
          slots.release();
        });
    for (int i = 0; i < 3; i++) {
      try (var client = gateway.client()) {
        assertThat(client.get("/mcp", "Accept: text/event-stream").head().status()).isEqualTo(200);
        client.readUntil("jsonrpc");
      }
    }
  }

  @Test
  void givenFeed_whenAnotherStillReads_thenItGoesOnUntilThatLeaves() throws Exception {
    String id;
    try (var second = gateway.client()) {
      try (var first = gateway.client()) {
        id = first.get("/feed").head().header("lastword-stream");
        first.readUntil("tick");
        second.get("/v1/stream/" + id).head();
        second.readUntil("tick");
      }
      var stream = "/api/streams/" + id;
      Awaitility.await().until(() -> gateway.json(stream).get("subscribers").asInt() == 1);
      assertThat(gateway.json(stream).get("outcome").isNull()).isTrue();
    }
    assertOutcome(gateway, id, "cancelled");
  }

  @Test
  void givenFeedWhoseHeadIsLate_whenItsReaderLeaves_thenTheUpstreamIsLetGoAtOnce()
      throws Exception {
    var asked = new CountDownLatch(1);
    upstream.on(
        "/late",
        x -> {
          asked.countDown();
          if (x.peerCloses(10)) {
            letGo.countDown();
          }
        });
    try (var client = gateway.client()) {
      client.get("/late");
      assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(letGo.await(5, TimeUnit.SECONDS)).isTrue();
  }

  // --- answers

  @ParameterizedTest
  @ValueSource(strings = {"POST /v1/chat/completions", "GET /v1/responses/resp_1"})
  void givenAnswer_whenItsReaderLeaves_thenItGoesOn(String request) throws Exception {
    upstream.on(
        "/v1/responses/resp_1",
        x -> {
          x.stream().chunk("event: response.created\ndata: {\"type\":\"response.created\"}\n\n");
          more.acquire();
          x.chunk(
              "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\"}}\n\n");
          x.end();
        });
    var id = leaveInTheMiddle(gateway, request, request.startsWith("GET") ? "created" : "Hel");
    more.release();
    assertOutcome(gateway, id, "completed");
  }

  @Test
  void givenPostThatMayBeCancelled_whenItsReaderLeaves_thenItIs_andItsPartialIsKept()
      throws Exception {
    var id = leaveInTheMiddle(gateway, "POST " + CHAT, "Hel", "Lastword-On-Disconnect: cancel");

    assertOutcome(gateway, id, "cancelled");
    assertThat(gateway.json("/api/streams/" + id + "/response").get("text").asString())
        .isEqualTo("Hel");
  }

  @Test
  void givenTimeToComeBack_whenNobodyComes_thenItIsCancelled() throws Exception {
    var id =
        leaveInTheMiddle(
            gateway, "POST " + CHAT, "Hel", "Lastword-On-Disconnect: cancel-after=300ms");
    assertOutcome(gateway, id, "cancelled");
  }

  @Test
  void givenTimeToComeBack_whenSomebodyComes_thenItGoesOn() throws Exception {
    var id =
        leaveInTheMiddle(gateway, "POST " + CHAT, "Hel", "Lastword-On-Disconnect: cancel-after=2s");
    try (var back = gateway.client()) {
      back.get("/v1/stream/" + id).head();
      back.readUntil("Hel");
      Awaitility.await()
          .pollDelay(2_500, TimeUnit.MILLISECONDS)
          .until(() -> gateway.json("/api/streams/" + id).get("subscribers").asInt() == 1);
      more.release();
      assertOutcome(gateway, id, "completed");
    }
  }

  @Test
  void givenReaderThatStaysToTheEnd_whenItMayBeCancelled_thenItIsCompleted() throws Exception {
    more.release();
    var response = gateway.post(CHAT, "{\"stream\":true}", "Lastword-On-Disconnect", "cancel");
    assertOutcome(
        gateway, response.headers().firstValue("lastword-stream").orElseThrow(), "completed");
  }

  @ParameterizedTest
  @CsvSource({
    "cancel, POST /v1/chat/completions, Hel, cancelled",
    "cancel-after=100ms, POST /v1/chat/completions, Hel, cancelled",
    "continue, GET /feed, tick, ''",
    "auto, GET /feed, tick, cancelled"
  })
  void givenConfiguration_thenItDecidesWhereTheClientDoesNot(
      String setting, String request, String text, String outcome) throws Exception {
    try (var configured =
        TestGateway.start(
            data.resolve("configured"), upstream.url(), Map.of(Setting.ON_DISCONNECT, setting))) {
      var id = leaveInTheMiddle(configured, request, text);
      if (outcome.isEmpty()) {
        Awaitility.await()
            .until(() -> configured.json("/api/streams/" + id).get("subscribers").asInt() == 0);
        assertThat(configured.get("/metrics").body()).contains("lastword_unattended 1.0");
        assertThat(configured.json("/api/streams/" + id).get("outcome").isNull()).isTrue();
      } else {
        assertOutcome(configured, id, outcome);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Cancel",
        "cancel-after",
        "cancel-after=",
        "cancel-after=30",
        "cancel-after=-1s",
        "cancel-after=2h",
        "cancel-after=99999999s",
        "continue; x",
        "auto"
      })
  void givenMalformedField_then400_andTheUpstreamIsNotAsked(String value) throws Exception {
    try (var client = gateway.client()) {
      var reply = client.post(CHAT, "{}", "Lastword-On-Disconnect: " + value).reply();
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.body()).contains("Lastword-On-Disconnect");
    }
    assertThat(upstream.exchanges()).isEmpty();
  }

  // --- bounds of what nobody waits for

  @Test
  void givenClientsThatPostAndLeave_whenTheUpstreamIsSilent_thenOnlySoManyAreWaitedFor()
      throws Exception {
    var asked = new Semaphore(0);
    upstream.on(
        "/silent",
        x -> {
          asked.release();
          x.peerCloses(30);
        });
    try (var bounded =
        TestGateway.start(
            data.resolve("bounded"),
            upstream.url(),
            Map.of(Setting.UNATTENDED, "5", Setting.OWNER_UNATTENDED, "5"))) {
      for (int i = 0; i < 40; i++) {
        try (var client = bounded.client()) {
          client.post("/silent", "{}");
          assertThat(asked.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
        }
      }
      Awaitility.await()
          .atMost(10, TimeUnit.SECONDS)
          .untilAsserted(
              () ->
                  assertThat(bounded.get("/metrics").body())
                      .contains("lastword_upstream_calls 5.0")
                      .contains("lastword_unattended 5.0"));
      more.release();
      assertThat(bounded.post(CHAT, "{}").statusCode()).as("others are served").isEqualTo(200);
    }
  }

  @Test
  void
      givenResponsesThatNobodyReads_whenThereAreTooMany_thenNewOnesAreRefusedBeforeTheUpstreamIsAsked()
          throws Exception {
    try (var bounded =
        TestGateway.start(
            data.resolve("bounded"), upstream.url(), Map.of(Setting.UNATTENDED, "2"))) {
      for (int i = 0; i < 2; i++) {
        leaveInTheMiddle(bounded, "POST " + CHAT, "Hel");
      }
      Awaitility.await()
          .until(() -> bounded.get("/metrics").body().contains("lastword_unattended 2.0"));
      int asked = upstream.exchanges().size();

      var refused = bounded.post(CHAT, "{}");

      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("retry-after")).isPresent();
      assertThat(refused.body()).contains("unattended").contains("\"limit\":2");
      assertThat(upstream.exchanges()).hasSize(asked);
      more.release(10);
      Awaitility.await()
          .atMost(10, TimeUnit.SECONDS)
          .until(() -> bounded.post(CHAT, "{}").statusCode() == 200);
    }
  }

  @Test
  void givenAsManyCallsAsAreAllowed_thenTheNextIsTold503() throws Exception {
    upstream.on("/silent", x -> x.peerCloses(30));
    try (var bounded =
            TestGateway.start(data.resolve("b"), upstream.url(), Map.of(Setting.CALLS, "2"));
        var one = bounded.client();
        var two = bounded.client()) {
      one.post("/silent", "{}");
      two.post("/silent", "{}");
      Awaitility.await()
          .until(() -> bounded.get("/metrics").body().contains("lastword_upstream_calls 2.0"));

      var refused = bounded.post("/silent", "{}");

      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.body()).contains("\"limit\":2").contains("calls");
      assertThat(bounded.get("/healthz").statusCode()).isEqualTo(200);
    }
  }
}
