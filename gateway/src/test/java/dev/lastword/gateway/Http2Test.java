package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** HTTP/2, over TLS and with prior knowledge: what HTTP/1.1 does, many times on one connection. */
class Http2Test {
  private static final String CHAT = "/v1/chat/completions";
  private static final int CANCEL = 8;
  private static final int PROTOCOL_ERROR = 1;
  private static final int ENHANCE_YOUR_CALM = 11;

  /** The stream of a head that does not end, and a field of it. */
  private static final int OPEN_HEAD = 1;

  private static final byte[] FIELD = RawHttp2.block("x-field", "v".repeat(16_000));

  @TempDir Path folder;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on("/u", x -> x.respond(200, "text/plain", "u"));
    upstream.on("/echo", x -> x.respond(200, "text/plain", new String(x.body(), UTF_8)));
    upstream.on(CHAT, x -> x.stream().delta("Hello").finish().data("[DONE]").end());
    gateway = with(Map.of());
  }

  private TestGateway with(Map<Setting, String> set) {
    return TestGateway.start(folder.resolve("data" + set.hashCode()), upstream.url(), set);
  }

  private void restart(Map<Setting, String> set) {
    gateway.close();
    gateway = with(set);
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private RawHttp2 client(int... settings) throws Exception {
    return new RawHttp2(gateway.gateway().address(), settings);
  }

  // --- real clients

  /** A gateway with TLS, and what clients need to trust it. */
  private TestCertificate secure() throws Exception {
    var certificate = TestCertificate.ofLocalhost(folder);
    var set = new HashMap<Setting, String>();
    set.put(
        Setting.TLS_CERTIFICATE,
        certificate.writeCertificate(folder.resolve("cert.pem")).toString());
    set.put(Setting.TLS_KEY, certificate.writeKey(folder.resolve("key.pem")).toString());
    restart(set);
    return certificate;
  }

  private HttpRequest.Builder https(String target) {
    return HttpRequest.newBuilder(
            URI.create("https://localhost:" + gateway.gateway().address().getPort() + target))
        .timeout(Duration.ofSeconds(30));
  }

  @Test
  void givenTls_whenAClientOffersHttp2_thenItRelaysReadsAndResumes() throws Exception {
    var certificate = secure();
    try (var client = HttpClient.newBuilder().sslContext(certificate.trusting()).build()) {
      var answer =
          client.send(
              https(CHAT)
                  .header("content-type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString("{}"))
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
      assertThat(answer.body()).contains("Hello").contains("[DONE]");
      var id = answer.headers().firstValue("lastword-stream").orElseThrow();

      var resumed =
          client.send(
              https("/v1/stream/" + id).header("last-event-id", "1-1").build(),
              BodyHandlers.ofString());
      assertThat(resumed.version()).isEqualTo(HttpClient.Version.HTTP_2);
      assertThat(resumed.body()).contains("id: 1-2").contains("[DONE]").doesNotContain("Hello");
      assertThat(upstream.last().headers().get("via")).startsWith("2 lastword-");
      assertThat(upstream.last().headers().get("host")).startsWith("127.0.0.1");
    }
  }

  @Test
  void givenOneConnection_whenAHundredReadOneStream_thenEachGetsItAll() throws Exception {
    var goOn = new CountDownLatch(1);
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("first");
          goOn.await();
          for (int i = 0; i < 200; i++) {
            x.delta("word" + i);
          }
          x.finish().data("[DONE]").end();
        });
    var certificate = secure();
    try (var client = HttpClient.newBuilder().sslContext(certificate.trusting()).build();
        var other = HttpClient.newBuilder().sslContext(certificate.trusting()).build()) {
      var relayed =
          client.send(
              https(CHAT).POST(HttpRequest.BodyPublishers.ofString("{}")).build(),
              BodyHandlers.ofInputStream());
      var id = relayed.headers().firstValue("lastword-stream").orElseThrow();
      var readers =
          IntStream.range(0, 99)
              .mapToObj(
                  _ -> client.sendAsync(https("/v1/stream/" + id).build(), BodyHandlers.ofString()))
              .toList();
      Awaitility.await()
          .until(() -> metric(other, "lastword_subscribers "), count -> count.equals("100.0"));
      goOn.countDown();
      var bodies = readers.stream().map(CompletableFuture::join).map(HttpResponse::body).toList();
      assertThat(bodies)
          .allSatisfy(body -> assertThat(body).contains("word0").contains("word199", "[DONE]"));
      assertThat(new String(relayed.body().readAllBytes(), UTF_8)).contains("word199", "[DONE]");
    }
  }

  private String metric(HttpClient client, String name) throws Exception {
    return client
        .send(https("/metrics").build(), BodyHandlers.ofString())
        .body()
        .lines()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()))
        .findFirst()
        .orElse("");
  }

  private static String curl(String... args) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "curl is not there");
    var command = new ArrayList<>(List.of("/usr/bin/curl", "-sS", "--max-time", "20"));
    command.addAll(List.of(args));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    var said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return said;
  }

  @Test
  void givenCurl_whenItHasPriorKnowledge_thenItIsServedInHttp2() throws Exception {
    var said = curl("--http2-prior-knowledge", "-i", "-d", "{}", gateway.url() + CHAT);
    assertThat(said).contains("HTTP/2 200").contains("Hello").contains("[DONE]");
    assertThat(said).contains("lastword-stream: ");
    assertThat(curl("--http2-prior-knowledge", gateway.url() + "/u")).isEqualTo("u");
  }

  @Test
  void givenCurl_whenItAsksToUpgrade_thenItIsServedInHttp1() throws Exception {
    assertThat(curl("--http2", "-i", gateway.url() + "/u")).contains("HTTP/1.1 200").endsWith("u");
  }

  @Test
  void givenCurlOverTls_thenItIsServedInHttp2() throws Exception {
    secure();
    var chat = https(CHAT).build().uri().toString();
    var said = curl("--http2", "-k", "-i", "-d", "{}", chat, https("/u").build().uri().toString());
    assertThat(said).contains("HTTP/2 200").contains("Hello").contains("[DONE]").endsWith("u");
    assertThat(curl("-k", "-i", "-I", https("/healthz").build().uri().toString()))
        .contains("HTTP/2 200");
  }

  // --- requests

  @Test
  void givenBodyInParts_thenTheUpstreamGetsItWhole() throws Exception {
    try (var client = client()) {
      int stream = client.request(false, RawHttp2.with("POST", "/echo"));
      var whole = new StringBuilder();
      for (int i = 0; i < 40; i++) {
        var part = ("part" + i + "-").repeat(1_000);
        whole.append(part);
        client.frame(
            RawHttp2.DATA, i == 39 ? RawHttp2.END_STREAM : 0, stream, part.getBytes(UTF_8));
        client.settle(); // the server has given the window back that it can
      }
      var answer = client.answer(stream);
      assertThat(answer.status).isEqualTo(200);
      assertThat(answer.text()).isEqualTo(whole.toString());
      assertThat(answer.headers).doesNotContainKeys("connection", "transfer-encoding");
    }
  }

  @Test
  void givenHeadAndNoContent_thenThereIsNoBody() throws Exception {
    upstream.on("/none", x -> x.raw("HTTP/1.1 204 No Content\r\n\r\n"));
    try (var client = client()) {
      var head = client.answer(client.request(true, RawHttp2.with("HEAD", "/healthz")));
      assertThat(head.status).isEqualTo(200);
      assertThat(head.headers).containsKey("content-length");
      assertThat(head.text()).isEmpty();
      assertThat(client.answer(client.get("/none")).status).isEqualTo(204);
    }
  }

  static Stream<Arguments> malformed() {
    return Stream.of(
        Arguments.of(
            400, ":authority", List.of(":method", "GET", ":scheme", "http", ":path", "/u")),
        Arguments.of(
            400, ":authority", List.of(RawHttp2.with("GET", "/u", "host", "evil.example"))),
        Arguments.of(400, "malformed_target", List.of(RawHttp2.with("GET", "/a/../../b"))),
        Arguments.of(400, "malformed_target", List.of(RawHttp2.with("GET", "http://evil/u"))),
        Arguments.of(400, "malformed_target", List.of(RawHttp2.with("GET", "/a b"))),
        Arguments.of(400, ":method", List.of(RawHttp2.with("G T", "/u"))),
        Arguments.of(
            400, "malformed_request", List.of(RawHttp2.with("GET", "/u", "x", "a\r\nb: c"))),
        Arguments.of(501, "method_unsupported", List.of(RawHttp2.with("CONNECT", "/u"))),
        Arguments.of(
            417, "expectation_unsupported", List.of(RawHttp2.with("GET", "/u", "expect", "x"))),
        Arguments.of(
            414, "target_too_large", List.of(RawHttp2.with("GET", "/" + "a".repeat(9_000)))));
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void givenHeadThatIsNone_thenItsStreamIsRefused_andTheConnectionGoesOn(
      int status, String said, List<String> fields) throws Exception {
    try (var client = client()) {
      var answer = client.answer(client.request(true, fields.toArray(String[]::new)));
      if (answer.reset < 0) { // the codec knows some of these by itself
        assertThat(answer.status).isEqualTo(status);
        assertThat(answer.text()).contains(said);
      }
      assertThat(upstream.exchanges()).isEmpty();
      assertThat(client.answer(client.get("/u")).text()).isEqualTo("u");
    }
  }

  @Test
  void givenManyOrLargeFields_then431() throws Exception {
    var many = new ArrayList<String>();
    for (int i = 0; i < 101; i++) {
      many.addAll(List.of("x" + i, "1"));
    }
    try (var client = client()) {
      assertThat(client.answer(client.get("/u", many.toArray(String[]::new))).status)
          .isEqualTo(431);
      var large = new String[16];
      for (int i = 0; i < large.length; i += 2) {
        large[i] = "x" + i;
        large[i + 1] = "v".repeat(4_500);
      }
      assertThat(client.settings()).doesNotContainEntry(6, 0);
      assertThat(client.answer(client.get("/u", large)).status).isEqualTo(431);
      assertThat(upstream.exchanges()).isEmpty();
    }
  }

  /** What HTTP/1.1 would be told of a body's end by them (RFC 9113 §8.1.1, §8.2.2). */
  @ParameterizedTest
  @CsvSource({"connection, content-length", "transfer-encoding, chunked", "content-length, 5"})
  void givenAFieldThatIsNotTrueOfTheBody_thenNothingIsRelayed(String name, String value)
      throws Exception {
    try (var wrong = client();
        var client = client()) {
      wrong.request(true, RawHttp2.with("POST", "/echo", name, value));
      assertThat(client.answer(client.get("/u")).text()).isEqualTo("u");
    }
    assertThat(upstream.exchanges()).hasSize(1);
  }

  @Test
  void givenBodyThatIsTooLarge_then413() throws Exception {
    restart(Map.of(Setting.BODY_BYTES, "10000"));
    try (var client = client()) {
      var said = client.request(false, RawHttp2.with("POST", "/echo", "content-length", "20000"));
      assertThat(client.answer(said).status).isEqualTo(413);
      var unsaid = client.request(false, RawHttp2.with("POST", "/echo"));
      client.frame(RawHttp2.DATA, 0, unsaid, new byte[12_000]);
      assertThat(client.answer(unsaid).status).isEqualTo(413);
      assertThat(client.answer(client.get("/u")).text()).isEqualTo("u");
    }
  }

  // --- who may ask, also here

  @Test
  void givenNameOfAnother_then421_whateverTheHostFieldSays() throws Exception {
    try (var client = client()) {
      var evil =
          client.request(
              true,
              ":method",
              "GET",
              ":scheme",
              "http",
              ":authority",
              "evil.example",
              ":path",
              "/u");
      assertThat(client.answer(evil).status).isEqualTo(421);
      var host =
          client.request(
              true, ":method", "GET", ":scheme", "http", ":path", "/u", "host", "evil.example");
      assertThat(client.answer(host).status).isEqualTo(421);
      var mine =
          client.request(
              true, ":method", "GET", ":scheme", "http", ":path", "/u", "host", "localhost");
      assertThat(client.answer(mine).text()).isEqualTo("u");
      assertThat(upstream.exchanges()).hasSize(1);
    }
  }

  @Test
  void givenPageOfAnotherSite_whenItWrites_then403() throws Exception {
    try (var client = client()) {
      var answer = client.answer(client.post(CHAT, "{}", "origin", "https://evil.example"));
      assertThat(answer.status).isEqualTo(403);
      assertThat(answer.text()).contains("origin_refused");
      assertThat(client.answer(client.post(CHAT, "{}", "sec-fetch-site", "cross-site")).status)
          .isEqualTo(403);
      assertThat(upstream.exchanges()).isEmpty();
    }
  }

  // --- streams beside each other

  @Test
  void givenStreamWhoseReaderTakesNothing_thenThoseBesideItGetEverything() throws Exception {
    var content = "x".repeat(4_000);
    upstream.on(
        "/long",
        x -> {
          x.stream();
          for (int i = 0; i < 500; i++) {
            x.data(i + content);
          }
          x.end();
        });
    // Room for the connection, and 64 KiB for each stream.
    try (var client = client().givingWindow(false)) {
      client.window(0, 1 << 30);
      var stalled = IntStream.range(0, 20).mapToObj(_ -> get(client, "/long")).toList();
      for (int stream : stalled) {
        client.readUntil(() -> client.of(stream).body.size() >= 65_535);
      }
      assertThat(client.answer(client.get("/u")).text()).isEqualTo("u");
      int healthy = client.get("/long");
      client.window(healthy, 1 << 30);
      assertThat(client.answer(healthy).text()).contains("data: 499x");
      for (int stream : stalled) {
        assertThat(client.of(stream).body.size()).isEqualTo(65_535);
      }
      // Each goes on where it stopped, once it is given room.
      client.window(stalled.getFirst(), 1 << 30);
      assertThat(client.answer(stalled.getFirst()).text()).contains("data: 499x");
    }
  }

  private static int get(RawHttp2 client, String path) {
    try {
      return client.get(path);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void givenStreamThatTakesNothingForLong_thenItIsReset_andTheOthersGoOn() throws Exception {
    restart(Map.of(Setting.STALL, "1500"));
    upstream.on(
        "/long",
        x -> {
          x.stream();
          for (int i = 0; i < 100; i++) {
            x.data("x".repeat(4_000));
          }
          x.end();
        });
    try (var client = client().givingWindow(false)) {
      client.window(0, 1 << 30);
      int stalled = client.get("/long");
      assertThat(client.answer(stalled).reset).isEqualTo(CANCEL);
      assertThat(client.answer(client.get("/u")).text()).isEqualTo("u");
    }
  }

  @Test
  void givenUploadThatIsNotRead_thenOthersBesideItAre() throws Exception {
    try (var deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var behind =
            TestGateway.start(
                folder.resolve("deaf"), "http://127.0.0.1:" + deaf.getLocalPort(), Map.of());
        var client = new RawHttp2(behind.gateway().address())) {
      client.settle();
      int stuck = client.request(false, RawHttp2.with("POST", "/x"));
      // It accepts and never reads: what fits into its sockets goes by, then no more.
      Awaitility.await()
          .during(Duration.ofMillis(500))
          .until(
              () -> {
                client.settle();
                boolean full = client.room(stuck) < 16_384;
                while (client.room(stuck) >= 16_384) {
                  client.data(stuck, 16_384, false);
                  client.settle();
                }
                return full;
              });
      assertThat(client.room(0)).isGreaterThan(5 << 20);
      int own = client.request(false, RawHttp2.with("GET", "/healthz"));
      for (int i = 0; i < 20; i++) {
        client.readUntil(() -> client.room(own) >= 16_384);
        client.data(own, 16_384, i == 19);
      }
      assertThat(client.answer(own).status).isEqualTo(200);
    }
  }

  @Test
  void givenManyStreams_thenNoMoreThanAllowedRunAtOnce() throws Exception {
    var goOn = new CountDownLatch(1);
    upstream.on(
        "/held",
        x -> {
          goOn.await();
          x.respond(200, "text/plain", "held");
        });
    try (var client = client()) {
      client.settle();
      assertThat(client.settings()).containsEntry(3, 100).containsEntry(4, 65_535);
      var streams = new ArrayList<Integer>();
      for (int i = 0; i < 105; i++) {
        streams.add(client.get("/held"));
      }
      client.settle();
      var refused = streams.stream().filter(stream -> client.of(stream).reset >= 0).toList();
      assertThat(refused).hasSize(5);
      assertThat(client.of(refused.getFirst()).reset).isEqualTo(7); // REFUSED_STREAM
      goOn.countDown();
      assertThat(client.answer(streams.getFirst()).text()).isEqualTo("held");
    }
  }

  // --- ends

  @Test
  void givenUpstreamThatBreaksOff_thenTheStreamIsReset_afterTheError() throws Exception {
    upstream.on(CHAT, x -> x.stream().delta("Hel").cut());
    try (var client = client()) {
      var answer = client.answer(client.post(CHAT, "{}"));
      assertThat(answer.ended).isFalse();
      assertThat(answer.reset).isEqualTo(2); // INTERNAL_ERROR
      assertThat(answer.text()).contains("Hel").contains("error");
      assertThat(client.answer(client.get("/u")).text()).isEqualTo("u");
    }
  }

  @Test
  void givenReaderThatResetsItsStream_thenTheGenerationGoesOn() throws Exception {
    var goOn = new CountDownLatch(1);
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("Hello");
          goOn.await();
          x.finish().data("[DONE]").end();
        });
    try (var client = client()) {
      int stream = client.post(CHAT, "{}");
      client.readUntil(stream, "Hello");
      client.reset(stream);
      Awaitility.await()
          .until(
              () ->
                  gateway
                      .get("/metrics")
                      .body()
                      .lines()
                      .anyMatch("lastword_subscribers 0.0"::equals));
      goOn.countDown();
      assertThat(
              gateway.ended(client.of(stream).header("lastword-stream")).get("outcome").asString())
          .isEqualTo("completed");
    }
  }

  @Test
  void givenFloodOfResets_thenTheConnectionEndsWithEnhanceYourCalm() throws Exception {
    restart(Map.of(Setting.HTTP2_RESETS, "50"));
    upstream.on(
        "/held", x -> x.peerCloses(20)); // what is over when it is taken back does not count
    try (var client = client()) {
      for (int i = 0; i < 50; i++) {
        client.reset(client.get("/held"));
      }
      client.settle();
      assertThat(client.goaway()).isEqualTo(-1);
      client.reset(client.get("/held"));
      assertThat(client.serverCloses()).isTrue();
      assertThat(client.goaway()).isEqualTo(ENHANCE_YOUR_CALM);
      assertThat(gateway.get("/metrics").body())
          .containsPattern("lastword_http_rejected_total\\{[^}]*http2_flood[^}]*} 1");
    }
  }

  /** Ways to make a server work for nothing (CVE-2023-44487 and its kind). */
  @SuppressWarnings("ImmutableEnumChecker")
  enum Flood {
    RESETS(client -> client.reset(client.get("/healthz"))),
    RESETS_OF_CALLS(client -> client.reset(client.post("/silent", "{}"))),
    EMPTY_CONTINUATIONS(
        client -> client.frame(RawHttp2.CONTINUATION, 0, OPEN_HEAD, new byte[0]), true),
    LONG_CONTINUATIONS(client -> client.frame(RawHttp2.CONTINUATION, 0, OPEN_HEAD, FIELD), true),
    EMPTY_DATA(client -> client.frame(RawHttp2.DATA, 0, OPEN_HEAD, new byte[0])),
    SETTINGS(client -> client.frame(RawHttp2.SETTINGS, 0, 0, new byte[0])),
    PINGS(client -> client.frame(RawHttp2.PING, 0, 0, new byte[8]));

    private final Step step;
    private final boolean inHead;

    /** Sends one frame of it, or a few. */
    private interface Step {
      void send(RawHttp2 client) throws java.io.IOException;
    }

    Flood(Step step) {
      this(step, false);
    }

    Flood(Step step, boolean inHead) {
      this.step = step;
      this.inHead = inHead;
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenFlood_thenItsConnectionEnds_andOthersAreServedMeanwhile(Flood flood) throws Exception {
    var goOn = new CountDownLatch(1);
    upstream.on("/silent", x -> x.peerCloses(30));
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("first");
          goOn.await();
          x.delta("second").finish().data("[DONE]").end();
        });
    try (var reader = client();
        var client = client()) {
      int reading = reader.post(CHAT, "{}");
      reader.readUntil(reading, "first");
      var flooding = Thread.ofVirtual().start(() -> flood(client, flood));
      for (int i = 0; i < 20; i++) {
        int answer = reader.get("/u");
        assertThat(reader.answer(answer).text()).isEqualTo("u");
      }
      assertThat(gateway.get("/u").statusCode()).isEqualTo(200);
      assertThat(client.serverCloses()).isTrue();
      flooding.join();
      // What is still being sent when the server closes can take its goodbye along.
      assertThat(client.goaway()).isIn(ENHANCE_YOUR_CALM, PROTOCOL_ERROR, -1);
      assertThat(gateway.get("/metrics").body())
          .containsPattern("lastword_http_rejected_total\\{[^}]*http2_(flood|error)[^}]*} 1");

      goOn.countDown();
      assertThat(reader.readUntil(reading, "[DONE]")).contains("first", "second");
      assertThat(reader.goaway()).isEqualTo(-1);
    }
  }

  private static void flood(RawHttp2 client, Flood flood) {
    try {
      if (flood.inHead || flood == Flood.EMPTY_DATA) {
        client.frame(
            RawHttp2.HEADERS,
            flood.inHead ? 0 : RawHttp2.END_HEADERS,
            OPEN_HEAD,
            RawHttp2.block(RawHttp2.with("POST", "/silent")));
      }
      for (int i = 0; i < 200_000; i++) {
        flood.step.send(client);
      }
    } catch (java.io.IOException e) {
      // it was broken off, as it should be
    }
  }

  @Test
  void givenIdleConnection_thenItIsSaidGoodbye() throws Exception {
    restart(Map.of(Setting.KEEP_ALIVE, "300"));
    try (var client = client()) {
      assertThat(client.answer(client.get("/u")).text()).isEqualTo("u");
      assertThat(client.serverCloses()).isTrue();
      assertThat(client.goaway()).isZero();
    }
  }

  @Test
  void givenDrain_thenRunningStreamsEnd_andTheConnectionIsSaidGoodbye() throws Exception {
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("Hello");
          x.peerCloses(20);
        });
    try (var client = client()) {
      int stream = client.post(CHAT, "{}");
      client.readUntil(stream, "Hello");
      gateway.gateway().drain(Duration.ZERO);
      var answer = client.answer(stream);
      assertThat(answer.text()).contains("Hello");
      assertThat(answer.ended).isFalse();
      assertThat(client.serverCloses()).isTrue();
      assertThat(client.goaway()).isZero();
    }
  }

  @Test
  void givenSilentReader_thenItGetsHeartbeats() throws Exception {
    restart(Map.of(Setting.HEARTBEAT, "500"));
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("Hello");
          x.peerCloses(20);
        });
    try (var client = client()) {
      assertThat(client.readUntil(client.post(CHAT, "{}"), ": hb")).contains("Hello");
    }
  }
}
