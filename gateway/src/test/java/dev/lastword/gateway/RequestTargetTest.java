package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a request asks for: its target reaches the upstream as it was sent, or not at all. */
class RequestTargetTest {
  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    gateway = TestGateway.start(data, upstream.url() + "/base", Map.of());
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private RawClient.Reply ask(String target) throws Exception {
    try (var client = gateway.client()) {
      return client
          .send(("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(ISO_8859_1))
          .reply();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a\u0000b", "/a\u001b[31mb", "/a\u0007", "/a\u007fb", "/a\u0080", "/\u00e4", "/a?q=\u00fc",
        "/a?\u0001", "/\u00ff", "/a\u0008", "/a?b#c", "a", "*", "//a\u0001"
      })
  void givenTargetThatIsNoUri_then400_andNobodyHearsOfIt(String target) throws Exception {
    assertThat(ask(target).status()).isEqualTo(400);
    assertThat(upstream.exchanges()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/..",
        "/../",
        "/../admin",
        "/a/../../admin",
        "/./../admin",
        "/%2e%2e/admin",
        "/%2E./admin",
        "/.%2e/admin",
        "/..%2fadmin",
        "/..%2Fadmin",
        "/..%5cadmin",
        "/..\\admin",
        "/a%2f..%2f..%2fadmin",
        "/a/..;/../admin",
        "/..;x=1/admin",
        "//../../admin",
        "/a//../../admin",
        "/../base/admin",
        "/v1/../../admin?x=1"
      })
  void givenPathThatLeavesTheBasePath_then400_andNobodyHearsOfIt(String target) throws Exception {
    assertThat(ask(target).status()).as(target).isEqualTo(400);
    assertThat(upstream.exchanges()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a?",
        "/a",
        "/a?b",
        "/a??",
        "/?",
        "/",
        "/a/../b",
        "/a/b/../..",
        "/a/%2e%2e/b",
        "/...",
        "/..a",
        "/a..",
        "/a?x=/../../..",
        "/a%00b",
        "/a%0d%0aX:%20y",
        "/a//b",
        "//a",
        "/a%zz",
        "/a|b{c}\"<>^`",
        "/v1beta/models/m:streamGenerateContent?alt=sse&key=%3D"
      })
  void givenProperTarget_thenItReachesTheUpstreamUnchanged(String target) throws Exception {
    assertThat(ask(target).status()).isEqualTo(404);
    assertThat(upstream.last().target()).isEqualTo("/base" + target);
  }

  @ParameterizedTest
  @CsvSource({
    "http://localhost/a, /a",
    "http://localhost:8080/a?b=c, /a?b=c",
    "HTTP://LOCALHOST/a?, /a?",
    "https://127.0.0.1/a, /a",
    "http://[::1]:1/a, /a",
    "http://localhost, /",
    "http://localhost?x, /?x",
  })
  void givenAbsoluteForm_thenHostAndPathAreTakenFromIt(String target, String asked)
      throws Exception {
    assertThat(ask(target).status()).isEqualTo(404);
    assertThat(upstream.last().target()).isEqualTo("/base" + asked);
  }

  @Test
  void givenAbsoluteFormOfAnOwnPath_thenItIsOurs() throws Exception {
    assertThat(ask("http://localhost/healthz").body()).contains("healthy");
    assertThat(upstream.exchanges()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://localhost/a",
        "http:///a",
        "http://",
        "http:a",
        "http://user@localhost/a",
        "http://localhost:x/a",
        "http://localhost:99999/a",
        "http://local host/a",
        "http://localhost/a#b",
        "localhost:80"
      })
  void givenAbsoluteFormThatIsNone_then400(String target) throws Exception {
    assertThat(ask(target).status()).isEqualTo(400);
    assertThat(upstream.exchanges()).isEmpty();
  }
}
