package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLServerSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over TLS an upstream chooses between HTTP/2 and HTTP/1.1 in the handshake. */
class UpstreamAlpnTest {
  private static final int HTTP_1_1_REQUIRED = 13;

  @TempDir Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();
  private TestCertificate certificate;
  private Path authority;

  @SuppressWarnings("NullAway.Init") // each test opens its own
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    certificate = TestCertificate.ofLocalhost(folder);
    authority = certificate.writeCertificate(folder.resolve("ca.pem"));
  }

  @AfterEach
  void stop() throws Exception {
    for (var resource : open.reversed()) {
      resource.close();
    }
  }

  private FramedUpstream upstream(String... protocols) throws Exception {
    var factory = certificate.trusting(certificate).getServerSocketFactory();
    var socket =
        (SSLServerSocket) factory.createServerSocket(0, 100, InetAddress.getLoopbackAddress());
    var parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(protocols);
    socket.setSSLParameters(parameters);
    var upstream = FramedUpstream.on(socket);
    open.add(upstream);
    return upstream;
  }

  private void gateway(FramedUpstream to, Map<Setting, String> set) {
    var all = new HashMap<Setting, String>();
    all.put(Setting.CA_FILE, authority.toString());
    all.put(Setting.LOOPS, "1");
    all.putAll(set);
    gateway = TestGateway.start(folder.resolve("data"), "https://localhost:" + to.port(), all);
    open.add(gateway);
  }

  private CompletableFuture<HttpResponse<String>> asking(String target) {
    var answer = new CompletableFuture<HttpResponse<String>>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                answer.complete(gateway.get(target));
              } catch (Exception e) {
                answer.completeExceptionally(e);
              }
            });
    return answer;
  }

  private static String text(CompletableFuture<HttpResponse<String>> answer) throws Exception {
    return answer.get(20, TimeUnit.SECONDS).body();
  }

  private static ScriptedUpstream.Exchanged read(java.net.Socket connection) throws Exception {
    return ScriptedUpstream.Exchanged.read(connection, connection.getInputStream());
  }

  @Test
  void givenUpstreamThatChoosesHttp2_thenItIsAskedInThat() throws Exception {
    var upstream = upstream("h2", "http/1.1");
    gateway(upstream, Map.of());
    var first = asking("/one");
    var peer = upstream.peer();
    var request = peer.request();
    assertThat(request.field(":scheme")).isEqualTo("https");
    assertThat(request.field(":authority")).isEqualTo("localhost:" + upstream.port());
    peer.respond(request.stream(), 200, "in two");
    assertThat(text(first)).isEqualTo("in two");

    var second = asking("/two");
    peer.respond(peer.request().stream(), 200, "again");
    assertThat(text(second)).isEqualTo("again");
    assertThat(upstream.connections()).isEqualTo(1);
  }

  @Test
  void givenUpstreamThatChoosesHttp1_whenTwoAskAtOnce_thenNeitherWaitsForTheOther()
      throws Exception {
    var upstream = upstream("http/1.1");
    gateway(upstream, Map.of());
    var first = asking("/one");
    var second = asking("/two");
    var one = read(upstream.http1());
    var two = read(upstream.http1());
    two.respond(200, "text/plain", two.path());
    one.respond(200, "text/plain", one.path());
    assertThat(text(first)).isEqualTo("/one");
    assertThat(text(second)).isEqualTo("/two");
  }

  @Test
  void givenRouteWithoutHttp2_thenItIsNotOffered() throws Exception {
    var upstream = upstream("h2", "http/1.1");
    var file =
        Files.writeString(
            folder.resolve("lastword.yaml"),
            "routes: [{ path: /, upstream: 'https://localhost:%d', http2: off, ca-file: '%s' }]"
                .formatted(upstream.port(), authority));
    gateway = TestGateway.ofFile(folder.resolve("data"), file, Map.of());
    open.add(gateway);
    var answer = asking("/u");
    read(upstream.http1()).respond(200, "text/plain", "in one");
    assertThat(text(answer)).isEqualTo("in one");
  }

  @Test
  void givenUpstreamThatWantsHttp1ForARequest_thenItIsAskedInThat() throws Exception {
    var upstream = upstream("h2", "http/1.1");
    gateway(upstream, Map.of());
    var answer = asking("/u");
    var peer = upstream.peer();
    peer.resetting(peer.request().stream(), HTTP_1_1_REQUIRED);
    read(upstream.http1()).respond(200, "text/plain", "in one");
    assertThat(text(answer)).isEqualTo("in one");
  }

  @Test
  void givenWebSocket_whenTheUpstreamSpeaksHttp2_thenItIsAskedForInHttp1() throws Exception {
    var upstream = upstream("h2", "http/1.1");
    gateway(upstream, Map.of());
    var warm = asking("/warm");
    var peer = upstream.peer();
    peer.respond(peer.request().stream(), 200, "warm");
    assertThat(text(warm)).isEqualTo("warm");

    try (var client = gateway.client()) {
      client.send(
          String.join(
              "\r\n",
              "GET /ws HTTP/1.1",
              "Host: localhost",
              "Connection: Upgrade",
              "Upgrade: websocket",
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
              "Sec-WebSocket-Version: 13",
              "",
              ""));
      var asked = read(upstream.http1());
      assertThat(asked.headers().get("upgrade")).isEqualTo("websocket");
      asked.raw("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
      assertThat(client.head().status()).isEqualTo(101);
      asked.cut();
      assertThat(client.rest()).isEqualTo("hello");
    }
    assertThat(peer.isQuiet()).isTrue();
  }
}
