package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Outside of the road of an event, too, no reader decides how much memory is taken for it. */
class ReaderMemoryTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final int BUDGET = 40_000_000;
  private static final int BIG = 8_000_000;

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    gateway = TestGateway.start(data, upstream.url(), Map.of(Setting.ANSWER_BYTES, "" + BUDGET));
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  /** An answer of that many characters, of which the last is no ASCII. */
  private void answerOf(int length, String id, String conversation) throws Exception {
    upstream.on(
        CHAT,
        x -> {
          x.stream();
          for (int left = length - 1; left > 0; left -= 100_000) {
            x.delta("x".repeat(Math.min(left, 100_000)));
          }
          x.delta("é").finish().data("[DONE]").end();
        });
    var response =
        gateway.post(
            CHAT,
            "{\"messages\":[{\"role\":\"user\",\"content\":\"" + id + "\"}]}",
            "Lastword-Stream",
            id,
            "Lastword-Conversation",
            conversation);
    assertThat(response.statusCode()).isEqualTo(200);
    gateway.ended(id);
  }

  // --- pipelining

  @Test
  void givenClientThatPipelinesAndDoesNotRead_thenItsAnswersDoNotPileUp() throws Exception {
    int requests = 60_000;
    var bytes = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(requests);
    try (var client = new RawClient(gateway.gateway().address(), 4 << 10)) {
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  client.send(bytes);
                } catch (java.io.IOException e) {
                  // it was closed for taking nothing, or its test has ended
                }
              });
      Awaitility.await().until(() -> gateway.gateway().pendingBytesMax() > 0);
      long most = 0;
      for (int i = 0; i < 500; i++) { // it must not grow, for as long as the requests last
        most = Math.max(most, gateway.gateway().pendingBytesMax());
        java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
      }
      assertThat(most).as("bytes that wait for it").isLessThan(200_000L);
      assertThat(gateway.get("/healthz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void givenClientThatPipelinesAndReadsLate_thenEveryAnswerComesInOrder() throws Exception {
    int requests = 5_000;
    try (var client = gateway.client()) {
      var sending =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      for (int i = 0; i < requests; i++) {
                        client.get("/api/conversations/c" + i);
                      }
                    } catch (java.io.IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
      for (int i = 0; i < requests; i++) {
        assertThat(client.reply().body()).startsWith("{\"conversation\":\"c" + i + "\"");
      }
      sending.join();
    }
  }

  @Test
  void givenPipelinedPostsWithBodies_whenAnswersAreLarge_thenTheyPassInOrder() throws Exception {
    upstream.on(
        "/echo",
        x -> x.respond(200, "text/plain", new String(x.body(), UTF_8) + "y".repeat(300_000)));
    try (var client = gateway.client()) {
      var sending =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      for (int i = 0; i < 20; i++) {
                        client.post("/echo", i + "-" + "z".repeat(10_000));
                      }
                    } catch (java.io.IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
      for (int i = 0; i < 20; i++) {
        var body = client.reply().body();
        assertThat(body).startsWith(i + "-z").hasSize((i + "-").length() + 310_000);
      }
      sending.join();
    }
  }

  // --- assembled answers

  @Test
  void givenReadersThatStallInALargeAnswer_thenItIsNotHeldForEach_andTheNextIsTold503()
      throws Exception {
    answerOf(BIG, "a-large-answer-of-a-test", "c");
    var stalled = new ArrayList<RawClient>();
    try {
      stalled.add(new RawClient(gateway.gateway().address(), 4 << 10));
      stalled.getLast().get("/api/streams/a-large-answer-of-a-test/response");
      assertThat(stalled.getLast().head().status()).isEqualTo(200);
      assertThat(gateway.gateway().pendingBytesMax()).isLessThan(300_000);

      int refused = 0;
      for (int i = 0; i < 7; i++) {
        var client = new RawClient(gateway.gateway().address(), 4 << 10);
        stalled.add(client);
        client.get("/api/streams/a-large-answer-of-a-test/response");
        var head = client.head();
        if (head.status() != 200) {
          refused++;
          var reply = client.body(head, Long.MAX_VALUE);
          assertThat(reply.status()).isEqualTo(503);
          assertThat(reply.header("retry-after")).isNotEmpty();
          assertThat(reply.body())
              .contains("limits.answer-bytes-max")
              .contains("\"limit\":" + BUDGET);
        }
      }
      assertThat(refused).isPositive();
      assertThat(gateway.get("/api/streams/a-large-answer-of-a-test").statusCode()).isEqualTo(200);
    } finally {
      for (var client : stalled) {
        client.close();
      }
    }
    Awaitility.await()
        .atMost(10, TimeUnit.SECONDS)
        .until(() -> gateway.get("/metrics").body().contains("lastword_answers_bytes 0.0"));
  }

  @Test
  void givenLargeAnswer_whenItIsRead_thenAllOfItIsThere() throws Exception {
    answerOf(BIG, "a-large-answer-of-a-test", "c");
    var text =
        gateway.json("/api/streams/a-large-answer-of-a-test/response").get("text").asString();
    assertThat(text).hasSize(BIG).endsWith("xé");
    var turns = gateway.json("/api/conversations/c").get("turns");
    assertThat(turns.get(0).get("text").asString()).hasSize(BIG).endsWith("xé");
    assertThat(gateway.get("/metrics").body()).contains("lastword_answers_bytes 0.0");
  }

  @Test
  void givenAnswerLargerThanTheBudget_thenItIsGivenAlone() throws Exception {
    answerOf(BUDGET / 3, "a-large-answer-of-a-test", "c");
    assertThat(
            gateway
                .json("/api/streams/a-large-answer-of-a-test/response")
                .get("text")
                .asString()
                .length())
        .isEqualTo(BUDGET / 3);
  }

  @Test
  void givenReaderThatStallsForGood_thenItIsClosed_andItsMemoryGivenBack() throws Exception {
    gateway.close();
    gateway = TestGateway.start(data, upstream.url(), Map.of(Setting.STALL, "1000"));
    answerOf(BIG, "a-large-answer-of-a-test", "c");
    try (var stalled = new RawClient(gateway.gateway().address(), 4 << 10)) {
      stalled.get("/api/streams/a-large-answer-of-a-test/response").head();
      Awaitility.await()
          .atMost(15, TimeUnit.SECONDS)
          .until(() -> gateway.get("/metrics").body().contains("lastword_answers_bytes 0.0"));
    }
  }

  // --- lists

  @Test
  void givenManyStreams_whenTheyAreListed_thenPagesOfAnySizeSayTheSame() throws Exception {
    upstream.on("/s", x -> x.stream().data("[DONE]").end());
    var ids = new ArrayList<String>();
    for (int i = 0; i < 130; i++) {
      ids.add("stream-number-%04d".formatted(i));
      gateway.post("/s", "{}", "Lastword-Stream", ids.getLast());
    }
    gateway.ended(ids.getLast());

    for (int limit : new int[] {7, 49, 50, 51, 100, 130, 131, 1_000}) {
      var found = new ArrayList<String>();
      var target = "/api/streams?limit=" + limit;
      String next;
      do {
        var page = gateway.json(target);
        page.get("streams").forEach(stream -> found.add(stream.get("id").asString()));
        next = page.get("next").isNull() ? null : page.get("next").asString();
        target = "/api/streams?limit=" + limit + "&before=" + next;
      } while (next != null);
      assertThat(found).as("limit " + limit).hasSize(130).containsExactlyInAnyOrderElementsOf(ids);
    }
    assertThat(gateway.json("/api/streams?limit=100").get("streams")).hasSize(100);
  }

  @Test
  void givenConversationOfManyTurns_thenTheyComeOldestFirst_andAsLittleAsNothingWhenNothingChanged()
      throws Exception {
    List<String> said = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      var text = "turn " + i;
      said.add(text);
      upstream.on(CHAT, x -> x.stream().delta(text).finish().data("[DONE]").end());
      gateway.post(CHAT, "{}", "Lastword-Conversation", "long");
    }
    var response = gateway.get("/api/conversations/long");
    var conversation = TestGateway.read(response.body());
    var found = new ArrayList<String>();
    conversation.get("turns").forEach(turn -> found.add(turn.get("text").asString()));
    assertThat(found).containsExactlyElementsOf(said);
    assertThat(conversation.get("turns").get(0).get("finishReason").asString()).isEqualTo("stop");
    assertThat(conversation.get("running").isNull()).isTrue();

    var tag = response.headers().firstValue("etag").orElseThrow();
    var unchanged = gateway.get("/api/conversations/long", "If-None-Match", tag);
    assertThat(unchanged.statusCode()).isEqualTo(304);
    assertThat(unchanged.body()).isEmpty();
    assertThat(unchanged.headers().firstValue("etag")).contains(tag);
    gateway.post(CHAT, "{}", "Lastword-Conversation", "long");
    assertThat(gateway.get("/api/conversations/long", "If-None-Match", tag).statusCode())
        .isEqualTo(200);
  }

  // --- what is kept of requests

  @Test
  void givenManyLargeRequestsAtASilentUpstream_thenTheirBeginningsAreBounded() throws Exception {
    upstream.on("/silent", x -> x.peerCloses(30));
    var clients = new ArrayList<RawClient>();
    try (var small =
        TestGateway.start(
            data.resolve("small"), upstream.url(), Map.of(Setting.ANSWER_BYTES, "3000000"))) {
      var refused = new AtomicInteger();
      for (int i = 0; i < 12; i++) {
        var client = small.client();
        clients.add(client);
        client.post("/silent", "{\"x\":\"" + "y".repeat(900_000) + "\"}");
        Thread.ofVirtual().start(() -> countIfRefused(client, refused));
      }
      Awaitility.await().atMost(20, TimeUnit.SECONDS).until(() -> refused.get() >= 10);
      assertThat(small.get("/metrics").body())
          .containsPattern("lastword_upstream_calls [012]\\.0")
          .doesNotContainPattern("lastword_answers_bytes [3-9]\\.[0-9]*E6");
    } finally {
      for (var client : clients) {
        client.close();
      }
    }
  }

  @Test
  void givenABodyThatIsWholeBeforeItIsRefused_thenTheUpstreamIsNotAsked_andNothingIsCountedTwice()
      throws Exception {
    // Room for what is looked at, and not for what is kept beside it.
    var set = Map.of(Setting.ANSWER_BYTES, "110000", Setting.RESUME, "ag-ui");
    try (var small = TestGateway.start(data.resolve("small"), upstream.url(), set)) {
      for (var field : List.of("x-stainless-retry-count", "idempotency-key")) {
        var refused = small.post(CHAT, "{\"x\":\"" + "y".repeat(60_000) + "\"}", field, "0");

        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).contains("limits.answer-bytes-max");
        assertThat(upstream.exchanges()).isEmpty();
        assertThat(small.get("/metrics").body())
            .contains("lastword_upstream_calls 0.0", "lastword_streams_open 0.0");
      }
    }
  }

  private static void countIfRefused(RawClient client, AtomicInteger refused) {
    try {
      var reply = client.reply();
      if (reply.status() == 503 && reply.body().contains("limits.answer-bytes-max")) {
        refused.incrementAndGet();
      }
    } catch (java.io.IOException e) {
      // it was let in, and its test ended
    }
  }
}
