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

/** What an upstream says that is no proper HTTP/1.1 (RFC 9110, RFC 9112) is not passed on. */
class UpstreamFramingTest {
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

  private RawClient.Reply answerTo(String said) throws Exception {
    upstream.on("/odd", x -> x.raw(said).cut());
    try (var client = gateway.client()) {
      return client.get("/odd").reply();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0", "7", "99", "600", "999", "1000", "2000", "+200", "0200", "20", "-1", "2x0"})
  void givenStatusThatIsNone_then502_andItIsNoLabelOfAMetric(String status) throws Exception {
    var reply = answerTo("HTTP/1.1 " + status + " Odd\r\nContent-Length: 2\r\n\r\nok");

    assertThat(reply.status()).isEqualTo(502);
    assertThat(reply.body()).contains("upstream_malformed");
    assertThat(gateway.get("/metrics").body())
        .contains("lastword_relay_requests_total{status=\"502\"}")
        .doesNotContain("status=\"" + status.replaceAll("\\D", "") + "\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n\u001f\u008bxx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: \r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk",
        "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nokk",
        "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "ICY 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nNocolon\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nX: a\u0000b\r\nContent-Length: 2\r\n\r\nok",
      })
  void givenBodyWhoseEndCannotBeTold_then502(String said) throws Exception {
    var reply = answerTo(said);

    assertThat(reply.status()).isEqualTo(502);
    assertThat(reply.body()).contains("upstream_malformed");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " 2",
        "2 ",
        "+2",
        "0x2",
        "2 x",
        "2\tx",
        "2;a=\"",
        "-2",
        "",
        "2_",
        "123456789abcdef01"
      })
  void givenChunkSizeThatIsNone_whenItComesFromTheUpstream_thenTheAnswerIsCut(String size)
      throws Exception {
    var reply =
        answerTo(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
                + size
                + "\r\nok\r\n0\r\n\r\n");

    assertThat(reply.end()).isNotEqualTo(RawClient.End.CLEAN);
    assertThat(reply.body()).isEqualTo("abc");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "02", "00000002", "2;a", "2 ; a=b", "2;a=\"x;y\"", "2;"})
  void givenProperChunkSize_thenTheBodyPasses(String size) throws Exception {
    boolean proper = !size.equals("2;"); // an extension has a name
    var reply =
        answerTo(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + size
                + "\r\nok\r\na\r\n0123456789\r\n0\r\n\r\n");

    assertThat(reply.end() == RawClient.End.CLEAN).isEqualTo(proper);
    if (proper) {
      assertThat(reply.body()).isEqualTo("ok0123456789");
    }
  }

  @Test
  void givenChunksCutAnywhere_thenTheBodyPasses() throws Exception {
    var said =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n10\r\n0123456789abcdef\r\n0\r\nX-Trailer: t\r\n\r\n";
    upstream.on(
        "/pieces",
        x -> {
          for (int i = 0; i < said.length(); i++) {
            x.raw(said.substring(i, i + 1));
          }
        });
    try (var client = gateway.client()) {
      for (int i = 0; i < 3; i++) {
        var reply = client.get("/pieces").reply();
        assertThat(reply.body()).isEqualTo("abc0123456789abcdef");
        assertThat(reply.end()).isEqualTo(RawClient.End.CLEAN);
      }
    }
    assertThat(upstream.connections()).as("kept after a clean end").isEqualTo(1);
  }

  @Test
  void givenNoContentWithALength_thenTheClientGetsNone() throws Exception {
    var reply = answerTo("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nX-Kept: yes\r\n\r\n");

    assertThat(reply.status()).isEqualTo(204);
    assertThat(reply.headers())
        .doesNotContainKeys("content-length", "transfer-encoding")
        .containsEntry("x-kept", "yes");
  }

  @Test
  void givenHtmlUnder200_whereAnEventStreamWasAskedFor_thenItPassesThrough() throws Exception {
    upstream.on("/v1/chat/completions", x -> x.respond(200, "text/html", "<h1>Sign in</h1>"));

    var response =
        gateway.post("/v1/chat/completions", "{\"stream\":true}", "Accept", "text/event-stream");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).contains("text/html");
    assertThat(response.headers().firstValue("lastword-stream")).isEmpty();
    assertThat(response.body()).isEqualTo("<h1>Sign in</h1>");
  }

  @Test
  void givenItselfAsUpstream_thenTheLoopIsNamed() throws Exception {
    var port = freePort();
    try (var loop =
        TestGateway.start(
            data.resolve("loop"),
            "http://127.0.0.1:" + port,
            Map.of(Setting.LISTEN, "127.0.0.1:" + port))) {
      var response = loop.post("/v1/chat/completions", "{}");
      assertThat(response.statusCode()).isEqualTo(508);
      assertThat(response.body()).contains("loop_detected");
    }
  }

  @Test
  void givenTwoGatewaysInACircle_thenTheLoopIsNamed() throws Exception {
    var port = freePort();
    try (var one = TestGateway.start(data.resolve("one"), "http://127.0.0.1:" + port, Map.of());
        var two =
            TestGateway.start(
                data.resolve("two"), one.url(), Map.of(Setting.LISTEN, "127.0.0.1:" + port))) {
      for (var gateway : new TestGateway[] {one, two}) {
        var response = gateway.get("/v1/models");
        assertThat(response.statusCode()).isEqualTo(508);
        assertThat(response.body()).contains("loop_detected");
      }
    }
  }

  @Test
  void givenRequestThatCameByAProxy_whenRelayed_thenViaSaysSo() throws Exception {
    upstream.on("/v", x -> x.respond(200, "text/plain", "v"));
    gateway.get("/v", "Via", "1.1 edge");
    assertThat(upstream.last().headers().get("via"))
        .matches("1\\.1 edge, 1\\.1 lastword-[0-9a-z]+");
    try (var client = gateway.client()) {
      client.send("GET /v HTTP/1.0\r\n\r\n").reply();
    }
    assertThat(upstream.last().headers().get("via")).matches("1\\.0 lastword-[0-9a-z]+");
  }

  private static int freePort() throws Exception {
    try (var socket = new java.net.ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
