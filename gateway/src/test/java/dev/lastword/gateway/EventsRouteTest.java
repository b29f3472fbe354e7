package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stream under its own URL. */
class EventsRouteTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    gateway = TestGateway.start(data, upstream.url(), Map.of(Setting.HEARTBEAT, "1000"));
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private String finished(String text) throws Exception {
    upstream.on(
        CHAT,
        x -> {
          x.stream();
          for (var word : text.split(" ")) {
            x.delta(word);
          }
          x.finish().data("[DONE]").end();
        });
    return gateway.post(CHAT, "{}").headers().firstValue("lastword-stream").orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void givenFinishedStream_whenItIsReadFromAnywhere_thenExactlyTheRestFollows(boolean afterRestart)
      throws Exception {
    var id = finished("a b c d");
    if (afterRestart) {
      gateway.restart();
    }
    var whole = gateway.get("/v1/stream/" + id).body();
    assertThat(whole)
        .matches(Pattern.compile("retry: [123]\\d{3}\nid: 1-1\ndata: .*", Pattern.DOTALL));
    assertThat(whole.lines().filter(line -> line.startsWith("id:")))
        .containsExactly("id: 1-1", "id: 1-2", "id: 1-3", "id: 1-4", "id: 1-5", "id: 1-6");
    assertThat(whole.split("retry:", -1)).hasSize(2);
    for (int seen = 1; seen < 6; seen++) {
      var rest = gateway.get("/v1/stream/" + id, "Last-Event-ID", "1-" + seen);
      assertThat(rest.statusCode()).isEqualTo(200);
      assertThat(whole).endsWith(rest.body().substring(rest.body().indexOf("id:")));
      assertThat(rest.body())
          .contains("id: 1-" + (seen + 1) + "\n")
          .doesNotContain("id: 1-" + seen + "\n");
    }
    assertThat(gateway.get("/v1/stream/" + id, "Last-Event-ID", "1-6").statusCode()).isEqualTo(204);
    assertThat(gateway.get("/v1/stream/" + id + "?lastEventId=1-6").statusCode()).isEqualTo(204);
    assertThat(gateway.get("/v1/stream/" + id + "?lastEventId=1-2").body())
        .doesNotContain("id: 1-2\n")
        .contains("id: 1-3\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nonsense", "-1", "1-x", "99999999999999999999-1", "1-0", "0-1", "1-1-1", "1"})
  void givenMalformedLastEventId_whenRead_then400(String lastEventId) throws Exception {
    var id = finished("a");
    var response = gateway.get("/v1/stream/" + id, "Last-Event-ID", lastEventId);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.headers().firstValue("content-type")).contains("application/problem+json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2-1", "1-4", "1-999999"})
  void givenIdOfNoEventOfTheStream_whenRead_then410(String lastEventId) throws Exception {
    var id = finished("a");
    assertThat(gateway.get("/v1/stream/" + id, "Last-Event-ID", lastEventId).statusCode())
        .isEqualTo(410);
  }

  @Test
  void givenNoSuchStream_whenRead_then404Or400() throws Exception {
    assertThat(gateway.get("/v1/stream/AAAAAAAAAAAAAAAAAAAA").statusCode()).isEqualTo(404);
    assertThat(gateway.get("/v1/stream/short").statusCode()).isEqualTo(400);
    assertThat(gateway.get("/v1/stream/" + "x".repeat(65)).statusCode()).isEqualTo(400);
    assertThat(gateway.get("/v1/stream/..%2F..%2Fetc%2Fpasswd").statusCode()).isEqualTo(400);
    assertThat(gateway.get("/v1/stream").statusCode()).isEqualTo(404);
    assertThat(gateway.get("/v1/stream/AAAAAAAAAAAAAAAAAAAA/more").statusCode()).isEqualTo(404);
    assertThat(upstream.exchanges()).isEmpty();
  }

  @Test
  void givenOtherMethod_whenAsked_then405WithAllow() throws Exception {
    var response = gateway.post("/v1/stream/AAAAAAAAAAAAAAAAAAAA", "{}");
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("allow")).contains("GET, HEAD");
  }

  @Test
  void givenHead_whenTheStreamIsThere_then200WithoutABody() throws Exception {
    var id = finished("a");
    try (var client = gateway.client()) {
      var head =
          client.send("HEAD /v1/stream/" + id + " HTTP/1.1\r\nHost: localhost\r\n\r\n").head();
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.header("content-type")).isEqualTo("text/event-stream");
      assertThat(client.get("/healthz").reply().status()).isEqualTo(200);
    }
  }

  @Test
  void givenRunningStream_whenNothingIsSaid_thenEachFaceGetsItsHeartbeat() throws Exception {
    var go = new CountDownLatch(1);
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("a");
          go.await();
          x.finish().data("[DONE]").end();
        });
    try (var relayed = gateway.client();
        var withIds = gateway.client();
        var reader = gateway.client()) {
      var head = relayed.post(CHAT, "{}").head();
      var id = head.header("lastword-stream");
      var readerHead = reader.get("/v1/stream/" + id).head();
      withIds.post(CHAT, "{}", "Lastword-Event-Ids: true").head();

      assertThat(relayed.readUntil(": hb\n\n")).startsWith("data: ");
      assertThat(withIds.readUntil(": hb\n"))
          .startsWith("id: 1-1\ndata: ")
          .doesNotContain(": hb\n\n");
      assertThat(reader.readUntil(": hb\n")).doesNotContain(": hb\n\n");
      go.countDown();
      assertThat(reader.body(readerHead, Long.MAX_VALUE).end()).isEqualTo(RawClient.End.CLEAN);
      assertThat(relayed.body(head, Long.MAX_VALUE).body()).contains("[DONE]");
    }
  }

  @Test
  void givenFailedStream_whenItIsRead_thenItsErrorIsTheLastEventAndTheConnectionBreaks()
      throws Exception {
    upstream.on(CHAT, x -> x.stream().delta("a").end());
    try (var client = gateway.client()) {
      var id = client.post(CHAT, "{}").reply().header("lastword-stream");
      try (var reader = gateway.client()) {
        var reply = reader.get("/v1/stream/" + id).reply();
        assertThat(reply.end()).isEqualTo(RawClient.End.CUT);
        assertThat(reply.body()).contains("upstream_truncated");
      }
      assertThat(gateway.get("/v1/stream/" + id, "Last-Event-ID", "1-2").statusCode())
          .isEqualTo(204);
    }
  }
}
