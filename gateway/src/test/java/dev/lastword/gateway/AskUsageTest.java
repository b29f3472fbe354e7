package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An upstream is asked for its usage in the client's place, who sees nothing of it. */
class AskUsageTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String ASKED = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";
  private static final String USAGE =
      "{\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}";

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("Hello").finish();
          if (new String(x.body(), UTF_8).contains("\"include_usage\":true")) {
            x.data(USAGE);
          }
          x.data("[DONE]").end();
        });
    gateway = TestGateway.start(data, upstream.url(), Map.of(Setting.ASK_USAGE, "true"));
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private HttpResponse<String> ask(String body, String... headers) throws Exception {
    return gateway.post(CHAT, body, headers);
  }

  private String sent() {
    return new String(upstream.last().body(), UTF_8);
  }

  private static String id(HttpResponse<String> answer) {
    return answer.headers().firstValue("lastword-stream").orElseThrow();
  }

  private void awaitTokensIn(int tokens) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> gateway.json("/api/usage").get("usage").get(0).get("tokensIn").asInt() == tokens);
  }

  @Test
  void givenAClientThatDidNotAsk_whenAnswered_thenUsageIsCounted_andNotShown() throws Exception {
    var answer = ask(ASKED);

    assertThat(sent())
        .isEqualTo(
            "{\"stream_options\":{\"include_usage\":true},\"model\":\"m\",\"stream\":true,"
                + "\"messages\":[]}");
    assertThat(answer.body()).contains("Hello", "[DONE]").doesNotContain("usage");
    awaitTokensIn(7);
    var stream = gateway.ended(id(answer));
    assertThat(stream.get("events").asInt()).isEqualTo(3);
    assertThat(stream.get("late").asInt()).isZero();
    var response = gateway.json("/api/streams/" + id(answer) + "/response");
    assertThat(response.get("usage").get("prompt_tokens").asInt()).isEqualTo(7);
    assertThat(response.get("final").get("usage").get("completion_tokens").asInt()).isEqualTo(3);
    assertThat(response.get("events").asInt()).isEqualTo(3);
  }

  @Test
  void givenAHiddenChunk_whenReadAgainOrResumed_alsoAfterARestart_thenIdsGoOnWithoutAGap()
      throws Exception {
    var id = id(ask(ASKED));
    awaitTokensIn(7);

    for (int i = 0; i < 2; i++) {
      var whole = gateway.get("/v1/stream/" + id).body();
      assertThat(whole).contains("id: 1-1\n", "id: 1-2\n", "id: 1-3\n").doesNotContain("usage");
      assertThat(gateway.get("/v1/stream/" + id, "last-event-id", "1-2").body())
          .contains("id: 1-3\ndata: [DONE]");
      gateway.restart();
    }
    assertThat(gateway.json("/api/usage").get("usage").get(0).get("responses").asInt())
        .isEqualTo(1);
  }

  @Test
  void givenABodyThatIsNotUtf8_whenLookedAt_thenItStaysAsItIs_andAByteOrderMarkStaysInFront() {
    for (var charset : List.of(UTF_16BE, UTF_16LE, UTF_16)) {
      assertThat(UsageAsking.asking(ASKED.getBytes(charset))).as(charset.name()).isEmpty();
    }
    assertThat(UsageAsking.asking(("\ufeff" + ASKED).getBytes(UTF_8)))
        .hasValueSatisfying(
            asking ->
                assertThat(new String(asking, UTF_8))
                    .startsWith("\ufeff{\"stream_options\":{\"include_usage\":true},\"model\""));
  }

  @Test
  void givenAClientThatAsksItself_whenAnswered_thenItIsShownAll() throws Exception {
    var body =
        "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
            + "\"messages\":[]}";

    var answer = ask(body);

    assertThat(sent()).isEqualTo(body);
    assertThat(answer.body()).contains(USAGE);
    awaitTokensIn(7);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'stream_options':{},'stream':true,'messages':[]}|{'stream_options':{'include_usage':true},'stream':true,'messages':[]}",
        "{'stream':true,'stream_options': {'x':[1]},'messages':[]}|{'stream':true,'stream_options': {'include_usage':true,'x':[1]},'messages':[]}",
        "{'stream':true,'stream_options':null,'messages':[]}|{'stream':true,'stream_options':{'include_usage':true},'messages':[]}",
        "{'stream':true,'stream_options':{'include_usage':false,'x':1},'messages':['ü']}|{'stream':true,'stream_options':{'include_usage':true,'x':1},'messages':['ü']}",
        "{'stream':true,'messages':['ü'],'stream_options':{'include_usage': null}}|{'stream':true,'messages':['ü'],'stream_options':{'include_usage': true}}",
      })
  void givenOptions_whenAsked_thenTheyAreMerged_andEveryOtherByteStays(String body, String expected)
      throws Exception {
    var answer = ask(body.replace('\'', '"'));

    assertThat(sent()).isEqualTo(expected.replace('\'', '"'));
    assertThat(answer.body()).contains("[DONE]").doesNotContain("usage");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"stream\":false,\"messages\":[]}",
        "{\"messages\":[]}",
        "{\"stream\":true}",
        "{\"stream\":true,\"stream_options\":7,\"messages\":[]}",
        "{\"stream\":true,\"messages\":[]",
        "[]",
      })
  void givenWhatIsNoStreamedChat_whenRelayed_thenItStaysAsItIs(String body) throws Exception {
    ask(body);

    assertThat(sent()).isEqualTo(body);
  }

  @Test
  void givenALargeBody_whenRelayed_thenItPassesUnchanged() throws Exception {
    var body = "{\"stream\":true,\"messages\":[\"" + "x".repeat(BodyStart.BYTES_MAX) + "\"]}";

    var answer = ask(body);

    assertThat(sent()).isEqualTo(body);
    assertThat(answer.body()).contains("[DONE]");
  }

  @Test
  void givenAKey_whenTheSameIsAsked_thenItIsKnownByWhatTheClientSent() throws Exception {
    var first = ask(ASKED, "Idempotency-Key", "k-1");
    var again = ask(ASKED, "Idempotency-Key", "k-1");

    assertThat(again.body()).isEqualTo(first.body()).doesNotContain("usage");
    assertThat(again.headers().firstValue("lastword-replayed")).contains("true");
    assertThat(upstream.exchanges()).hasSize(1);
    assertThat(sent()).contains("include_usage");
    awaitTokensIn(7);
  }

  @Test
  void givenNoSetting_whenRelayed_thenNothingIsAsked() throws Exception {
    gateway.close();
    gateway = TestGateway.start(data, upstream);

    ask(ASKED);

    assertThat(sent()).isEqualTo(ASKED);
    awaitTokensIn(0);
  }
}
