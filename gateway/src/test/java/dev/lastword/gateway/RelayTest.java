package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is no event stream passes through, both ways. */
class RelayTest {
  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    gateway = TestGateway.start(data, upstream);
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  @Test
  void givenJson_whenItIsRelayed_thenStatusHeadersAndBodyPass() throws Exception {
    upstream.on(
        "/v1/models",
        x ->
            x.raw(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-One: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\n{}"));

    var response = gateway.get("/v1/models?after=a%2Fb&limit=2", "X-Custom", "kept");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("{}");
    assertThat(response.headers().allValues("set-cookie")).containsExactly("a=1", "b=2");
    assertThat(response.headers().firstValue("lastword-stream")).isEmpty();
    assertThat(upstream.last().target()).isEqualTo("/v1/models?after=a%2Fb&limit=2");
    assertThat(upstream.last().headers())
        .containsEntry("x-custom", "kept")
        .containsEntry("accept-encoding", "identity");
    assertThat(upstream.last().headers().get("host"))
        .isEqualTo(upstream.url().substring("http://".length()));
  }

  @Test
  void givenBasePath_whenRelayed_thenItStandsBeforeThePath() throws Exception {
    upstream.on("/base/v1/models", x -> x.respond(200, "text/plain", "based"));
    try (var based =
        TestGateway.start(data.resolve("based"), upstream.url() + "/base/", Map.of())) {
      assertThat(based.get("/v1/models").body()).isEqualTo("based");
    }
  }

  @Test
  void givenHopByHopAndOwnFields_whenRelayed_thenTheyDoNotReachTheUpstream() throws Exception {
    upstream.on(
        "/hops",
        x ->
            x.raw(
                "HTTP/1.1 200 OK\r\nConnection: X-Private\r\nX-Private: no\r\nKeep-Alive: timeout=3\r\nX-Public: yes\r\nContent-Length: 2\r\n\r\nok"));

    try (var client = gateway.client()) {
      var reply =
          client
              .get(
                  "/hops",
                  "Connection: X-Secret",
                  "X-Secret: no",
                  "Proxy-Authorization: Basic xx",
                  "TE: trailers",
                  "Lastword-Conversation: c",
                  "X-End: yes")
              .reply();

      assertThat(reply.headers())
          .doesNotContainKeys("x-private", "keep-alive")
          .containsEntry("x-public", "yes");
    }
    assertThat(upstream.last().headers())
        .doesNotContainKeys(
            "x-secret", "proxy-authorization", "te", "lastword-conversation", "connection")
        .containsEntry("x-end", "yes");
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 301, 302, 304, 400, 401, 404, 429, 500, 503})
  void givenAnyStatus_whenRelayed_thenItIsTheClients(int status) throws Exception {
    boolean empty = status == 204 || status == 304;
    upstream.on(
        "/status",
        x ->
            x.raw(
                "HTTP/1.1 "
                    + status
                    + " S\r\nRetry-After: 11\r\nLocation: https://elsewhere.example/\r\n"
                    + (empty ? "\r\n" : "Content-Length: 4\r\n\r\nbody")));

    var response = gateway.post("/status", "{}");

    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.body()).isEqualTo(empty ? "" : "body");
    assertThat(response.headers().firstValue("retry-after")).contains("11");
  }

  @Test
  void givenHead_whenRelayed_thenTheLengthComesWithoutABody() throws Exception {
    upstream.on("/file", x -> x.raw("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"));

    try (var client = gateway.client()) {
      var head = client.send("HEAD /file HTTP/1.1\r\nHost: localhost\r\n\r\n").head();
      assertThat(head.header("content-length")).isEqualTo("1234");
      client.send("HEAD /file HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(client.head().status()).as("the next answer follows at once").isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void givenLargeBodies_whenRelayed_thenEveryBytePasses(boolean chunked) throws Exception {
    byte[] body = new byte[5 << 20];
    new Random(11).nextBytes(body);
    var text = java.util.HexFormat.of().formatHex(body);
    upstream.on(
        "/echo",
        x -> {
          var received = new String(x.body(), StandardCharsets.US_ASCII);
          if (chunked) {
            x.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int at = 0; at < received.length(); at += 99_991) {
              x.chunk(received.substring(at, Math.min(received.length(), at + 99_991)));
            }
            x.end();
          } else {
            x.respond(200, "text/plain", received);
          }
        });

    var publisher =
        chunked
            ? java.net.http.HttpRequest.BodyPublishers.ofInputStream(
                () -> new java.io.ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)))
            : java.net.http.HttpRequest.BodyPublishers.ofString(text);
    var response = gateway.send(gateway.request("/echo").POST(publisher).build());

    assertThat(response.body().equals(text)).as("all of 10 MiB").isTrue();
  }

  @Test
  void givenKeepAlive_whenRequestsFollow_thenBothSidesReuseTheirConnections() throws Exception {
    upstream.on("/a", x -> x.respond(200, "text/plain", "a"));
    try (var client = gateway.client()) {
      for (int i = 0; i < 5; i++) {
        assertThat(client.get("/a").reply().body()).isEqualTo("a");
      }
    }
    assertThat(upstream.connections()).isEqualTo(1);
  }

  @Test
  void givenPipelinedRequests_whenTheyArriveInOnePiece_thenTheyAreAnsweredInOrder()
      throws Exception {
    upstream.on("/1", x -> x.respond(200, "text/plain", "one"));
    upstream.on("/2", x -> x.respond(200, "text/plain", "two"));
    try (var client = gateway.client()) {
      client.send(
          "GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nPOST /2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabcGET /1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(client.reply().body()).isEqualTo("one");
      assertThat(client.reply().body()).contains("healthy");
      assertThat(client.reply().body()).isEqualTo("two");
      assertThat(client.reply().body()).isEqualTo("one");
    }
    assertThat(upstream.exchanges().get(1).body()).asString().isEqualTo("abc");
  }

  @Test
  void givenExpectContinue_whenTheBodyIsWanted_thenTheClientIsTold() throws Exception {
    upstream.on(
        "/c", x -> x.respond(200, "text/plain", new String(x.body(), StandardCharsets.US_ASCII)));
    try (var client = gateway.client()) {
      client.send(
          "POST /c HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
      client.send("four");
      assertThat(client.reply().body()).isEqualTo("four");
    }
    assertThat(upstream.last().headers()).doesNotContainKey("expect");
  }

  @Test
  void givenNoUpstream_whenRelayed_then502() throws Exception {
    try (var alone = TestGateway.start(data.resolve("alone"), "http://127.0.0.1:1", Map.of())) {
      var response = alone.get("/v1/models");
      assertThat(response.statusCode()).isEqualTo(502);
      assertThat(TestGateway.read(response.body()).get("code").asString())
          .isEqualTo("upstream_unreachable");
    }
  }

  @Test
  void givenSilentUpstream_whenTheHeadIsLate_then504AndTheConnectionIsLetGo() throws Exception {
    var letGo = new CountDownLatch(1);
    upstream.on(
        "/slow",
        x -> {
          if (x.peerCloses(10)) {
            letGo.countDown();
          }
        });
    try (var hasty =
        TestGateway.start(data.resolve("hasty"), upstream.url(), Map.of(Setting.HEAD, "300"))) {
      var response = hasty.get("/slow");
      assertThat(response.statusCode()).isEqualTo(504);
      assertThat(letGo.await(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void givenBodyThatEndsWithItsConnection_whenThatIsReset_thenItIsNotTakenForWhole()
      throws Exception {
    var read = new CountDownLatch(1);
    upstream.on(
        "/file",
        x -> {
          x.raw("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhalf");
          read.await();
          x.reset();
        });
    try (var client = gateway.client()) {
      var head = client.get("/file").head();
      client.readUntil("half");
      read.countDown();

      assertThat(client.body(head, Long.MAX_VALUE).end()).isNotEqualTo(RawClient.End.CLEAN);
    }
  }

  @Test
  void givenUpstreamThatDoesNotReadTheBody_whenItStandsStill_then504() throws Exception {
    try (var deaf = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        var hasty =
            TestGateway.start(
                data.resolve("deaf"),
                "http://127.0.0.1:" + deaf.getLocalPort(),
                Map.of(Setting.HEAD, "500"));
        var client = hasty.client()) {
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  client.post("/upload", "x".repeat(30_000_000));
                } catch (IOException e) {
                  // it has been answered before it had sent all
                }
              });

      assertThat(client.reply().status()).isEqualTo(504);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nonsense\r\n\r\n", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"})
  void givenUpstreamThatSpeaksNoHttp_whenRelayed_then502(String said) throws Exception {
    upstream.on("/bad", x -> x.raw(said).cut());
    assertThat(gateway.post("/bad", "{}").statusCode()).isEqualTo(502);
  }

  @Test
  void givenAnswerCutShort_whenItHasBegun_thenTheClientsConnectionBreaksToo() throws Exception {
    upstream.on(
        "/short", x -> x.raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this").cut());
    upstream.on(
        "/chunks",
        x -> x.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n").cut());
    for (var path : new String[] {"/short", "/chunks"}) {
      try (var client = gateway.client()) {
        assertThat(client.get(path).reply().end()).isNotEqualTo(RawClient.End.CLEAN);
      }
    }
  }

  @Test
  void givenClientThatLeaves_whenTheAnswerIsNoStream_thenTheUpstreamIsLetGo() throws Exception {
    var letGo = new CountDownLatch(1);
    upstream.on(
        "/long",
        x -> {
          x.raw("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nbegin");
          if (x.peerCloses(10)) {
            letGo.countDown();
          }
        });
    try (var client = gateway.client()) {
      client.get("/long").head();
    }
    assertThat(letGo.await(5, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void givenKeptConnectionThatTheUpstreamDropped_whenAGetFollows_thenItIsAskedAgain()
      throws Exception {
    var first = new AtomicBoolean(true);
    upstream.on("/a", x -> x.respond(200, "text/plain", "a"));
    upstream.on(
        "/dropping",
        x -> {
          if (first.getAndSet(false)) {
            x.cut(); // as a server does whose idle timeout passes while the request is on its way
          } else {
            x.respond(200, "text/plain", "again");
          }
        });
    try (var client = gateway.client()) {
      client.get("/a").reply();
      assertThat(client.get("/dropping").reply().body()).isEqualTo("again");
    }
  }

  @Test
  void givenInformationalHead_whenTheFinalOneFollows_thenOnlyThatIsPassedOn() throws Exception {
    upstream.on(
        "/early",
        x ->
            x.raw("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
                .respond(200, "text/plain", "final"));
    try (var client = gateway.client()) {
      var reply = client.get("/early").reply();
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.body()).isEqualTo("final");
    }
  }

  @Test
  void givenHttp10Client_whenRelayed_thenTheEndOfTheConnectionIsTheEnd() throws Exception {
    upstream.on(
        "/chunks",
        x -> x.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").chunk("whole").end());
    try (var client = gateway.client()) {
      var reply = client.send("GET /chunks HTTP/1.0\r\n\r\n").reply();
      assertThat(reply.headers()).doesNotContainKey("transfer-encoding");
      assertThat(reply.body()).isEqualTo("whole");
      assertThat(client.serverCloses()).isTrue();
    }
  }
}
