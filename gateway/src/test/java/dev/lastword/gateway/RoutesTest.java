package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which upstream a request goes to, and what that is asked. */
class RoutesTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path folder;
  private ScriptedUpstream one;
  private ScriptedUpstream two;

  @SuppressWarnings("NullAway.Init") // each test opens its own
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    one = ScriptedUpstream.start();
    two = ScriptedUpstream.start();
  }

  @AfterEach
  void stop() throws Exception {
    if (gateway != null) {
      gateway.close();
    }
    one.close();
    two.close();
  }

  private TestGateway open(Map<String, String> environment, String yaml) throws Exception {
    var file =
        Files.writeString(
            folder.resolve("lastword.yaml"),
            yaml.replace("ONE", one.url()).replace("TWO", two.url()));
    gateway = TestGateway.ofFile(folder.resolve("data"), file, environment);
    return gateway;
  }

  /** Asks a path, and reads its stream to its end, whatever that is. */
  private String streamOf(String path) throws Exception {
    try (var client = gateway.client()) {
      return client
          .post(path, "{\"model\":\"m\",\"stream\":true}")
          .reply()
          .header("lastword-stream");
    }
  }

  private void answering(String path) {
    one.on(path, x -> x.respond(200, "text/plain", "one " + x.target()));
    two.on(path, x -> x.respond(200, "text/plain", "two " + x.target()));
  }

  @ParameterizedTest
  @CsvSource({
    "/a, one /a",
    "/a/x, one /a/x",
    "/a?q=/a/b, one /a?q=/a/b",
    "/a/b, two /a/b",
    "/a/b/c?d, two /a/b/c?d",
    "/a/bc, one /a/bc",
    "/A/b, two /A/b",
    "/other, two /other",
    "/ab, two /ab"
  })
  void givenSeveralRoutes_thenTheLongestOfWholeSegmentsTakesTheRequest(String target, String answer)
      throws Exception {
    for (var path : List.of("/a", "/a/x", "/a/b", "/a/b/c", "/a/bc", "/A/b", "/other", "/ab")) {
      answering(path);
    }
    open(
        Map.of(),
        """
        routes:
          - { path: /a/, upstream: ONE }
          - path: /
            upstream: TWO
          - path: /a/b
            upstream: TWO
        """);

    assertThat(gateway.get(target).body()).isEqualTo(answer);
  }

  @ParameterizedTest
  @CsvSource({
    "/openai/v1/models, one /base/v1/models",
    "/openai/v1/models?a=%2F, one /base/v1/models?a=%2F",
    "/openai, one /base/",
    "/openai?x, one /base/?x",
    "/openai/, one /base/"
  })
  void givenAStrippedRoute_thenTheUpstreamIsAskedForTheRest(String target, String answer)
      throws Exception {
    answering("/base/v1/models");
    answering("/base/");
    open(
        Map.of(),
        """
        routes:
          - path: /openai
            upstream: ONE/base
            strip: true
        """);

    assertThat(gateway.get(target).body()).isEqualTo(answer);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/other", "/openaix", "/OpenAI/v1", "//openai/v1", "/%6fpenai"})
  void givenNoRouteTakesIt_then404_andNobodyIsAsked(String target) throws Exception {
    open(Map.of(), "routes: [{ path: /openai, upstream: ONE }]");

    try (var client = gateway.client()) {
      var reply = client.post(target, "{}").reply();

      assertThat(reply.status()).isEqualTo(404);
      assertThat(reply.header("content-type")).isEqualTo("application/problem+json");
      assertThat(reply.body()).contains("\"code\":\"no_route\"");
    }
    assertThat(gateway.get("/healthz").statusCode()).isEqualTo(200);
    assertThat(one.exchanges()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/openai/../admin",
        "/openai/v1/../../admin",
        "/openai/%2e%2e/admin",
        "/openai/..%2fadmin"
      })
  void givenAPathThatLeavesItsRoute_then400_andNobodyIsAsked(String target) throws Exception {
    open(
        Map.of(),
        """
        routes:
          - { path: /openai, upstream: ONE }
          - { path: /, upstream: TWO }
        """);

    try (var client = gateway.client()) {
      var reply = client.get(target).reply();

      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.body()).contains("\"code\":\"malformed_target\"");
    }
    assertThat(one.exchanges()).isEmpty();
    assertThat(two.exchanges()).isEmpty();
  }

  @Test
  void givenFieldsOfARoute_thenTheUpstreamIsToldThemInPlaceOfTheClients() throws Exception {
    answering("/a/x");
    answering("/b/x");
    var secret = Files.writeString(folder.resolve("secret"), "of-a-file\n");
    open(
        Map.of("KEY", "of-the-environment"),
        """
        routes:
          - path: /a
            upstream: ONE
            upstream-headers:
              Authorization: Bearer ${KEY}
              x-api-key: "${file:%s}"
              X-Literal: "$${KEY}"
              Cookie: ""
          - { path: /b, upstream: TWO }
        """
            .formatted(secret));

    for (var path : List.of("/a/x", "/b/x")) {
      gateway.get(path, "authorization", "Bearer client", "cookie", "c=1", "x-other", "kept");
    }

    assertThat(one.last().headers())
        .containsEntry("authorization", "Bearer of-the-environment")
        .containsEntry("x-api-key", "of-a-file")
        .containsEntry("x-literal", "${KEY}")
        .containsEntry("x-other", "kept")
        .doesNotContainKey("cookie");
    assertThat(two.last().headers())
        .containsEntry("authorization", "Bearer client")
        .containsEntry("cookie", "c=1")
        .doesNotContainKey("x-api-key");
  }

  @Test
  void givenFieldsOfARoute_whenAClientTraces_thenItIsNotToldThem() throws Exception {
    one.on("/a", x -> x.respond(200, "message/http", x.headers().toString()));
    open(
        Map.of(),
        "routes: [{ path: /a, upstream: ONE, upstream-headers: { Authorization: secret } }]");

    try (var client = gateway.client()) {
      var reply = client.send("TRACE /a HTTP/1.1\r\nHost: localhost\r\n\r\n").reply();

      assertThat(reply.status()).isEqualTo(405);
      assertThat(reply.body()).doesNotContain("secret");
    }
    assertThat(one.exchanges()).isEmpty();
  }

  @Test
  void givenADialectOfARoute_thenItsStreamsAreReadByIt() throws Exception {
    for (var path : List.of("/chat", "/other")) {
      one.on(
          path, x -> x.stream().chunk("data: hello\n\n").chunk("event: end\ndata: bye\n\n").end());
    }
    open(
        Map.of(),
        """
        routes:
          - path: /chat
            upstream: ONE
            dialect: plain
            markers: event=end
            on-disconnect: cancel-after=30s
          - { path: /, upstream: ONE }
        """);

    var ofRoute = streamOf("/chat");
    var other = streamOf("/other");

    assertThat(gateway.ended(ofRoute).get("dialect").asString()).isEqualTo("plain(event=end)");
    assertThat(gateway.ended(other).get("dialect").asString()).isEqualTo("plain");
  }

  @Test
  void givenAVendorsPathBehindAStrippedPrefix_thenItsDialectIsToldByTheRest() throws Exception {
    one.on("/v2/chat", x -> x.stream().data("{\"type\":\"odd\"}").end());
    open(Map.of(), "routes: [{ path: /cohere, upstream: ONE, strip: true }]");

    var id = streamOf("/cohere/v2/chat");

    assertThat(gateway.ended(id).get("dialect").asString()).isEqualTo("cohere");
    assertThat(gateway.ended(id).get("path").asString()).isEqualTo("/cohere/v2/chat");
  }

  @Test
  void givenBoundsOfStreamsOnARoute_thenOnlyItsStreamsHaveThem() throws Exception {
    for (var path : List.of("/small/x", "/x")) {
      one.on(path, x -> x.stream().data("a".repeat(2_000)).end());
    }
    open(
        Map.of(),
        """
        routes:
          - path: /small
            upstream: ONE
            streams: { response-bytes-max: 1000 }
          - { path: /, upstream: ONE }
        """);

    var small = streamOf("/small/x");
    var other = streamOf("/x");

    assertThat(gateway.ended(small).get("reason").asString()).isEqualTo("response_too_large");
    assertThat(gateway.ended(other).get("outcome").asString()).isEqualTo("completed");
  }

  @SuppressWarnings("try") // the client leaves before the test is over
  @ParameterizedTest
  @ValueSource(strings = {"calls-max", "generations-max", "unattended-max"})
  void givenAsManyOnARouteAsItAllows_thenItRefusesMore_andOthersDoNot(String bound)
      throws Exception {
    var go = new CountDownLatch(1);
    one.on(
        "/a" + CHAT,
        x -> {
          x.stream().delta("hello");
          go.await(20, TimeUnit.SECONDS);
          x.finish().data("[DONE]").end();
        });
    one.on("/b" + CHAT, x -> x.stream().delta("other").finish().data("[DONE]").end());
    open(
        Map.of(),
        """
        routes:
          - { path: /a, upstream: ONE, %s: 1 }
          - { path: /b, upstream: ONE }
        """
            .formatted(bound));

    try (var running = gateway.client();
        var more = gateway.client()) {
      running.post("/a" + CHAT, "{}").head();
      running.readUntil("hello");
      if (bound.equals("unattended-max")) {
        running.close();
        org.awaitility.Awaitility.await()
            .until(() -> gateway.get("/metrics").body().contains("lastword_unattended 1"));
      }

      var refused = more.post("/a" + CHAT, "{}").reply();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.header("retry-after")).isNotEmpty();
      assertThat(refused.body()).contains("\"code\":\"overloaded\"", "\"limit\":1");
      assertThat(gateway.post("/b" + CHAT, "{}").body()).contains("other");
      go.countDown();
      org.awaitility.Awaitility.await()
          .until(() -> gateway.post("/a" + CHAT, "{}").statusCode() == 200);
    }
  }

  @Test
  void givenARouteOfAll_andTheShortForm_thenBothWork() throws Exception {
    answering("/a/x");
    answering("/x");
    open(
        Map.of(),
        """
        upstream: TWO
        routes: [{ path: /a, upstream: ONE }]
        """);

    assertThat(gateway.get("/a/x").body()).isEqualTo("one /a/x");
    assertThat(gateway.get("/x").body()).isEqualTo("two /x");
  }
}
