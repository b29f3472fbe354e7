package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
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

/**
 * What one owner may have is refused early and clearly, and takes nothing from the others; what
 * runs is never dropped for it.
 */
class OwnerBoundsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String[] ALICE = {"Authorization", "Bearer alice"};
  private static final String[] BOB = {"Authorization", "Bearer bob"};

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private final Map<Setting, String> set = new HashMap<>();
  private final List<RawClient> open = new ArrayList<>();
  private final Semaphore ending = new Semaphore(0);

  @SuppressWarnings("NullAway.Init") // each test opens its own
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("Hel");
          if (ending.tryAcquire(20, TimeUnit.SECONDS)) {
            x.delta("lo").finish().data("[DONE]").end();
          }
        });
    upstream.on("/silent", x -> x.peerCloses(30));
    upstream.on("/plain", x -> x.respond(200, "text/plain", "plain"));
  }

  @AfterEach
  void stop() throws Exception {
    ending.release(1_000);
    for (var client : open) {
      client.close();
    }
    gateway.close();
    upstream.close();
  }

  private void open(Map<Setting, String> settings) {
    set.putAll(settings);
    gateway = TestGateway.start(data, upstream.url(), set);
  }

  /** A reader in the middle of a stream. */
  private RawClient reading(String owner) throws Exception {
    var client = gateway.client();
    open.add(client);
    assertThat(client.post(CHAT, "{}", "Authorization: Bearer " + owner).head().status())
        .isEqualTo(200);
    client.readUntil("Hel");
    return client;
  }

  private void assertRefused(HttpResponse<String> answer, String code, Setting bound, int limit) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(429);
    assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
    assertThat(answer.headers().firstValueAsLong("retry-after").orElseThrow()).isPositive();
    var problem = TestGateway.read(answer.body());
    assertThat(problem.get("code").asString()).isEqualTo(code);
    assertThat(problem.get("error").get("code").asString()).isEqualTo(code);
    assertThat(problem.get("field").asString()).isEqualTo(bound.key());
    assertThat(problem.get("limit").asInt()).isEqualTo(limit);
  }

  private void awaitMetric(String line) {
    Awaitility.await()
        .atMost(10, TimeUnit.SECONDS)
        .untilAsserted(() -> assertThat(gateway.get("/metrics").body()).contains(line));
  }

  @Test
  void givenAnOwnersGenerations_whenOneMoreIsAskedFor_thenTheUpstreamIsNotAsked_andOthersAreServed()
      throws Exception {
    open(Map.of(Setting.OWNER_GENERATIONS, "2"));
    var first = reading("alice");
    reading("alice");
    int asked = upstream.exchanges().size();

    assertRefused(
        gateway.post(CHAT, "{}", ALICE), "too_many_streams_of_owner", Setting.OWNER_GENERATIONS, 2);
    assertThat(upstream.exchanges()).hasSize(asked);
    assertThat(gateway.get("/plain", ALICE).body()).as("no stream").isEqualTo("plain");
    awaitMetric("lastword_relay_refused_total{code=\"too_many_streams_of_owner\"} 1.0");

    reading("bob");
    ending.release(10);
    assertThat(first.readUntil("[DONE]")).contains("lo");
    Awaitility.await()
        .atMost(10, TimeUnit.SECONDS)
        .until(() -> gateway.post(CHAT, "{}", ALICE).statusCode() == 200);
  }

  @Test
  void givenALowerBound_whenItIsReadAgain_thenWhatRunsGoesOn_andNothingNewBegins()
      throws Exception {
    open(Map.of(Setting.OWNER_GENERATIONS, "3"));
    var readers = List.of(reading("alice"), reading("alice"));
    set.put(Setting.OWNER_GENERATIONS, "1");
    gateway.reload();

    assertRefused(
        gateway.post(CHAT, "{}", ALICE), "too_many_streams_of_owner", Setting.OWNER_GENERATIONS, 1);
    set.put(Setting.OWNER_GENERATIONS, "3");
    gateway.reload();
    reading("alice");
    ending.release(10);
    for (var reader : readers) {
      assertThat(reader.readUntil("[DONE]")).contains("lo");
    }
  }

  @Test
  void givenAllGenerationsAreOnesWhoAsksForMore_thenOthersStillFindRoom() throws Exception {
    open(Map.of(Setting.GENERATIONS, "4"));
    for (int i = 0; i < 3; i++) {
      reading("alice");
    }
    assertRefused(
        gateway.post(CHAT, "{}", ALICE), "too_many_streams_of_owner", Setting.OWNER_GENERATIONS, 3);
    reading("bob");
  }

  @Test
  void givenAnOwnersStartsOfAMinute_thenTheNextIsToldWhenToComeBack_andOthersAreServed()
      throws Exception {
    open(Map.of(Setting.OWNER_STARTS, "3"));
    ending.release(10);
    for (int i = 0; i < 3; i++) {
      assertThat(gateway.post(CHAT, "{}", ALICE).statusCode()).isEqualTo(200);
    }
    var refused = gateway.post(CHAT, "{}", ALICE);
    assertRefused(refused, "too_many_starts_of_owner", Setting.OWNER_STARTS, 3);
    assertThat(refused.headers().firstValueAsLong("retry-after").orElseThrow()).isBetween(1L, 20L);
    assertThat(gateway.post(CHAT, "{}", BOB).statusCode()).isEqualTo(200);
    assertThat(gateway.get("/plain", ALICE).statusCode()).as("starts nothing").isEqualTo(200);
  }

  @Test
  void givenAnAnswerThatNobodyExpectedToStream_thenItIsBoundedToo() throws Exception {
    upstream.on("/surprise", x -> x.stream().data("x").data("[DONE]").end());
    open(Map.of(Setting.OWNER_STARTS, "1"));

    assertThat(gateway.get("/surprise", ALICE).statusCode()).isEqualTo(200);
    assertRefused(
        gateway.get("/surprise", ALICE), "too_many_starts_of_owner", Setting.OWNER_STARTS, 1);
    assertThat(gateway.get("/surprise", BOB).statusCode()).isEqualTo(200);
    awaitMetric("lastword_upstream_calls 0.0");
  }

  @Test
  void givenAnOwnersCalls_whenTheUpstreamIsSilent_thenOthersAreServed() throws Exception {
    open(Map.of(Setting.CALLS, "4"));
    for (int i = 0; i < 3; i++) {
      var client = gateway.client();
      open.add(client);
      client.post("/silent", "{}", "Authorization: Bearer alice");
    }
    awaitMetric("lastword_upstream_calls 3.0");

    assertRefused(gateway.get("/plain", ALICE), "too_many_calls_of_owner", Setting.OWNER_CALLS, 3);
    assertThat(gateway.get("/plain", BOB).statusCode()).isEqualTo(200);
  }

  // --- what is kept

  @Test
  void givenAnOwnersBytes_whenTheyAreAsManyAsAreAllowed_thenNewStreamsWaitForADeletion()
      throws Exception {
    upstream.on(
        "/v1/messages",
        x ->
            x.stream()
                .chunk("event: message_start\ndata: {\"type\":\"message_start\"}\n\n")
                .chunk(
                    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
                        + "\"delta\":{\"type\":\"text_delta\",\"text\":\""
                        + "x".repeat(20_000)
                        + "\"}}\n\n")
                .chunk("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
                .end());
    open(Map.of(Setting.OWNER_BYTES, "15000"));
    var first = gateway.post("/v1/messages", "{}", ALICE);
    assertThat(first.statusCode()).isEqualTo(200);

    Awaitility.await()
        .atMost(30, TimeUnit.SECONDS)
        .untilAsserted(
            () ->
                assertRefused(
                    gateway.post("/v1/messages", "{}", ALICE),
                    "too_many_bytes_of_owner",
                    Setting.OWNER_BYTES,
                    15_000));
    assertThat(gateway.post("/v1/messages", "{}", BOB).statusCode()).isEqualTo(200);
    gateway.restart();
    int asked = upstream.exchanges().size();
    assertRefused(
        gateway.post("/v1/messages", "{}", ALICE),
        "too_many_bytes_of_owner",
        Setting.OWNER_BYTES,
        15_000);
    assertThat(upstream.exchanges()).hasSize(asked);

    var streams = gateway.as(ALICE).json("/api/streams").get("streams");
    for (var stream : streams) {
      var deleted =
          gateway.send(
              gateway
                  .request("/api/streams/" + stream.get("id").asString(), ALICE)
                  .DELETE()
                  .build());
      assertThat(deleted.statusCode()).isEqualTo(204);
    }
    Awaitility.await()
        .atMost(30, TimeUnit.SECONDS)
        .until(() -> gateway.post("/v1/messages", "{}", ALICE).statusCode() == 200);
  }

  // --- readers that leave

  @Test
  void givenManyPostsWhoseReadersLeaveAtOnce_whenTheUpstreamIsSilent_thenOthersAreServed()
      throws Exception {
    var asked = new Semaphore(0);
    upstream.on(
        CHAT,
        x -> {
          if (x.headers().getOrDefault("authorization", "").endsWith("bob")) {
            x.stream().delta("Hel").finish().data("[DONE]").end();
            return;
          }
          asked.release();
          x.peerCloses(30);
        });
    open(Map.of(Setting.GENERATIONS, "40", Setting.UNATTENDED, "20"));
    for (int i = 0; i < 2_000; i++) {
      try (var client = gateway.client()) {
        client.post(CHAT, "{}", "Authorization: Bearer alice");
        assertThat(asked.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
      }
    }
    awaitMetric("lastword_unattended 15.0");
    awaitMetric("lastword_upstream_calls 15.0");
    awaitMetric("lastword_streams_open 15.0");
    for (int i = 0; i < 20; i++) {
      assertThat(gateway.post(CHAT, "{}", BOB).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void givenAnOwnerWhoLeavesAllStreamsAlone_thenOnlyThatOwnerIsRefused() throws Exception {
    open(Map.of(Setting.UNATTENDED, "4"));
    for (int i = 0; i < 8; i++) {
      reading("alice");
    }
    for (var client : open) {
      client.close();
    }
    Awaitility.await()
        .atMost(10, TimeUnit.SECONDS)
        .untilAsserted(
            () ->
                assertRefused(
                    gateway.post(CHAT, "{}", ALICE),
                    "too_many_unattended_of_owner",
                    Setting.OWNER_UNATTENDED,
                    3));
    reading("bob");
    assertThat(gateway.get("/api/streams?state=open", ALICE).body())
        .as("none was dropped")
        .satisfies(list -> assertThat(TestGateway.read(list).get("streams").size()).isEqualTo(8));
  }

  @Test
  void givenAResponseThatNobodyReads_whenItsTimeIsOver_thenItIsCancelled_whateverItsClientSaid()
      throws Exception {
    open(Map.of(Setting.UNATTENDED_MS, "300"));
    for (var policy : List.of("continue", "cancel-after=1h")) {
      String id;
      try (var client = gateway.client()) {
        id =
            client
                .post(
                    CHAT, "{}", "Authorization: Bearer alice", "Lastword-On-Disconnect: " + policy)
                .head()
                .header("lastword-stream");
        client.readUntil("Hel");
      }
      assertThat(gateway.as(ALICE).ended(id).get("outcome").asString()).isEqualTo("cancelled");
    }
  }

  @Test
  void givenACallThatNobodyWaitsFor_whenItsTimeIsOver_thenItIsLetGo() throws Exception {
    var closed = new CountDownLatch(1);
    var asked = new CountDownLatch(1);
    upstream.on(
        CHAT,
        x -> {
          asked.countDown();
          if (x.peerCloses(20)) {
            closed.countDown();
          }
        });
    open(Map.of(Setting.UNATTENDED_MS, "300"));
    try (var client = gateway.client()) {
      client.post(CHAT, "{}");
      assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    awaitMetric("lastword_unattended 0.0");
  }

  // --- readers of a stream, and those who are nobody in particular

  @Test
  void givenAStreamsReaders_whenOneMoreComes_thenItIsRefused_andTheOthersReadOn() throws Exception {
    open(Map.of(Setting.STREAM_SUBSCRIBERS, "3"));
    var writer = gateway.client();
    open.add(writer);
    var id =
        writer.post(CHAT, "{}", "Authorization: Bearer alice").head().header("lastword-stream");
    for (int i = 0; i < 2; i++) {
      var reader = gateway.client();
      open.add(reader);
      reader.get("/v1/stream/" + id, "Authorization: Bearer alice").head();
      reader.readUntil("Hel");
    }

    var refused = gateway.get("/v1/stream/" + id, ALICE);

    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("retry-after")).isPresent();
    assertThat(refused.body()).contains("too_many_subscribers").contains("\"limit\":3");
    ending.release(1);
    for (var reader : open) {
      reader.readUntil("[DONE]");
    }
  }

  @Test
  void givenNobodyIsToldApart_thenTheBoundsOfAnOwnerDoNotHold() throws Exception {
    open(Map.of(Setting.ACCESS_MODE, "open", Setting.OWNER_GENERATIONS, "1"));
    reading("alice");
    reading("alice");
  }

  @Test
  void givenThoseWithoutCredentials_thenTheyAreOneOwner() throws Exception {
    open(Map.of(Setting.OWNER_STARTS, "1"));
    ending.release(10);
    assertThat(gateway.post(CHAT, "{}").statusCode()).isEqualTo(200);
    assertRefused(gateway.post(CHAT, "{}"), "too_many_starts_of_owner", Setting.OWNER_STARTS, 1);
    assertThat(gateway.post(CHAT, "{}", ALICE).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "Idempotency-Key: k, Idempotency-Key: k",
    "x-stainless-retry-count: 0, x-stainless-retry-count: 1"
  })
  void givenRepeatsWhoseClientsHaveLeft_whileTheFirstIsAwaited_thenTheyTakeNoRoom(
      String first, String repeat) throws Exception {
    var late = "/late/chat/completions";
    upstream.on(
        late,
        x -> {
          ending.acquire();
          x.stream().delta("Hello").finish().data("[DONE]").end();
        });
    open(Map.of(Setting.OWNER_GENERATIONS, "2"));
    try (var client = gateway.client()) {
      client.post(late, "{}", "Authorization: Bearer alice", first);
      awaitMetric("lastword_upstream_calls 1.0");
      for (int i = 0; i < 3; i++) {
        try (var again = gateway.client()) {
          again.post(late, "{}", "Authorization: Bearer alice", repeat);
          awaitMetric("lastword_upstream_calls 2.0");
        }
        awaitMetric("lastword_upstream_calls 1.0");
      }

      reading("alice");
      ending.release(2);
      assertThat(client.reply().body()).contains("[DONE]");
      awaitMetric("lastword_upstream_calls 0.0");
      reading("alice");
      reading("alice");
    }
    assertThat(upstream.exchanges()).filteredOn(asked -> asked.path().equals(late)).hasSize(1);
  }

  @Test
  void givenARepeatThatWaits_thenItTakesNoRoomOfAStream() throws Exception {
    var late = "/late/chat/completions";
    upstream.on(
        late,
        x -> {
          ending.acquire();
          x.stream().delta("Hello").finish().data("[DONE]").end();
        });
    open(Map.of(Setting.OWNER_GENERATIONS, "2"));
    try (var client = gateway.client();
        var again = gateway.client()) {
      client.post(late, "{}", "Authorization: Bearer alice", "Idempotency-Key: k");
      awaitMetric("lastword_upstream_calls 1.0");
      again.post(late, "{}", "Authorization: Bearer alice", "Idempotency-Key: k");
      awaitMetric("lastword_upstream_calls 2.0");

      reading("alice");
      assertRefused(
          gateway.post(CHAT, "{}", ALICE),
          "too_many_streams_of_owner",
          Setting.OWNER_GENERATIONS,
          2);
      ending.release(2);
      assertThat(again.reply().body()).contains("[DONE]");
    }
  }
}
