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

/** A page of another site neither reads a gateway of this machine nor makes it do anything. */
class AccessTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String CROSS = "Sec-Fetch-Site: cross-site";

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on("/u", x -> x.respond(200, "text/plain", "u"));
    upstream.on(CHAT, x -> x.stream().delta("Hello").finish().data("[DONE]").end());
    upstream.on("/feed", x -> x.stream().data("tick").end());
    gateway = with(Map.of());
  }

  private TestGateway with(Map<Setting, String> set) {
    return TestGateway.start(data.resolve("" + set.hashCode()), upstream.url(), set);
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private static RawClient.Reply to(TestGateway gateway, String host, String target)
      throws IOException {
    try (var client = gateway.client()) {
      return client.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n").reply();
    }
  }

  private RawClient.Reply ask(String method, String target, String... fields) throws IOException {
    try (var client = gateway.client()) {
      return client
          .send(
              method
                  + " "
                  + target
                  + " HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"
                  + String.join("\r\n", fields)
                  + "\r\n\r\n{}")
          .reply();
    }
  }

  private void assertRefused(RawClient.Reply reply) {
    assertThat(reply.status()).isEqualTo(403);
    assertThat(reply.header("content-type")).isEqualTo("application/problem+json");
    assertThat(reply.body()).contains("origin_refused").contains("access.origins");
  }

  // --- the name that was asked for

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "localhostx",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "[::2]",
        "[fe80::1]",
        "128.0.0.1",
        "2130706433",
        "0x7f.1"
      })
  void givenLoopbackListener_whenTheNameIsAnothers_then421_forOwnAndRelayedPaths(String host)
      throws Exception {
    for (var target :
        new String[] {"/u", "/healthz", "/api/streams", "/v1/stream/AAAAAAAAAAAAAAAAAAAA", "/"}) {
      var reply = to(gateway, host, target);
      assertThat(reply.status()).as(host + target).isEqualTo(421);
      assertThat(reply.body()).contains("host_refused").contains("access.hosts");
    }
    assertThat(upstream.exchanges()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "localhost:3",
        "LocalHost",
        "localhost.",
        "app.localhost",
        "127.0.0.1",
        "127.0.0.1:8080",
        "127.9.8.7",
        "[::1]",
        "[::1]:8080",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]"
      })
  void givenLoopbackListener_whenTheNameIsThisMachines_thenItAnswers(String host) throws Exception {
    assertThat(to(gateway, host, "/u").body()).isEqualTo("u");
    assertThat(to(gateway, host, "/healthz").status()).isEqualTo(200);
  }

  @Test
  void givenAbsoluteTarget_whenItsNameIsAnothers_thenTheHostFieldDoesNotHelp() throws Exception {
    try (var client = gateway.client()) {
      assertThat(
              client
                  .send("GET http://evil.example/u HTTP/1.1\r\nHost: localhost\r\n\r\n")
                  .reply()
                  .status())
          .isEqualTo(421);
      assertThat(
              client
                  .send("GET http://localhost/u HTTP/1.1\r\nHost: evil.example\r\n\r\n")
                  .reply()
                  .body())
          .isEqualTo("u");
    }
  }

  @Test
  void givenConfiguredHosts_thenTheyAreAcceptedToo() throws Exception {
    try (var named = with(Map.of(Setting.ACCESS_HOSTS, "chat.example.com; *.internal.example"))) {
      for (var host :
          new String[] {
            "chat.example.com", "Chat.Example.com:443", "a.internal.example", "localhost"
          }) {
        assertThat(to(named, host, "/u").body()).as(host).isEqualTo("u");
      }
      for (var host :
          new String[] {"internal.example", "xchat.example.com", "a.chat.example.com"}) {
        assertThat(to(named, host, "/u").status()).as(host).isEqualTo(421);
      }
    }
    try (var any = with(Map.of(Setting.ACCESS_HOSTS, "*"))) {
      assertThat(to(any, "evil.example", "/u").body()).isEqualTo("u");
    }
  }

  @Test
  void givenListenerBeyondLoopback_thenAnyNameIsAccepted_unlessHostsAreConfigured()
      throws Exception {
    try (var open = with(Map.of(Setting.LISTEN, "0.0.0.0:0", Setting.ACCESS_ANONYMOUS, "true"))) {
      assertThat(to(open, "anything.example", "/u").body()).isEqualTo("u");
    }
    try (var named =
        with(
            Map.of(
                Setting.LISTEN,
                "0.0.0.0:0",
                Setting.ACCESS_ANONYMOUS,
                "true",
                Setting.ACCESS_HOSTS,
                "chat.example.com"))) {
      assertThat(to(named, "chat.example.com", "/u").body()).isEqualTo("u");
      assertThat(to(named, "anything.example", "/u").status()).isEqualTo(421);
      assertThat(to(named, "localhost", "/u").status()).isEqualTo(421);
    }
  }

  // --- the page that asks

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Origin: https://evil.example",
        "Origin: null",
        "Origin: https://localhost.evil.example",
        "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: cross-site",
        "Origin: null\r\nSec-Fetch-Site: cross-site",
        "Origin: https://localhost:8080@evil.example",
      })
  void givenPageOfAnotherSite_whenItWrites_then403(String fields) throws Exception {
    for (var target :
        new String[] {
          "/api/streams/AAAAAAAAAAAAAAAAAAAA/cancel", "/v1/stream/AAAAAAAAAAAAAAAAAAAA", CHAT, "/u"
        }) {
      for (var method : new String[] {"POST", "PUT", "DELETE", "PATCH"}) {
        assertRefused(ask(method, target, fields));
      }
    }
    assertThat(upstream.exchanges()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Accept: */*",
        "Origin: http://localhost:8080",
        "Origin: http://localhost:3000",
        "Origin: http://127.0.0.1:8080",
        "Origin: http://127.0.0.1:8080\r\nSec-Fetch-Site: cross-site",
        "Origin: http://[::1]:3000",
        "Origin: http://localhost:8080\r\nSec-Fetch-Site: same-origin",
        "Origin: http://localhost:3000\r\nSec-Fetch-Site: same-site",
        "Sec-Fetch-Site: none",
      })
  void givenPageOfThisMachineOrNone_whenItStartsAStream_thenItMay(String fields) throws Exception {
    var reply = ask("POST", CHAT, fields);
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.body()).contains("Hello");
  }

  @Test
  void givenPageOfAnotherSite_whenItReads_thenOnlyStreamsAreRefused() throws Exception {
    try (var client = gateway.client()) {
      assertThat(client.get("/u", CROSS).reply().body()).isEqualTo("u");
      assertThat(client.get("/healthz", CROSS).reply().status()).isEqualTo(200);
      assertRefused(client.get("/feed", CROSS, "Accept: text/event-stream").reply());
      assertThat(upstream.exchanges()).hasSize(1);
      assertRefused(client.get("/feed", CROSS).reply());
    }
    assertThat(gateway.json("/api/streams").get("streams")).isEmpty();
  }

  @Test
  void givenConfiguredOrigin_thenItsPagesMayWrite() throws Exception {
    gateway.close();
    gateway = with(Map.of(Setting.ACCESS_ORIGINS, "https://Chat.example.com; http://a.example:81"));

    for (var origin : new String[] {"https://chat.example.com", "http://a.example:81"}) {
      assertThat(ask("POST", CHAT, "Origin: " + origin, CROSS).status()).isEqualTo(200);
      assertThat(
              ask("POST", "/api/streams/AAAAAAAAAAAAAAAAAAAA/cancel", "Origin: " + origin).status())
          .isEqualTo(404);
    }
    for (var origin :
        new String[] {"http://chat.example.com", "https://chat.example.com:444", "null"}) {
      assertRefused(ask("POST", CHAT, "Origin: " + origin, CROSS));
    }
  }

  @Test
  void givenProxyThatKeepsTheName_whenThePageIsOfThatName_thenItMayWrite() throws Exception {
    try (var behind = with(Map.of(Setting.ACCESS_HOSTS, "chat.example.com"));
        var client = behind.client()) {
      client.send(
          "POST /u HTTP/1.1\r\nHost: chat.example.com\r\nOrigin: https://chat.example.com\r\nContent-Length: 0\r\n\r\n");
      assertThat(client.reply().body()).isEqualTo("u");
    }
  }

  // --- what own answers say to browsers

  @Test
  void givenOwnAnswers_thenNoBrowserGuessesTheirType() throws Exception {
    gateway.post(CHAT, "{}", "Lastword-Stream", "a-stream-of-the-test");
    for (var target :
        new String[] {
          "/healthz",
          "/readyz",
          "/metrics",
          "/api/streams",
          "/api/streams/a-stream-of-the-test",
          "/api/streams/a-stream-of-the-test/response",
          "/api/conversations/c",
          "/v1/stream/a-stream-of-the-test",
          "/api/streams/nothing-of-this-name-here"
        }) {
      var headers = gateway.get(target).headers();
      assertThat(headers.firstValue("x-content-type-options")).as(target).contains("nosniff");
      assertThat(headers.firstValue("content-security-policy").orElse(""))
          .as(target)
          .contains("default-src 'none'")
          .contains("frame-ancestors 'none'");
    }
  }
}
