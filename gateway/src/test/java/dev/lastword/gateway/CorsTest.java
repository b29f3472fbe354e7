package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What browsers are told about pages of other origins. */
class CorsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String APP = "Origin: https://app.example";
  private static final String EVIL = "Origin: https://evil.example";
  private static final String ID = "a-stream-of-this-test";

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on(
        "/reflecting",
        x ->
            x.raw(
                "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: "
                    + x.headers().getOrDefault("origin", "*")
                    + "\r\nAccess-Control-Allow-Credentials: true\r\nX-Request-Id: 7\r\nContent-Length: 1\r\n\r\nr"));
    upstream.on(
        CHAT,
        x -> {
          x.raw(
              "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nAccess-Control-Allow-Origin: *\r\nTransfer-Encoding: chunked\r\n\r\n");
          x.delta("Hello").finish().data("[DONE]").end();
        });
    gateway = with("https://app.example; http://localhost:5173");
  }

  private TestGateway with(String origins) {
    return TestGateway.start(
        data.resolve("" + origins.hashCode()),
        upstream.url(),
        Map.of(Setting.ACCESS_ORIGINS, origins));
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private RawClient.Reply ask(String method, String target, String... fields) throws IOException {
    try (var client = gateway.client()) {
      return client
          .send(
              method
                  + " "
                  + target
                  + " HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                  + String.join("\r\n", fields)
                  + "\r\n\r\n{}")
          .reply();
    }
  }

  private RawClient.Reply preflight(String target, String method, String... fields)
      throws IOException {
    try (var client = gateway.client()) {
      return client
          .send(
              "OPTIONS "
                  + target
                  + " HTTP/1.1\r\nHost: localhost:8080\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\n"
                  + "Access-Control-Request-Method: "
                  + method
                  + "\r\n"
                  + String.join("\r\n", fields)
                  + "\r\n\r\n")
          .reply();
    }
  }

  private static void assertGranted(RawClient.Reply reply) {
    assertThat(reply.header("access-control-allow-origin")).isEqualTo("https://app.example");
    assertThat(reply.header("access-control-allow-credentials")).isEqualTo("true");
    assertThat(reply.header("vary")).containsIgnoringCase("origin");
  }

  private static void assertNotGranted(RawClient.Reply reply) {
    assertThat(reply.headers().keySet())
        .noneMatch(name -> name.toLowerCase(java.util.Locale.ROOT).startsWith("access-control-"));
  }

  @Test
  void givenPageOfAConfiguredOrigin_whenItStartsReadsResumesAndStops_thenItSeesEachAnswer()
      throws Exception {
    var started = ask("POST", CHAT, APP, "Sec-Fetch-Site: cross-site", "Lastword-Stream: " + ID);
    assertThat(started.body()).contains("Hello");
    assertGranted(started);
    assertThat(started.header("access-control-expose-headers"))
        .contains("lastword-stream", "link")
        .doesNotContain("content-type");

    assertGranted(ask("GET", "/v1/stream/" + ID, APP));
    assertGranted(ask("GET", "/v1/stream/" + ID, APP, "Last-Event-ID: 1-1"));
    assertGranted(ask("GET", "/v1/stream/" + ID, APP, "Last-Event-ID: 1-3"));
    assertGranted(ask("GET", "/api/streams/" + ID + "/response", APP));
    assertGranted(ask("POST", "/api/streams/" + ID + "/cancel", APP));
    var problem = ask("GET", "/v1/stream/no-such-stream-here", APP);
    assertThat(problem.status()).isEqualTo(404);
    assertGranted(problem);
  }

  @Test
  void givenUpstreamThatSaysItsOwn_thenOursStandsInItsPlace() throws Exception {
    var reply = ask("GET", "/reflecting", APP);
    assertGranted(reply);
    assertThat(reply.header("access-control-expose-headers")).contains("x-request-id");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {CHAT, "/v1/stream/" + ID, "/api/streams/" + ID + "/cancel", "/reflecting"})
  void givenPreflightOfAConfiguredOrigin_thenItIsAnsweredHere(String target) throws Exception {
    var reply =
        preflight(
            target,
            "PUT",
            APP,
            "Access-Control-Request-Headers: authorization,lastword-stream, content-type");
    assertThat(reply.status()).isEqualTo(204);
    assertGranted(reply);
    assertThat(reply.header("access-control-allow-methods")).isEqualTo("PUT");
    assertThat(reply.header("access-control-allow-headers"))
        .isEqualTo("authorization,lastword-stream, content-type");
    assertThat(reply.header("access-control-max-age")).isEqualTo("600");
    assertThat(upstream.exchanges()).isEmpty();
  }

  @Test
  void givenPreflightThatAsksForNonsense_thenThatIsNotSaidBack() throws Exception {
    var reply = preflight(CHAT, "PO ST", APP, "Access-Control-Request-Headers: a b, <c>");
    assertThat(reply.headers())
        .doesNotContainKeys("access-control-allow-methods", "access-control-allow-headers");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        EVIL,
        "Origin: null",
        "Origin: https://app.example.evil.example",
        "Origin: http://app.example",
        "Origin: https://app.example:444"
      })
  void givenPageOfAnyOtherSite_thenNothingIsGranted_whateverTheUpstreamSays(String origin)
      throws Exception {
    var read = ask("GET", "/reflecting", origin, "Sec-Fetch-Site: cross-site");
    assertThat(read.body()).isEqualTo("r");
    assertNotGranted(read);
    assertThat(read.header("vary")).containsIgnoringCase("origin");
    for (var target : new String[] {CHAT, "/api/streams", "/reflecting"}) {
      var refused = preflight(target, "POST", origin);
      assertThat(refused.status()).as(target).isEqualTo(403);
      assertNotGranted(refused);
    }
    assertNotGranted(ask("GET", "/v1/stream/" + ID, origin, "Sec-Fetch-Site: cross-site"));
    assertThat(upstream.exchanges()).hasSize(1);
  }

  @Test
  void givenNoOrigins_whenThePageIsOfThisMachine_thenTheUpstreamsWordPasses() throws Exception {
    gateway.close();
    gateway = with("");
    var reply = ask("GET", "/reflecting", "Origin: http://localhost:3000");
    assertThat(reply.header("access-control-allow-origin")).isEqualTo("http://localhost:3000");
    upstream.on("/app", x -> x.raw("HTTP/1.1 204 No Content\r\nAllow: PUT\r\n\r\n"));
    assertThat(preflight("/app", "PUT").header("allow")).isEqualTo("PUT");
    assertNotGranted(ask("GET", "/reflecting", EVIL, "Sec-Fetch-Site: cross-site"));
  }

  @Test
  void givenAllOrigins_thenNoneGetsCredentials() throws Exception {
    gateway.close();
    gateway = with("*; https://app.example");
    var any = ask("GET", "/reflecting", EVIL, "Sec-Fetch-Site: cross-site");
    assertThat(any.header("access-control-allow-origin")).isEqualTo("*");
    assertThat(any.headers()).doesNotContainKey("access-control-allow-credentials");
    var preflight = preflight(CHAT, "POST", EVIL);
    assertThat(preflight.status()).isEqualTo(204);
    assertThat(preflight.headers()).doesNotContainKey("access-control-allow-credentials");
    assertGranted(ask("GET", "/reflecting", APP));
  }

  @Test
  void givenNameOfAnother_thenNothingIsGrantedEither() throws Exception {
    try (var client = gateway.client()) {
      var reply =
          client
              .send("GET /reflecting HTTP/1.1\r\nHost: evil.example\r\n" + APP + "\r\n\r\n")
              .reply();
      assertThat(reply.status()).isEqualTo(421);
      assertNotGranted(reply);
    }
  }

  @Test
  void givenHttp2_thenItIsTheSame() throws Exception {
    try (var client = new RawHttp2(gateway.gateway().address())) {
      var reply = client.answer(client.post(CHAT, "{}", "origin", "https://app.example"));
      assertThat(reply.headers)
          .containsEntry("access-control-allow-origin", "https://app.example")
          .containsEntry("access-control-allow-credentials", "true");
      var preflight =
          client.answer(
              client.request(
                  true,
                  RawHttp2.with(
                      "OPTIONS",
                      CHAT,
                      "origin",
                      "https://app.example",
                      "access-control-request-method",
                      "POST")));
      assertThat(preflight.status).isEqualTo(204);
      assertThat(preflight.ended).isTrue();
      assertThat(preflight.headers).containsEntry("access-control-allow-methods", "POST");
    }
  }
}
