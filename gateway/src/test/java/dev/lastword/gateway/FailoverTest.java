package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What fails before the first content is a status, or another upstream's answer; after it never.
 */
class FailoverTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String MESSAGES = "/v1/messages";
  private static final String ROLE =
      "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}";
  private static final String ASKED =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  @TempDir Path folder;
  private ScriptedUpstream one;
  private ScriptedUpstream two;
  private ScriptedUpstream three;

  @SuppressWarnings("NullAway.Init") // each test opens its own
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    one = ScriptedUpstream.start();
    two = ScriptedUpstream.start();
    three = ScriptedUpstream.start();
    two.on(CHAT, x -> x.stream().data(ROLE).delta("of two").finish().data("[DONE]").end());
  }

  @AfterEach
  void stop() throws Exception {
    if (gateway != null) {
      gateway.close();
    }
    one.close();
    two.close();
    three.close();
  }

  private void open(String route) throws Exception {
    var file =
        Files.writeString(
            folder.resolve("lastword.yaml"),
            ("routes: [{ path: /, " + route + " }]")
                .replace("ONE", one.url())
                .replace("TWO", two.url())
                .replace("THREE", three.url()));
    gateway = TestGateway.ofFile(folder.resolve("data"), file, Map.of());
  }

  /** Ways in which an upstream fails before anything of an answer has come. */
  @SuppressWarnings("ImmutableEnumChecker")
  enum Failure {
    UNREACHABLE(x -> {}, 502),
    REFUSED_429(
        x ->
            x.raw(
                "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"),
        429),
    REFUSED_500(x -> x.respond(500, "text/plain", "no"), 500),
    REFUSED_503(x -> x.respond(503, "text/plain", "no"), 503),
    NO_HEAD(x -> x.cut(), 502),
    RESET(x -> x.reset(), 502),
    HEAD_ALONE(x -> x.stream().cut(), 502),
    HEAD_AND_CLEAN_END(x -> x.stream().end(), 502),
    PREAMBLE_AND_CUT(x -> x.stream().data(ROLE).cut(), 502),
    PREAMBLE_AND_RESET(
        x -> {
          x.stream().chunk(": ping\n\n").data(ROLE);
          x.reset();
        },
        502),
    PREAMBLE_AND_CLEAN_END(x -> x.stream().data(ROLE).end(), 502),
    ERROR_ALONE(
        x -> x.stream().data("{\"error\":{\"message\":\"busy\",\"type\":\"server_error\"}}").end(),
        500),
    PREAMBLE_AND_RATE_LIMIT(
        x ->
            x.raw(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n")
                .data(ROLE)
                .data("{\"error\":{\"message\":\"slow\",\"code\":429}}")
                .end(),
        429),
    PREAMBLE_AND_ERROR_UNKNOWN(
        x -> x.stream().data(ROLE).data("{\"error\":{\"message\":\"odd\"}}").end(), 502),
    MALFORMED(x -> x.raw("HTTP/1.1 oops\r\n\r\n"), 502);

    private final ScriptedUpstream.Script script;
    private final int status;

    Failure(ScriptedUpstream.Script script, int status) {
      this.script = script;
      this.status = status;
    }
  }

  private void failing(Failure failure) throws Exception {
    if (failure == Failure.UNREACHABLE) {
      one.close();
    } else {
      one.on(CHAT, failure.script);
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenOneUpstream_whenItFailsBeforeContent_thenThatIsAStatus_andNoStream(Failure failure)
      throws Exception {
    failing(failure);
    open("upstream: ONE");

    var answer = gateway.post(CHAT, ASKED);

    assertThat(answer.statusCode()).isEqualTo(failure.status);
    assertThat(answer.headers().firstValue("lastword-stream")).isEmpty();
    assertThat(answer.headers().firstValue("content-type").orElse(""))
        .doesNotContain("event-stream");
    if (failure.status == 429) {
      assertThat(answer.headers().firstValue("retry-after")).hasValue("7");
    }
    assertThat(gateway.json("/api/streams").get("streams")).isEmpty();
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(gateway.get("/metrics").body())
                    .contains("lastword_upstream_calls 0", "lastword_streams_open 0"));
  }

  @ParameterizedTest
  @EnumSource
  void givenTwoUpstreams_whenTheFirstFailsBeforeContent_thenTheSecondAnswers_andHearsAllOfIt(
      Failure failure) throws Exception {
    failing(failure);
    open("upstreams: [ONE, TWO]");

    var answer = gateway.post(CHAT, ASKED);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("of two", "[DONE]").doesNotContain("error");
    assertThat(two.last().body()).asString().isEqualTo(ASKED);
    assertThat(two.exchanges()).hasSize(1);
    var id = answer.headers().firstValue("lastword-stream").orElseThrow();
    assertThat(gateway.ended(id).get("outcome").asString()).isEqualTo("completed");
    assertThat(gateway.json("/api/streams/" + id + "/response").get("text").asString())
        .isEqualTo("of two");
    assertThat(gateway.get("/metrics").body()).contains("lastword_upstream_failovers_total");
  }

  @Test
  void givenContent_whenTheUpstreamFails_thenNobodyElseIsAsked_andTheStreamFails()
      throws Exception {
    one.on(CHAT, x -> x.stream().data(ROLE).delta("begun").cut());
    open("upstreams: [ONE, TWO]");

    try (var client = gateway.client()) {
      var reply = client.post(CHAT, ASKED).reply();

      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.body()).contains("begun", "upstream_reset");
      assertThat(reply.end()).isNotEqualTo(RawClient.End.CLEAN);
    }
    assertThat(two.exchanges()).isEmpty();
  }

  @Test
  void givenContentAndErrorInOneRead_thenItIsAStreamThatFailed() throws Exception {
    one.on(
        CHAT,
        x ->
            x.stream()
                .chunk(
                    "data: "
                        + ROLE
                        + "\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n"
                        + "data: {\"error\":{\"code\":500}}\n\n")
                .end());
    open("upstreams: [ONE, TWO]");

    try (var client = gateway.client()) {
      var id = client.post(CHAT, ASKED).reply().header("lastword-stream");

      assertThat(gateway.ended(id).get("reason").asString()).isEqualTo("upstream_error");
    }
    assertThat(two.exchanges()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 413, 422, 501})
  void givenARefusalOfTheRequestItself_thenItPasses_andNobodyElseIsAsked(int status)
      throws Exception {
    one.on(CHAT, x -> x.respond(status, "application/json", "{\"error\":1}"));
    open("upstreams: [ONE, TWO]");

    var answer = gateway.post(CHAT, ASKED);

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body()).isEqualTo("{\"error\":1}");
    assertThat(two.exchanges()).isEmpty();
  }

  @Test
  void givenAllFail_thenTheLastOnesStatusIsTheAnswer() throws Exception {
    failing(Failure.NO_HEAD);
    two.on(CHAT, Failure.REFUSED_429.script);
    open("upstreams: [ONE, ONE, TWO]");

    var answer = gateway.post(CHAT, ASKED);

    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(answer.headers().firstValue("retry-after")).hasValue("7");
    assertThat(one.exchanges()).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource(names = {"REFUSED_429", "PREAMBLE_AND_RATE_LIMIT"})
  void givenOneRefusesForAWhile_whenNobodyElseAnswers_thenTheClientIsToldWhenToComeAgain(
      Failure refusal) throws Exception {
    failing(refusal);
    two.on(CHAT, Failure.PREAMBLE_AND_CUT.script);
    three.on(CHAT, Failure.NO_HEAD.script);
    open("upstreams: [ONE, TWO, THREE]");

    var answer = gateway.post(CHAT, ASKED);

    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.headers().allValues("retry-after")).containsExactly("7");
    assertThat(three.exchanges()).isNotEmpty();
  }

  @Test
  void givenAnthropicIsOverloaded_thenItsErrorIsTheBodyOfA529() throws Exception {
    var error =
        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}";
    one.on(
        MESSAGES,
        x ->
            x.stream()
                .chunk(
                    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"content\":[]}}\n\n")
                .chunk("event: ping\ndata: {\"type\":\"ping\"}\n\n")
                .chunk("event: error\ndata: " + error + "\n\n")
                .end());
    open("upstream: ONE");

    var answer = gateway.post(MESSAGES, ASKED);

    assertThat(answer.statusCode()).isEqualTo(529);
    assertThat(answer.body()).isEqualTo(error);
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
  }

  @Test
  void givenThePreambleLasts_whenItsTimeIsOver_thenItIsSaid() throws Exception {
    var go = new CountDownLatch(1);
    one.on(
        CHAT,
        x -> {
          x.stream().data(ROLE);
          go.await(20, TimeUnit.SECONDS);
          x.cut();
        });
    open("upstreams: [ONE, TWO], hold-ms: 300");

    try (var client = gateway.client()) {
      client.post(CHAT, ASKED);
      assertThat(client.head().status()).isEqualTo(200);
      client.readUntil("assistant");
      go.countDown();
      client.readUntil("upstream_reset");
    }
    assertThat(two.exchanges()).isEmpty();
  }

  @Test
  void givenNothingIsHeld_thenThePreambleIsSaidAtOnce() throws Exception {
    var go = new CountDownLatch(1);
    one.on(
        CHAT,
        x -> {
          x.stream().data(ROLE);
          go.await(20, TimeUnit.SECONDS);
          x.delta("a").finish().data("[DONE]").end();
        });
    open("upstream: ONE, hold-ms: 0");

    try (var client = gateway.client()) {
      client.post(CHAT, ASKED).head();
      client.readUntil("assistant");
      go.countDown();
      client.readUntil("[DONE]");
    }
  }

  @Test
  void givenAFeedThatIsSilent_thenItsHeadIsNotHeld() throws Exception {
    var go = new CountDownLatch(1);
    one.on(
        "/feed",
        x -> {
          x.stream();
          go.await(20, TimeUnit.SECONDS);
          x.end();
        });
    open("upstream: ONE, hold-ms: 600000");

    try (var client = gateway.client()) {
      client.get("/feed", "Accept: text/event-stream");
      assertThat(client.head().status()).isEqualTo(200);
    } finally {
      go.countDown();
    }
  }

  @Test
  void givenALargePreamble_thenNoMoreThanItsRoomIsHeld() throws Exception {
    var go = new CountDownLatch(1);
    one.on(
        CHAT,
        x -> {
          x.stream();
          for (int i = 0; i < 10; i++) {
            x.data(ROLE.replace("}]}", "}],\"padding\":\"" + "p".repeat(50_000) + "\"}"));
          }
          go.await(20, TimeUnit.SECONDS);
          x.delta("a").finish().data("[DONE]").end();
        });
    open("upstream: ONE, hold-ms: 600000");

    try (var client = gateway.client()) {
      client.post(CHAT, ASKED);
      assertThat(client.head().status()).isEqualTo(200);
      go.countDown();
    }
  }

  @Test
  void givenAClientThatLeavesWhileItIsHeld_thenTheNextUpstreamIsStillAsked() throws Exception {
    var id = "held-and-left-behind-1";
    var gone = new CountDownLatch(1);
    var held = new CountDownLatch(1);
    one.on(
        CHAT,
        x -> {
          x.stream().data(ROLE);
          held.countDown();
          gone.await(20, TimeUnit.SECONDS);
          x.cut();
        });
    open("upstreams: [ONE, TWO], hold-ms: 600000");

    try (var client = gateway.client()) {
      client.post(CHAT, ASKED, "Lastword-Stream: " + id);
      held.await(20, TimeUnit.SECONDS);
    }
    Awaitility.await()
        .until(() -> gateway.get("/metrics").body().contains("lastword_unattended 1"));
    gone.countDown();

    Awaitility.await().until(() -> gateway.get("/api/streams/" + id).statusCode() == 200);
    assertThat(gateway.ended(id).get("outcome").asString()).isEqualTo("completed");
    Awaitility.await()
        .until(() -> gateway.get("/metrics").body().contains("lastword_unattended 0"));
  }

  @Test
  void givenABodyThatIsTooLargeToBeRepeated_thenTheFirstOnesFailureIsTheAnswer() throws Exception {
    failing(Failure.REFUSED_503);
    open("upstreams: [ONE, TWO], repeated-bytes-max: 1048576");

    var large = ASKED.replace("hi", "h".repeat(2 << 20));

    assertThat(gateway.post(CHAT, large).statusCode()).isEqualTo(503);
    assertThat(two.exchanges()).isEmpty();
  }

  @Test
  void givenABodyOfSomeMegabytes_thenAllOfItIsRepeated() throws Exception {
    failing(Failure.REFUSED_503);
    open("upstreams: [ONE, TWO]");

    var large = ASKED.replace("hi", "h".repeat(3 << 20));

    assertThat(gateway.post(CHAT, large).statusCode()).isEqualTo(200);
    assertThat(two.last().body()).asString().isEqualTo(large);
  }

  @Test
  void givenAnUpstreamThatRefusesBeforeItHasHeardAll_thenTheSecondHearsAll() throws Exception {
    one.on("/up", x -> x.respond(200, "text/plain", "one"));
    two.on("/up", x -> x.respond(200, "text/plain", x.body().length + " bytes"));
    one.close();
    open("upstreams: [ONE, TWO]");

    try (var client = gateway.client()) {
      client.send("PUT /up HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345");
      client.send("67890");
      assertThat(client.reply().body()).isEqualTo("10 bytes");
    }
  }

  @Test
  void givenARequestWithoutABody_whenTheFirstFails_thenTheSecondAnswers() throws Exception {
    one.on("/v1/models", x -> x.cut());
    two.on("/v1/models", x -> x.respond(200, "application/json", "{\"data\":[]}"));
    open("upstreams: [ONE, TWO]");

    assertThat(gateway.get("/v1/models").body()).isEqualTo("{\"data\":[]}");
  }

  @Test
  void givenFields_thenEveryUpstreamOfTheRouteIsToldThem_andItsOwnHost() throws Exception {
    failing(Failure.REFUSED_503);
    open("upstreams: [ONE, TWO], upstream-headers: { Authorization: Bearer k }");

    gateway.post(CHAT, ASKED);

    for (var asked : List.of(one, two)) {
      assertThat(asked.last().headers()).containsEntry("authorization", "Bearer k");
      assertThat("http://" + asked.last().headers().get("host")).isEqualTo(asked.url());
    }
  }

  @Test
  void givenAnUpstreamThatDoesNotReadTheBody_whenItStandsStill_thenTheNextOneIsAsked()
      throws Exception {
    two.on("/upload", x -> x.respond(200, "text/plain", "" + x.body().length));
    try (var deaf = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      open(
          "upstreams: ['http://127.0.0.1:%d', TWO], relay: { head-ms: 500 }"
              .formatted(deaf.getLocalPort()));

      assertThat(gateway.post("/upload", "x".repeat(7_000_000)).body()).isEqualTo("7000000");
    }
  }

  /**
   * Its queue of connections is full until it accepts: whoever connects waits for that.
   *
   * @param waiting is what fills it
   */
  private static ServerSocket full(List<Socket> waiting) throws IOException {
    var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    try {
      for (int i = 0; i < 10; i++) {
        var socket = new Socket();
        waiting.add(socket);
        socket.connect(server.getLocalSocketAddress(), 300);
      }
    } catch (SocketTimeoutException e) {
      return server;
    }
    throw new IOException("its queue has no end");
  }

  @Test
  void givenMoreOfABodyThanIsKept_whenItComesBetweenTwoUpstreams_thenNoneOfThemHearsAHole()
      throws Exception {
    int first = BodyStart.BYTES_MAX - 30_000;
    var heard = new AtomicInteger();
    var waiting = new ArrayList<Socket>();
    try (var broken = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        var late = full(waiting)) {
      open(
          "upstreams: ['http://127.0.0.1:%d', 'http://127.0.0.1:%d'], relay: { repeated-bytes-max: 1 }"
              .formatted(broken.getLocalPort(), late.getLocalPort()));
      Thread.ofVirtual().start(() -> resetAfter(broken, first));
      try (var client = new RawHttp2(gateway.gateway().address())) {
        int stream = client.request(false, RawHttp2.with("POST", "/upload"));
        send(client, stream, first);
        Awaitility.await()
            .until(() -> gateway.get("/metrics").body().contains("lastword_upstream_failovers"));
        send(client, stream, 50_000);
        client.frame(RawHttp2.DATA, RawHttp2.END_STREAM, stream, new byte[0]);
        client.settle();
        Thread.ofVirtual().start(() -> answerAll(late, heard));

        assertThat(client.answer(stream).status).isEqualTo(502);
        assertThat(client.answer(stream).text()).contains("upstream_");
      }
      assertThat(heard.get()).as("a body that is not the client's").isZero();
    } finally {
      for (var socket : waiting) {
        socket.close();
      }
    }
  }

  private static void send(RawHttp2 client, int stream, int length) throws IOException {
    for (int left = length; left > 0; ) {
      int part = Math.min(left, 10_000);
      client.readUntil(() -> client.room(stream) >= part && client.room(0) >= part);
      client.data(stream, part, false);
      left -= part;
    }
  }

  /** Reads a request's head and so much of its body, chunked, and is gone. */
  private static void resetAfter(ServerSocket server, int length) {
    try (var accepted = server.accept()) {
      accepted.getInputStream().readNBytes(length);
      accepted.setSoLinger(true, 0);
    } catch (IOException e) {
      // its test is over
    }
  }

  private static void answerAll(ServerSocket server, AtomicInteger heard) {
    try {
      while (true) {
        var accepted = server.accept();
        Thread.ofVirtual().start(() -> answer(accepted, heard));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private static void answer(Socket accepted, AtomicInteger heard) {
    try (accepted) {
      var asked = ScriptedUpstream.Exchanged.read(accepted, accepted.getInputStream());
      heard.addAndGet(asked.body().length);
      asked.respond(200, "text/plain", "" + asked.body().length);
    } catch (Exception e) {
      // it only filled the queue
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"upstream: 'http://127.0.0.1:%d'", "upstreams: ['http://127.0.0.1:%d', TWO]"})
  void givenAnUploadThatIsRefusedBeforeItIsWhole_whenItIsCutOff_thenTheRefusalIsTold(String route)
      throws Exception {
    two.on("/upload", x -> x.respond(200, "text/plain", "of two"));
    try (var strict = new ServerSocket()) {
      strict.setReceiveBufferSize(4 << 10);
      strict.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      open(route.formatted(strict.getLocalPort()));
      Thread.ofVirtual().start(() -> refuseAll(strict));
      for (int i = 0; i < 20; i++) {
        try (var client = gateway.client()) {
          Thread.ofVirtual().start(() -> upload(client));

          var reply = client.reply();
          assertThat(reply.status()).as(reply.body()).isEqualTo(413);
          assertThat(reply.header("retry-after")).isEqualTo("7");
        }
      }
    }
    assertThat(two.exchanges()).isEmpty();
  }

  private static void upload(RawClient client) {
    try {
      client.post("/upload", "x".repeat(8_000_000));
    } catch (IOException e) {
      // it has been answered before it had sent all
    }
  }

  /** Answers each head and closes, with bytes unread: a reset follows the answer at once. */
  private static void refuseAll(ServerSocket server) {
    try {
      while (true) {
        try (var accepted = server.accept()) {
          var in = accepted.getInputStream();
          for (int end = 0, b = in.read(); end < 4 && b >= 0; b = in.read()) {
            end = b == (end % 2 == 0 ? '\r' : '\n') ? end + 1 : 0;
          }
          accepted
              .getOutputStream()
              .write(
                  "HTTP/1.1 413 No\r\nRetry-After: 7\r\nContent-Length: 3\r\n\r\nbig"
                      .getBytes(StandardCharsets.US_ASCII));
        } catch (SocketException e) {
          if (server.isClosed()) {
            return;
          }
        }
      }
    } catch (IOException e) {
      // closed
    }
  }
}
