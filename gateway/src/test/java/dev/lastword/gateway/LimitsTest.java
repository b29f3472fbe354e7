package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Oversize, malformed, ambiguous and slow requests end in a problem document, and never at the
 * upstream.
 */
class LimitsTest {
  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on("/u", x -> x.respond(200, "text/plain", "taken"));
    gateway =
        TestGateway.start(
            data,
            upstream.url(),
            Map.of(
                Setting.HEADER_READ,
                "500",
                Setting.BODY_READ,
                "700",
                Setting.KEEP_ALIVE,
                "500",
                Setting.BODY_BYTES,
                "100000",
                Setting.CONNECTIONS,
                "20"));
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private RawClient.Reply reply(String request) throws Exception {
    try (var client = gateway.client()) {
      var reply = client.send(request).reply();
      assertThat(reply.header("content-type")).isEqualTo("application/problem+json");
      assertThat(reply.header("connection")).isEqualTo("close");
      assertThat(client.serverCloses()).isTrue();
      assertThat(TestGateway.read(reply.body()).get("status").asInt()).isEqualTo(reply.status());
      return reply;
    }
  }

  @Test
  void givenLongRequestLine_then414() throws Exception {
    var reply = reply("GET /" + "a".repeat(9_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertThat(reply.status()).isEqualTo(414);
    assertThat(reply.body()).contains("\"limit\":8192");
  }

  @Test
  void givenLargeHeader_then431() throws Exception {
    var reply =
        reply("GET /u HTTP/1.1\r\nHost: localhost\r\nX: " + "a".repeat(33_000) + "\r\n\r\n");
    assertThat(reply.status()).isEqualTo(431);
    assertThat(reply.body()).contains("\"limit\":32768");
  }

  @Test
  void givenManyFields_then431() throws Exception {
    var reply = reply("GET /u HTTP/1.1\r\nHost: localhost\r\n" + "X: 1\r\n".repeat(101) + "\r\n");
    assertThat(reply.status()).isEqualTo(431);
    assertThat(reply.body()).contains("\"limit\":100");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void givenLargeBody_whenItIsStillBeingSent_thenThe413CanBeRead(boolean announced)
      throws Exception {
    try (var client = gateway.client()) {
      client.send(
          "POST /u HTTP/1.1\r\nHost: localhost\r\n"
              + (announced ? "Content-Length: 200000" : "Transfer-Encoding: chunked")
              + "\r\n\r\n");
      var part = announced ? "x".repeat(1_000) : "3e8\r\n" + "x".repeat(1_000) + "\r\n";
      for (int i = 0; i < 200; i++) {
        client.send(part);
      }
      var reply = client.reply();
      assertThat(reply.status()).isEqualTo(413);
      assertThat(reply.body()).contains("\"limit\":100000").contains("body_too_large");
    }
  }

  @Test
  void givenExpectContinueWithALargeBody_thenNoBodyIsAskedFor() throws Exception {
    var reply =
        reply(
            "POST /u HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 200000\r\n\r\n");
    assertThat(reply.status()).isEqualTo(413);
    assertThat(upstream.exchanges()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST /u HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /u HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        "POST /u HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /u HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4, 4\r\n\r\nabcd",
        "POST /u HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST /u HTTP/1.1\r\nHost: localhost\r\nContent-Length: +4\r\n\r\nabcd",
        "POST /u HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /u HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "POST /u HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /u HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabcd\r\n0\r\n\r\n",
        "GET /u HTTP/1.1\r\n\r\n",
        "GET /u HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /u HTTP/1.1\r\nHost : t\r\n\r\n",
        "GET /u HTTP/1.1\r\nHost: localhost\r\nX: a\r\n folded\r\nY\u0000: b\r\n\r\n",
        "GET /u HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /u HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /u HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET /u HTTP/1.1\r\nHost: localhost, localhost\r\n\r\n",
        "GET /u HTTP/1.1\r\nHost: user@localhost\r\n\r\n",
        "GET /u HTTP/1.1\r\nHost: localhost/x\r\n\r\n",
        "GET /u HTTP/1.1\r\nHost: localhost:99999\r\n\r\n",
        "GET /u HTTP/1.1\r\nHost: localhost:8x\r\n\r\n",
        "GET /u HTTP/1.1\r\nHost: [::1\r\n\r\n",
        "GET /u HTTP/1.1\r\nHost: ::1\r\n\r\n",
        "GET http://localhost/u HTTP/1.1\r\n\r\n",
        "POST /u HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n 4\r\nabcd\r\n0\r\n\r\n",
        "POST /u HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4 \r\nabcd\r\n0\r\n\r\n",
        "POST /u HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4 x\r\nabcd\r\n0\r\n\r\n",
        "POST /u HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0x4\r\nabcd\r\n0\r\n\r\n",
        "GET /u#fragment HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "nonsense\r\n\r\n",
      })
  void givenRequestThatTwoReadersCouldReadDifferently_then400(String request) throws Exception {
    assertThat(reply(request).status()).isEqualTo(400);
    assertThat(upstream.exchanges()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "505 GET /u HTTP/2.0",
        "501 CONNECT /u HTTP/1.1",
        "501 POST /u HTTP/1.1\r\nTransfer-Encoding: gzip, chunked",
        "417 GET /u HTTP/1.1\r\nExpect: a miracle"
      })
  void givenUnsupported_thenTheStatusThatSaysSo(String line) throws Exception {
    int status = Integer.parseInt(line.substring(0, 3));
    assertThat(reply(line.substring(4) + "\r\nHost: localhost\r\n\r\n").status()).isEqualTo(status);
  }

  @Test
  void givenSlowHead_then408() throws Exception {
    assertThat(reply("GET /u HTTP/1.1\r\nHost:").status()).isEqualTo(408);
  }

  @Test
  void givenSlowBody_then408() throws Exception {
    assertThat(
            reply("POST /u HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc").status())
        .isEqualTo(408);
  }

  @Test
  void givenIdleConnection_thenItIsClosed() throws Exception {
    try (var client = gateway.client()) {
      client.get("/healthz").reply();
      assertThat(client.serverCloses()).isTrue();
    }
  }

  @Test
  void givenTooManyConnections_thenTheNextIsTold503() throws Exception {
    var clients = new java.util.ArrayList<RawClient>();
    try {
      for (int i = 0; i < 20; i++) {
        clients.add(gateway.client());
        assertThat(clients.getLast().get("/readyz").reply().status()).isEqualTo(200);
      }
      clients.add(gateway.client());
      var refused = clients.getLast().get("/readyz").reply();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.body()).contains("too_many_connections");
      clients.add(gateway.client());
      // An EventSource gives up at a status, and tries a closed connection again.
      clients
          .getLast()
          .get("/v1/stream/AAAAAAAA", "Accept: text/event-stream", "Last-Event-ID: 1-1");
      assertThat(clients.getLast().rest()).isEmpty();
    } finally {
      for (var client : clients) {
        client.close();
      }
    }
  }

  @Test
  void givenOwnPathThatIsUnknown_thenItIsNeverRelayed() throws Exception {
    for (var path :
        new String[] {
          "/api/conversations",
          "/api/streams/AAAAAAAAAAAAAAAAAAAA/nothing",
          "/v1/stream",
          "/v1/stream/"
        }) {
      assertThat(gateway.get(path).statusCode()).as(path).isIn(400, 404);
    }
    var deleting = gateway.request("/api/streams").DELETE().build();
    assertThat(gateway.send(deleting).statusCode()).isEqualTo(405);
    assertThat(gateway.get("/api/streams/AAAAAAAAAAAAAAAAAAAA/cancel").statusCode()).isEqualTo(405);
    for (var query :
        new String[] {
          "limit=0", "limit=x", "limit=1001", "state=odd", "outcome=odd", "before=odd"
        }) {
      assertThat(gateway.get("/api/streams?" + query).statusCode()).as(query).isEqualTo(400);
    }
    assertThat(upstream.exchanges()).isEmpty();
  }
}
