package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An event stream that is relayed becomes a stream: saved before its end is said, whoever leaves,
 * however it ends.
 */
class StreamRelayTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String ASK =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    gateway =
        TestGateway.start(
            data,
            upstream.url(),
            Map.of(Setting.TAIL, "1000", Setting.STREAM_IDLE, "1500", Setting.DRAIN_MS, "0"));
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private String text(String stream) throws Exception {
    return gateway.json("/api/streams/" + stream + "/response").get("text").asString();
  }

  @Test
  void givenCompleteAnswer_whenItIsRelayed_thenTheClientGetsItAndItIsSaved() throws Exception {
    upstream.on(CHAT, x -> x.stream().delta("Hel").delta("lo").finish().data("[DONE]").end());

    try (var client = gateway.client()) {
      var reply = client.post(CHAT, ASK, "Lastword-Conversation: c-1").reply();

      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.end()).isEqualTo(RawClient.End.CLEAN);
      assertThat(reply.header("content-type")).isEqualTo("text/event-stream");
      assertThat(reply.header("x-accel-buffering")).isEqualTo("no");
      assertThat(reply.header("cache-control")).isEqualTo("no-cache, no-transform");
      var id = reply.header("lastword-stream");
      assertThat(reply.header("link")).isEqualTo("</v1/stream/" + id + ">; rel=\"alternate\"");
      assertThat(reply.body())
          .doesNotContain("id:")
          .doesNotContain("retry:")
          .endsWith("data: [DONE]\n\n");
      var stream = gateway.json("/api/streams/" + id);
      assertThat(stream.get("outcome").asString()).isEqualTo("completed");
      assertThat(stream.get("saved").asBoolean()).isTrue();
      assertThat(stream.get("model").asString()).isEqualTo("m");
      assertThat(stream.get("path").asString()).isEqualTo(CHAT);
      assertThat(stream.get("events").asInt()).isEqualTo(4);
      assertThat(text(id)).isEqualTo("Hello");
      var turn = gateway.json("/api/conversations/c-1").get("turns").get(0);
      assertThat(turn.get("input").asString()).isEqualTo("hello");
      assertThat(turn.get("text").asString()).isEqualTo("Hello");
      assertThat(turn.get("finishReason").asString()).isEqualTo("stop");
      assertThat(client.get("/healthz").reply().status())
          .as("the connection goes on")
          .isEqualTo(200);
    }
  }

  @Test
  void givenIdsAskedFor_whenRelayed_thenEveryEventHasOne() throws Exception {
    upstream.on(CHAT, x -> x.stream().delta("a").finish().data("[DONE]").end());

    try (var client = gateway.client()) {
      var body = client.post(CHAT, ASK, "Lastword-Event-Ids: true").reply().body();

      assertThat(body.lines().filter(line -> line.startsWith("id: ")))
          .containsExactly("id: 1-1", "id: 1-2", "id: 1-3");
      assertThat(body).doesNotContain("retry:");
    }
  }

  @Test
  void givenPlainStreamWithIds_whenRelayed_thenTheyAreTheUpstreams() throws Exception {
    upstream.on(
        "/feed",
        x ->
            x.stream()
                .chunk("id: u7\nevent: tick\ndata: 1\ndata: 2\n\n")
                .chunk("data: last\n\n")
                .end());

    try (var client = gateway.client()) {
      var reply = client.get("/feed").reply();

      assertThat(reply.body()).isEqualTo("id: u7\nevent: tick\ndata: 1\ndata: 2\n\ndata: last\n\n");
      assertThat(reply.end()).isEqualTo(RawClient.End.CLEAN);
      assertThat(gateway.ended(reply.header("lastword-stream")).get("outcome").asString())
          .isEqualTo("completed");
    }
  }

  @Test
  void givenEventsCutAnywhere_whenRelayed_thenTheTextIsExact() throws Exception {
    var body =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ünï 𝄞\"},\"finish_reason\":null}]}\r\n\r\n: note\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\ndata: [DONE]\r\n\r\n";
    upstream.on(
        CHAT,
        x -> {
          x.stream();
          for (byte b : body.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
            x.raw("1\r\n").raw(new byte[] {b}).raw("\r\n");
          }
          x.end();
        });

    try (var client = gateway.client()) {
      var reply = client.post(CHAT, ASK).reply();
      assertThat(reply.body()).contains("ünï 𝄞").doesNotContain("\r").doesNotContain("note");
      assertThat(text(reply.header("lastword-stream"))).isEqualTo("ünï 𝄞");
    }
  }

  /** When a client leaves, and how. */
  enum Leaving {
    FIN_HALF_WAY,
    RST_HALF_WAY,
    FIN_BEFORE_THE_HEAD
  }

  @ParameterizedTest
  @EnumSource
  void givenClientThatLeaves_whenTheUpstreamGoesOn_thenTheWholeAnswerIsSaved(Leaving leaving)
      throws Exception {
    var left = new CountDownLatch(1);
    var asked = new CountDownLatch(1);
    upstream.on(
        CHAT,
        x -> {
          asked.countDown();
          if (leaving == Leaving.FIN_BEFORE_THE_HEAD) {
            left.await();
            gateway.get("/healthz"); // by then the gateway has seen it go
          }
          x.stream().delta("Hel");
          left.await();
          x.delta("lo").finish().data("[DONE]").end();
        });

    var id = "chosen-by-the-client-1";
    var client = gateway.client().post(CHAT, ASK, "Lastword-Stream: " + id);
    switch (leaving) {
      case FIN_HALF_WAY -> {
        client.head();
        client.readUntil("Hel");
        client.close();
      }
      case RST_HALF_WAY -> {
        client.head();
        client.readUntil("Hel");
        client.reset();
      }
      case FIN_BEFORE_THE_HEAD -> {
        asked.await();
        client.close();
      }
    }
    left.countDown();

    org.awaitility.Awaitility.await()
        .until(() -> gateway.get("/api/streams/" + id).statusCode() == 200);
    assertThat(gateway.ended(id).get("outcome").asString()).isEqualTo("completed");
    assertThat(text(id)).isEqualTo("Hello");
    gateway.restart();
    assertThat(gateway.json("/api/streams/" + id).get("outcome").asString()).isEqualTo("completed");
    assertThat(text(id)).isEqualTo("Hello");
  }

  /** How an upstream fails. */
  enum Failure {
    RST("upstream_reset"),
    FIN_IN_MID_BODY("upstream_reset"),
    BAD_CHUNK("upstream_reset"),
    CLEAN_EOF_EARLY("upstream_truncated"),
    STALL("upstream_idle"),
    IN_BAND("upstream_error");

    private final String reason;

    Failure(String reason) {
      this.reason = reason;
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenUpstreamThatFails_whenHalfOfTheAnswerWasSaid_thenTheClientIsToldAndThePartialIsKept(
      Failure failure) throws Exception {
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("Hel");
          switch (failure) {
            case RST -> x.reset();
            case FIN_IN_MID_BODY -> x.cut();
            case BAD_CHUNK -> x.raw("zz\r\nnonsense").peerCloses(5);
            case CLEAN_EOF_EARLY -> x.end();
            case STALL -> x.peerCloses(10);
            case IN_BAND -> x.data("{\"error\":{\"message\":\"overloaded\",\"code\":\"x\"}}").end();
          }
        });

    try (var client = gateway.client()) {
      var reply = client.post(CHAT, ASK).reply();

      var id = reply.header("lastword-stream");
      assertThat(reply.end()).as("never a clean end").isNotEqualTo(RawClient.End.CLEAN);
      assertThat(reply.body()).doesNotContain("[DONE]").doesNotContain("\"stop\"");
      if (failure != Failure.RST) { // a reset may overtake what was sent before it
        assertThat(reply.body()).contains("Hel");
        assertThat(reply.body().lastIndexOf("\"error\""))
            .isGreaterThan(reply.body().indexOf("Hel"));
      }
      var stream = gateway.ended(id);
      assertThat(stream.get("outcome").asString()).isEqualTo("failed");
      assertThat(stream.get("reason").asString()).isEqualTo(failure.reason);
      if (failure != Failure.RST) {
        assertThat(text(id)).isEqualTo("Hel");
      }
    }
  }

  /** What may follow the ending event. */
  @ParameterizedTest
  @ValueSource(strings = {"stall", "cut", "end"})
  void givenFinishReason_whenNoTerminalEventFollows_thenTheAnswerIsComplete(String then)
      throws Exception {
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("Hello").finish();
          switch (then) {
            case "stall" -> x.peerCloses(10);
            case "cut" -> x.cut();
            default -> x.end();
          }
        });

    try (var client = gateway.client()) {
      var reply = client.post(CHAT, ASK).reply();

      assertThat(reply.end()).isEqualTo(RawClient.End.CLEAN);
      assertThat(reply.body()).contains("\"stop\"").endsWith("data: [DONE]\n\n");
      var stream = gateway.ended(reply.header("lastword-stream"));
      assertThat(stream.get("outcome").asString()).isEqualTo("completed");
      assertThat(stream.get("terminalMissing").asBoolean()).isTrue();
    }
  }

  @Test
  void givenUpstreamThatGoesOnAfterItsEnd_whenItStops_thenNothingOfThatIsSaid() throws Exception {
    upstream.on(
        CHAT,
        x -> x.stream().delta("Hello").finish().data("[DONE]").delta("late").data("[DONE]").end());

    try (var client = gateway.client()) {
      var reply = client.post(CHAT, ASK).reply();
      assertThat(reply.body()).doesNotContain("late");
      assertThat(reply.body().split("\\[DONE\\]", -1)).hasSize(2);
      assertThat(text(reply.header("lastword-stream"))).isEqualTo("Hello");
    }
  }

  @Test
  void givenLongLinesOfJson_whenRelayed_thenTheyAreTheSameLinesHereAndEventsUnderTheirUrl()
      throws Exception {
    var line = "{\"text\":\"" + "é".repeat(100_000) + "\"}\n";
    upstream.on(
        "/lines",
        x -> {
          x.raw(
              "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n");
          x.chunk(line).chunk(line + line).end();
        });
    try (var client = gateway.client()) {
      var reply = client.post("/lines", "{}").reply();

      assertThat(reply.end()).isEqualTo(RawClient.End.CLEAN);
      assertThat(reply.header("content-type")).isEqualTo("application/x-ndjson");
      assertThat(reply.body()).isEqualTo(line.repeat(3));
      var id = reply.header("lastword-stream");
      assertThat(gateway.ended(id).get("events").asInt()).isEqualTo(3);
      assertThat(gateway.get("/v1/stream/" + id).body())
          .contains("id: 1-3\ndata: " + line.strip() + "\n\n");
    }
  }

  @Test
  void givenEventStreamInACodingThatIsNotKnown_whenRelayed_then502() throws Exception {
    upstream.on(
        CHAT,
        x ->
            x.raw(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: br\r\nContent-Length: 5\r\n\r\n12345"));
    var response = gateway.post(CHAT, ASK);
    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(response.body()).contains("upstream_encoded");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "zstd"})
  void givenAnEventStreamThatIsNotCodedAsItSays_whenRelayed_then502(String coding)
      throws Exception {
    upstream.on(
        CHAT,
        x ->
            x.raw(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: %s\r\nContent-Length: 25\r\n\r\ndata: this is no archive\n"
                    .formatted(coding)));
    var response = gateway.post(CHAT, ASK);

    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(response.body()).contains("upstream_encoded");
    assertThat(response.headers().firstValue("lastword-stream")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 429, 500})
  void givenErrorInPlaceOfAStream_whenRelayed_thenItPassesWithoutAStream(int status)
      throws Exception {
    upstream.on(
        CHAT,
        x ->
            x.raw(
                "HTTP/1.1 "
                    + status
                    + " E\r\nRetry-After: 7\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\n{\"e\":\"x\"}"));

    var response = gateway.post(CHAT, ASK, "Lastword-Stream", "an-id-that-stays-free");

    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.body()).isEqualTo("{\"e\":\"x\"}");
    assertThat(response.headers().firstValue("retry-after")).contains("7");
    assertThat(response.headers().firstValue("lastword-stream")).isEmpty();
    upstream.on(CHAT, x -> x.stream().finish().data("[DONE]").end());
    assertThat(gateway.post(CHAT, ASK, "Lastword-Stream", "an-id-that-stays-free").statusCode())
        .isEqualTo(200);
  }

  @Test
  void givenChosenId_whenItIsTaken_then409BeforeTheUpstreamIsAsked() throws Exception {
    upstream.on(CHAT, x -> x.stream().finish().data("[DONE]").end());
    assertThat(gateway.post(CHAT, ASK, "Lastword-Stream", "one-id-for-one-stream").statusCode())
        .isEqualTo(200);

    var again = gateway.post(CHAT, ASK, "Lastword-Stream", "one-id-for-one-stream");

    assertThat(again.statusCode()).isEqualTo(409);
    assertThat(upstream.exchanges()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Lastword-Stream: short",
        "Lastword-Stream: with/slash-and-more-x",
        "Lastword-Conversation: ",
        "Lastword-Conversation: ä",
        "Lastword-Event-Ids: maybe"
      })
  void givenMalformedField_whenRelayed_then400WithItsName(String field) throws Exception {
    try (var client = gateway.client()) {
      var reply = client.post(CHAT, ASK, field).reply();
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.body())
          .containsIgnoringCase("\"field\":\"" + field.substring(0, field.indexOf(':')) + "\"");
    }
    assertThat(upstream.exchanges()).isEmpty();
  }

  @Test
  void givenRunningAnswer_whenItIsCancelled_thenTheUpstreamIsLetGoAndThePartialIsKept()
      throws Exception {
    var letGo = new CountDownLatch(1);
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("Hel");
          if (x.peerCloses(10)) {
            letGo.countDown();
          }
        });
    try (var client = gateway.client()) {
      var head = client.post(CHAT, ASK).head();
      client.readUntil("Hel");
      var id = head.header("lastword-stream");

      var cancelled = gateway.post("/api/streams/" + id + "/cancel", "");

      assertThat(cancelled.statusCode()).isEqualTo(200);
      assertThat(TestGateway.read(cancelled.body()).get("outcome").asString())
          .isEqualTo("cancelled");
      assertThat(letGo.await(5, TimeUnit.SECONDS)).isTrue();
      var rest = client.body(head, Long.MAX_VALUE);
      assertThat(rest.end()).isNotEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body()).contains("error");
      assertThat(text(id)).isEqualTo("Hel");
      assertThat(gateway.post("/api/streams/" + id + "/cancel", "").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void givenCompletedAnswer_whenItIsCancelled_then409WithTheOutcome() throws Exception {
    upstream.on(CHAT, x -> x.stream().finish().data("[DONE]").end());
    var id = gateway.post(CHAT, ASK).headers().firstValue("lastword-stream").orElseThrow();

    var cancel = gateway.post("/api/streams/" + id + "/cancel", "{}");

    assertThat(cancel.statusCode()).isEqualTo(409);
    assertThat(TestGateway.read(cancel.body()).get("outcome").asString()).isEqualTo("completed");
    assertThat(gateway.post("/api/streams/AAAAAAAAAAAAAAAAAAAA/cancel", "").statusCode())
        .isEqualTo(404);
  }

  @Test
  void givenUpstreamThatKeepsConnections_whenStreamsEndWell_thenTheyAreReused_andNotAfterACancel()
      throws Exception {
    upstream.on(CHAT, x -> x.stream().delta("a").finish().data("[DONE]").end());
    try (var client = gateway.client()) {
      client.post(CHAT, ASK).reply();
      client.post(CHAT, ASK).reply();
      client.post(CHAT, ASK).reply();
      assertThat(upstream.connections()).isEqualTo(1);
    }
  }

  @Test
  void givenPipelinedRequestBehindAStream_whenTheStreamEnds_thenItIsAnswered() throws Exception {
    var go = new CountDownLatch(1);
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("a");
          go.await();
          x.finish().data("[DONE]").end();
        });
    try (var client = gateway.client()) {
      var head = client.post(CHAT, ASK).head();
      client.readUntil("\"a\"");
      client.get("/healthz").get("/readyz");
      go.countDown();
      assertThat(client.body(head, Long.MAX_VALUE).body()).contains("[DONE]");
      assertThat(client.reply().body()).contains("healthy");
      assertThat(client.reply().body()).contains("ready");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void givenAnAnswerThatBeginsBeforeItsRequestIsWhole_thenTheRestOfThatIsPassedOn(boolean http2)
      throws Exception {
    int length = 100_000;
    try (var eager = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        var before =
            TestGateway.start(
                data.resolve("eager"),
                "http://127.0.0.1:" + eager.getLocalPort(),
                Map.of(Setting.STREAM_IDLE, "20000"))) {
      Thread.ofVirtual().start(() -> answerEarly(eager, length));
      if (http2) {
        try (var client = new RawHttp2(before.gateway().address())) {
          int stream =
              client.request(
                  false,
                  RawHttp2.with(
                      "POST",
                      CHAT,
                      "content-type",
                      "application/json",
                      "content-length",
                      "" + length));
          send(client, stream, length / 2, false);
          assertThat(client.readUntil(stream, "begun")).contains("begun");
          send(client, stream, length / 2, true);
          assertThat(client.answer(stream).text()).contains("whole", "[DONE]");
        }
      } else {
        try (var client = before.client()) {
          client.send(
              "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                  .formatted(CHAT, length, "x".repeat(length / 2)));
          var head = client.head();
          client.readUntil("begun");
          client.send("x".repeat(length / 2));
          assertThat(client.body(head, Long.MAX_VALUE).body()).contains("whole", "[DONE]");
        }
      }
    }
  }

  private static void send(RawHttp2 client, int stream, int length, boolean end)
      throws IOException {
    for (int left = length; left > 0; left -= 10_000) {
      client.readUntil(() -> client.room(stream) >= 10_000 && client.room(0) >= 10_000);
      client.data(stream, 10_000, end && left == 10_000);
    }
  }

  /** Begins to answer when it has read a part of the body, and ends when it has read all of it. */
  private static void answerEarly(ServerSocket server, int length) {
    try (var accepted = server.accept()) {
      var in = accepted.getInputStream();
      var out = accepted.getOutputStream();
      var line = new StringBuilder();
      while (line.indexOf("\r\n\r\n") < 0) {
        line.append((char) in.read());
      }
      in.readNBytes(length / 4);
      out.write(
          """
          HTTP/1.1 200 OK\r
          Content-Type: text/event-stream\r
          \r
          data: {"choices":[{"index":0,"delta":{"content":"begun"}}]}

          """
              .getBytes(StandardCharsets.UTF_8));
      in.readNBytes(length - length / 4);
      out.write(
          """
          data: {"choices":[{"index":0,"delta":{"content":" whole"}}]}

          data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

          data: [DONE]

          """
              .getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // its test is over
    }
  }
}
