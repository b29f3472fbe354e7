package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Heads and bodies that come drop by drop, and connections that say nothing. */
class SlowRequestTest {
  private static final int ENHANCE_YOUR_CALM = 11;

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;
  private final ScheduledExecutorService drops = Executors.newSingleThreadScheduledExecutor();

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on("/u", x -> x.respond(200, "text/plain", "taken"));
    upstream.on(
        "/feed",
        x -> {
          x.stream().data("tick");
          x.peerCloses(30);
        });
    gateway =
        TestGateway.start(
            data,
            upstream.url(),
            Map.of(
                Setting.HEADER_READ, "800", Setting.BODY_READ, "900", Setting.KEEP_ALIVE, "1500"));
  }

  @AfterEach
  void stop() throws Exception {
    drops.shutdownNow();
    gateway.close();
    upstream.close();
  }

  /** Sends byte after byte, until the peer does not take them any more. */
  private void drip(RawHttp2 client, byte[] bytes) {
    var _ =
        drops.scheduleWithFixedDelay(
            new Runnable() {
              private int at;

              @Override
              public void run() {
                try {
                  client.send(new byte[] {bytes[at++ % bytes.length]});
                } catch (java.io.IOException e) {
                  throw new java.io.UncheckedIOException(e); // which ends it
                }
              }
            },
            0,
            100,
            TimeUnit.MILLISECONDS);
  }

  private void assertBrokenOffAsTooSlow(RawHttp2 client) throws Exception {
    assertThat(client.serverCloses()).isTrue();
    assertThat(client.goaway()).isEqualTo(ENHANCE_YOUR_CALM);
    assertThat(gateway.get("/metrics").body())
        .containsPattern("lastword_http_rejected_total\\{[^}]*head_too_slow[^}]*} 1");
    assertThat(upstream.exchanges()).noneMatch(x -> x.path().equals("/u"));
  }

  @Test
  void givenAHeadThatDrips_whenAStreamIsReadBesideIt_thenTheConnectionEnds() throws Exception {
    try (var client = new RawHttp2(gateway.gateway().address())) {
      int feed = client.get("/feed");
      client.readUntil(feed, "tick");
      var head = RawHttp2.block(RawHttp2.with("GET", "/u", "x-long", "x".repeat(5_000)));
      drip(client, RawHttp2.bytes(RawHttp2.HEADERS, 5, feed + 2, head));
      assertBrokenOffAsTooSlow(client);
    }
  }

  @Test
  void givenContinuationsThatDoNotCome_whenAStreamIsReadBesideThem_thenTheConnectionEnds()
      throws Exception {
    try (var client = new RawHttp2(gateway.gateway().address())) {
      int feed = client.get("/feed");
      client.readUntil(feed, "tick");
      var head = RawHttp2.block(RawHttp2.with("GET", "/u"));
      client.frame(RawHttp2.HEADERS, 1, feed + 2, Arrays.copyOf(head, 10));
      client.frame(RawHttp2.CONTINUATION, 0, feed + 2, Arrays.copyOfRange(head, 10, 20));
      assertBrokenOffAsTooSlow(client);
    }
  }

  @Test
  void givenHeadsInManyPieces_whenTheyComeInTime_thenTheyAreAnswered() throws Exception {
    try (var client = new RawHttp2(gateway.gateway().address())) {
      int feed = client.get("/feed");
      client.readUntil(feed, "tick");
      for (int stream = feed + 2; stream < feed + 20; stream += 2) {
        var head = RawHttp2.block(RawHttp2.with("GET", "/u"));
        for (byte each : RawHttp2.bytes(RawHttp2.HEADERS, 1, stream, Arrays.copyOf(head, 10))) {
          client.send(new byte[] {each});
        }
        client.frame(RawHttp2.CONTINUATION, 4, stream, Arrays.copyOfRange(head, 10, head.length));
        assertThat(client.answer(stream).status).isEqualTo(200);
      }
      var late = new CountDownLatch(1);
      var _ = drops.schedule(late::countDown, 2_500, TimeUnit.MILLISECONDS);
      assertThat(late.await(10, TimeUnit.SECONDS)).isTrue();
      client.settle();
      assertThat(client.goaway()).isEqualTo(-1);
    }
  }

  @Test
  void givenABodyThatDripsInOneFrame_then408_andTheOthersGoOn() throws Exception {
    try (var client = new RawHttp2(gateway.gateway().address())) {
      int feed = client.get("/feed");
      client.readUntil(feed, "tick");
      int slow = client.request(false, RawHttp2.with("POST", "/u"));
      drip(client, RawHttp2.bytes(RawHttp2.DATA, 1, slow, new byte[5_000]));
      assertThat(client.answer(slow).status).isEqualTo(408);
      assertThat(client.of(feed).over()).isFalse();
      assertThat(client.goaway()).isEqualTo(-1);
    }
  }

  @Test
  void givenAConnectionOfHttp2ThatSaysNothing_thenItIsClosed() throws Exception {
    try (var silent = new RawHttp2(gateway.gateway().address());
        var preface = gateway.client()) {
      preface.send("PRI * HT");
      assertThat(silent.serverCloses()).isTrue();
      assertThat(silent.goaway()).isZero();
      assertThat(preface.reply().status()).isEqualTo(408);
    }
  }

  @Test
  void givenHttp1_whenHeadAndBodyDrip_then408() throws Exception {
    try (var head = gateway.client();
        var body = gateway.client()) {
      body.send("POST /u HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n");
      for (int i = 0; i < 30; i++) {
        int each = i;
        var _ =
            drops.schedule(
                () -> {
                  head.send(each == 0 ? "GET /" : "x");
                  return body.send("x");
                },
                i * 100L,
                TimeUnit.MILLISECONDS);
      }
      assertThat(head.reply().status()).isEqualTo(408);
      assertThat(body.reply().status()).isEqualTo(408);
    }
  }

  @Test
  void givenAnUpstreamThatTakesItsTime_thenItIsNotTheClientWhoIsTooSlow() throws Exception {
    int length = 8_000_000;
    var go = new CountDownLatch(1);
    try (var slow = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        var patient =
            TestGateway.start(
                data.resolve("patient"),
                "http://127.0.0.1:" + slow.getLocalPort(),
                Map.of(Setting.BODY_READ, "5000"));
        var client = patient.client()) {
      Thread.ofVirtual().start(() -> takeLate(slow, go, length));
      var _ = drops.schedule(go::countDown, 6, TimeUnit.SECONDS);

      client.send(
          "POST /u HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(length, "x".repeat(length - 1)));
      var _ = drops.schedule(() -> client.send("x"), 1_500, TimeUnit.MILLISECONDS);

      assertThat(client.reply().body()).isEqualTo("taken");
    }
  }

  /** Reads nothing until it is told to. */
  private static void takeLate(ServerSocket server, CountDownLatch go, int length) {
    try (var accepted = server.accept()) {
      var in = accepted.getInputStream();
      var head = new StringBuilder();
      go.await();
      while (head.indexOf("\r\n\r\n") < 0) {
        head.append((char) in.read());
      }
      in.skipNBytes(length);
      accepted
          .getOutputStream()
          .write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntaken".getBytes(US_ASCII));
    } catch (IOException | InterruptedException e) {
      // its test is over
    }
  }
}
