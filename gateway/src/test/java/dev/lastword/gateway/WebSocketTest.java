package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A WebSocket is the upstream's: its bytes pass untouched, and no stream comes of it. */
class WebSocketTest {
  private static final String HANDSHAKE =
      String.join(
          "\r\n",
          "GET /ws HTTP/1.1",
          "Host: localhost",
          "Upgrade: websocket",
          "Connection: keep-alive, Upgrade",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
          "");

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;
  private final Map<Setting, String> set = new HashMap<>();

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on("/u", x -> x.respond(200, "text/plain", "u"));
    gateway = TestGateway.start(data.resolve("first"), upstream.url(), set);
  }

  private void restart() {
    gateway.close();
    gateway = TestGateway.start(data.resolve("second"), upstream.url(), set);
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private static String accepted(ScriptedUpstream.Exchanged x) throws Exception {
    var key = x.headers().get("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    var digest = MessageDigest.getInstance("SHA-1").digest(key.getBytes(ISO_8859_1));
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + Base64.getEncoder().encodeToString(digest)
        + "\r\n\r\n";
  }

  /** Says back each short text message. */
  private static void echo(ScriptedUpstream.Exchanged x) throws Exception {
    x.raw(accepted(x));
    while (true) {
      var head = x.read(6); // opcode, masked length, mask
      if (head.length < 6) {
        return;
      }
      var text = x.read(head[1] & 127);
      for (int i = 0; i < text.length; i++) {
        text[i] ^= head[2 + i % 4];
      }
      x.raw(new byte[] {head[0], (byte) text.length});
      x.raw(text);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what it hears tells
  private static CompletableFuture<String> say(HttpClient client, String url, String text) {
    var heard = new CompletableFuture<String>();
    client
        .newWebSocketBuilder()
        .buildAsync(
            URI.create(url),
            new WebSocket.Listener() {
              @Override
              public CompletionStage<?> onText(WebSocket socket, CharSequence said, boolean last) {
                heard.complete(said.toString());
                socket.abort();
                return WebSocket.Listener.super.onText(socket, said, last);
              }

              @Override
              public void onError(WebSocket socket, Throwable error) {
                heard.completeExceptionally(error);
              }
            })
        .whenComplete(
            (socket, failure) -> {
              if (failure == null) {
                socket.sendText(text, true);
              } else {
                heard.completeExceptionally(failure);
              }
            });
    return heard;
  }

  @Test
  void givenRealClient_thenItTalksWithTheUpstream() throws Exception {
    upstream.on("/ws", WebSocketTest::echo);
    try (var client = HttpClient.newHttpClient()) {
      var url = gateway.url().replace("http", "ws") + "/ws?x=1";
      assertThat(say(client, url, "hello").get(20, TimeUnit.SECONDS)).isEqualTo("hello");
    }
    assertThat(upstream.last().target()).isEqualTo("/ws?x=1");
    assertThat(gateway.json("/api/streams").get("streams")).isEmpty();
  }

  @Test
  void givenRealClientOverTls_thenItTalksWithTheUpstream() throws Exception {
    upstream.on("/ws", WebSocketTest::echo);
    var certificate = TestCertificate.ofLocalhost(data);
    set.put(
        Setting.TLS_CERTIFICATE, certificate.writeCertificate(data.resolve("c.pem")).toString());
    set.put(Setting.TLS_KEY, certificate.writeKey(data.resolve("k.pem")).toString());
    restart();
    try (var client = HttpClient.newBuilder().sslContext(certificate.trusting()).build()) {
      var url = "wss://localhost:" + gateway.gateway().address().getPort() + "/ws";
      assertThat(say(client, url, "hello").get(20, TimeUnit.SECONDS)).isEqualTo("hello");
    }
  }

  @Test
  void givenBytesOfAnyKind_thenTheyPassUntouched_alsoThoseThatComeWithTheHead() throws Exception {
    upstream.on(
        "/ws",
        x -> {
          x.raw(accepted(x) + "first");
          var came = x.read(9);
          x.raw("got " + new String(came, UTF_8)).cut();
        });
    try (var client = gateway.client()) {
      client.send(HANDSHAKE + "\r\n" + "GET ");
      var head = client.head();
      assertThat(head.status()).isEqualTo(101);
      assertThat(head.header("upgrade")).isEqualToIgnoringCase("websocket");
      assertThat(head.header("connection")).isEqualToIgnoringCase("upgrade");
      assertThat(head.header("sec-websocket-accept")).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      client.send("/\r\n\r\n");
      assertThat(client.rest()).isEqualTo("firstgot GET /\r\n\r\n");
    }
    assertThat(upstream.exchanges()).hasSize(1);
    assertThat(upstream.last().headers())
        .containsEntry("upgrade", "websocket")
        .containsEntry("sec-websocket-version", "13");
  }

  @Test
  void givenClientThatLeaves_thenTheUpstreamSeesIt_andTheCallIsOver() throws Exception {
    set.put(Setting.CALLS, "1");
    restart();
    var left = new CountDownLatch(1);
    upstream.on(
        "/ws",
        x -> {
          x.raw(accepted(x));
          if (x.peerCloses(20)) {
            left.countDown();
          }
        });
    try (var client = gateway.client()) {
      assertThat(client.send(HANDSHAKE + "\r\n").head().status()).isEqualTo(101);
      assertThat(gateway.get("/u").statusCode()).isEqualTo(503);
    }
    assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
    Awaitility.await().until(() -> gateway.get("/u").statusCode() == 200);
    Awaitility.await()
        .until(
            () ->
                gateway
                    .get("/metrics")
                    .body()
                    .lines()
                    .anyMatch("lastword_connections 1.0"::equals));
  }

  @Test
  void givenSideThatDoesNotRead_thenLittleWaitsForIt_andItIsClosed() throws Exception {
    set.put(Setting.STALL, "1500");
    restart();
    var broke = new CountDownLatch(1);
    upstream.on(
        "/ws",
        x -> {
          x.raw(accepted(x));
          try {
            for (int i = 0; i < 3_000; i++) {
              x.raw(new byte[10_000]);
            }
          } catch (IOException e) {
            broke.countDown();
            throw e;
          }
        });
    try (var client = new RawClient(gateway.gateway().address(), 4_096)) {
      assertThat(client.send(HANDSHAKE + "\r\n").head().status()).isEqualTo(101);
      Awaitility.await().until(() -> gateway.gateway().pendingBytesMax() > 0);
      assertThat(gateway.gateway().pendingBytesMax()).isLessThan(256 << 10);
      assertThat(broke.await(20, TimeUnit.SECONDS)).as("the upstream is let go of").isTrue();
    }
  }

  @Test
  void givenUpstreamThatDoesNotAgree_thenItsAnswerPasses_andTheConnectionGoesOn() throws Exception {
    upstream.on("/ws", x -> x.respond(426, "text/plain", "no"));
    try (var client = gateway.client()) {
      var reply = client.send(HANDSHAKE + "\r\n").reply();
      assertThat(reply.status()).isEqualTo(426);
      assertThat(reply.body()).isEqualTo("no");
      assertThat(client.get("/u").reply().body()).isEqualTo("u");
    }
  }

  @Test
  void givenPageOfAnotherSite_then403() throws Exception {
    try (var client = gateway.client()) {
      var reply = client.send(HANDSHAKE + "Origin: https://evil.example\r\n\r\n").reply();
      assertThat(reply.status()).isEqualTo(403);
      assertThat(reply.body()).contains("origin_refused");
    }
    assertThat(upstream.exchanges()).isEmpty();
  }

  @Test
  void givenSettingThatSaysSo_thenItIsRefused() throws Exception {
    set.put(Setting.WEBSOCKET, "refuse");
    restart();
    try (var client = gateway.client()) {
      var reply = client.send(HANDSHAKE + "\r\n").reply();
      assertThat(reply.status()).isEqualTo(403);
      assertThat(reply.body()).contains("websocket_refused").contains("relay.websocket");
    }
    assertThat(upstream.exchanges()).isEmpty();
  }

  @Test
  void givenRequestThatAsksForNoWebSocket_whenTheUpstreamSwitches_then502() throws Exception {
    upstream.on("/u", x -> x.raw(accepted(x)));
    try (var client = gateway.client()) {
      assertThat(
              client
                  .get("/u", "Sec-WebSocket-Key: x", "Upgrade: h2c", "Connection: upgrade")
                  .reply()
                  .status())
          .isEqualTo(502);
    }
  }
}
