package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.archive.UsageSum;
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

/** What responses took, summed up. */
class UsageTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String USAGE =
      "{\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":4},"
          + "\"completion_tokens_details\":{\"reasoning_tokens\":2}}}";

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on(CHAT, x -> x.stream().delta("Hello").finish().data(USAGE).data("[DONE]").end());
    upstream.on("/silent", x -> x.stream().delta("Hello").finish().data("[DONE]").end());
    upstream.on("/broken", x -> x.stream().delta("Hello").end());
    gateway = TestGateway.start(data, upstream.url(), Map.of());
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private String ask(String path, String model) throws Exception {
    return gateway
        .post(path, "{\"model\":\"" + model + "\"}")
        .headers()
        .firstValue("lastword-stream")
        .orElseThrow();
  }

  private String usage(String query, String... headers) throws Exception {
    return gateway.get("/api/usage" + query, headers).body();
  }

  /** Waits until so many responses have come to rest. */
  private void awaitResponses(int responses) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> usage("").contains("\"responses\":" + responses + ","));
  }

  @Test
  void givenResponses_whenSummedUp_thenEachIsCountedOnce_overARestartAndDeletion()
      throws Exception {
    var first = ask(CHAT, "m");
    ask(CHAT, "m");
    ask("/silent", "other");
    try (var client = gateway.client()) {
      client.post("/broken", "{\"model\":\"other\"}").reply();
    }
    awaitResponses(4);
    gateway.get("/v1/stream/" + first); // read again: nothing is paid for that
    var expected =
        "{\"from\":null,\"to\":null,\"usage\":["
            + "{\"model\":\"m\",\"outcome\":\"completed\",\"responses\":2,\"unknown\":0,"
            + "\"tokensIn\":22,\"tokensOut\":10,\"tokensCached\":8,\"tokensReasoning\":4},"
            + "{\"model\":\"other\",\"outcome\":\"completed\",\"responses\":1,\"unknown\":1,"
            + "\"tokensIn\":0,\"tokensOut\":0,\"tokensCached\":0,\"tokensReasoning\":0},"
            + "{\"model\":\"other\",\"outcome\":\"failed\",\"responses\":1,\"unknown\":1,"
            + "\"tokensIn\":0,\"tokensOut\":0,\"tokensCached\":0,\"tokensReasoning\":0}]}";
    assertThat(usage("?by=model,outcome")).isEqualTo(expected);

    assertThat(gateway.send(gateway.request("/api/streams/" + first).DELETE().build()).statusCode())
        .isEqualTo(204);
    gateway.restart();

    assertThat(usage("?by=model,outcome")).isEqualTo(expected);
  }

  @Test
  void givenAResponse_whenDeletedAtOnce_thenItIsCountedWithItsTokens() throws Exception {
    var id = ask(CHAT, "m");
    assertThat(gateway.send(gateway.request("/api/streams/" + id).DELETE().build()).statusCode())
        .isEqualTo(204);

    assertThat(usage("?by=route"))
        .contains(
            "{\"route\":\"/\",\"responses\":1,\"unknown\":0,\"tokensIn\":11,\"tokensOut\":5,");
  }

  @Test
  void givenARetry_whenItIsReplayed_thenItIsCountedOnce() throws Exception {
    for (int i = 0; i < 3; i++) {
      gateway.post(CHAT, "{\"model\":\"m\"}", "Idempotency-Key", "\"k-1\"");
    }
    awaitResponses(1);
    assertThat(usage("")).contains("\"tokensIn\":11,");
  }

  @Test
  void givenAJsonAnswerUnderAKey_whenReplayed_thenItIsCountedOnce_withWhatItSays()
      throws Exception {
    upstream.on(
        "/whole",
        x ->
            x.respond(
                200,
                "application/json; charset=utf-8",
                "{\"model\":\"w\",\"usage\":{\"input_tokens\":5,\"output_tokens\":4}}"));
    upstream.on("/text", x -> x.respond(200, "text/plain", "{\"usage\":{\"input_tokens\":5}}"));
    for (int i = 0; i < 3; i++) {
      gateway.post("/whole", "{}", "Idempotency-Key", "k-1");
      gateway.post("/text", "{}", "Idempotency-Key", "k-2");
    }

    awaitResponses(2);
    assertThat(usage("?by=model"))
        .contains("{\"model\":null,\"responses\":1,\"unknown\":1,\"tokensIn\":0,")
        .contains("{\"model\":\"w\",\"responses\":1,\"unknown\":0,\"tokensIn\":5,\"tokensOut\":4,");
  }

  @Test
  void givenNamesThatSpreadsheetsWouldRun_whenAskedForCsv_thenTheyAreText() throws Exception {
    ask(CHAT, "=HYPERLINK(\\\"x\\\",1)");
    ask(CHAT, "plain");
    awaitResponses(2);
    var expected =
        """
        model,owner,responses,unknown,tokens_in,tokens_out,tokens_cached,tokens_reasoning\r
        "'=HYPERLINK(""x"",1)",,1,0,11,5,4,2\r
        plain,,1,0,11,5,4,2\r
        """;

    var answer = gateway.get("/api/usage?by=model,owner", "Accept", "text/csv");
    assertThat(answer.headers().firstValue("content-type"))
        .contains("text/csv; charset=utf-8; header=present");
    assertThat(answer.body()).isEqualTo(expected);
    assertThat(usage("?by=model,owner&format=csv")).isEqualTo(expected);
    assertThat(usage("?format=json", "Accept", "text/csv")).startsWith("{");
  }

  @Test
  void givenLedgersThatAreFull_whenSummedUpTogether_thenTheSumIsNotLessThanEach() {
    var most = new UsageSum(List.of(), 1, 0, Long.MAX_VALUE, Long.MAX_VALUE, 0, 7);

    assertThat(UsageApi.together(most, most))
        .isEqualTo(new UsageSum(List.of(), 2, 0, Long.MAX_VALUE, Long.MAX_VALUE, 0, 14));
  }

  @Test
  void givenATime_whenAskedFor_thenItsEndDoesNotCount() throws Exception {
    ask(CHAT, "m");
    awaitResponses(1);

    assertThat(usage("?from=2020-01-01&to=2020-01-02")).contains("\"responses\":0,");
    assertThat(usage("?from=2020-01-01T00:00:00Z&to=9999-01-01"))
        .contains("\"responses\":1,")
        .startsWith("{\"from\":\"2020-01-01T00:00:00Z\",\"to\":\"9999-01-01T00:00:00Z\",");
    assertThat(usage("?from=2020-01-01T01:00:00%2B01:00")).contains("2020-01-01T00:00:00Z");
    assertThat(usage("?from=2020-01-01T01:00:00+01:00")).contains("2020-01-01T00:00:00Z");
  }

  @ParameterizedTest
  @CsvSource({
    "by=user, by",
    "'by=owner,owner', by",
    "'by=,', by",
    "from=yesterday, from",
    "from=1969-12-31, from",
    "to=+999999999-12-31T00:00:00Z, to",
    "to=2026-02-30, to",
    "from=2026-01-02&to=2026-01-02, to",
    "format=xml, format"
  })
  void givenAWrongQuestion_whenAsked_thenTheFieldIsNamed(String query, String field)
      throws Exception {
    var answer = gateway.get("/api/usage?" + query);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("\"field\":\"" + field + "\"");
  }

  @Test
  void givenTwoOwners_whenEachAsks_thenItIsOfTheirOwn() throws Exception {
    gateway.post(CHAT, "{\"model\":\"m\"}", "Authorization", "Bearer ann");
    gateway.post(CHAT, "{\"model\":\"m\"}", "Authorization", "Bearer bob");
    gateway.post(CHAT, "{\"model\":\"m\"}", "Authorization", "Bearer bob");

    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> usage("", "Authorization", "Bearer bob").contains("\"responses\":2,"));
    assertThat(usage("?by=owner", "Authorization", "Bearer ann")).contains("\"responses\":1,");
    assertThat(usage("")).contains("\"responses\":0,");
    assertThat(gateway.post("/api/usage", "{}").statusCode()).isEqualTo(405);
    assertThat(gateway.get("/api/usage/more").statusCode()).isEqualTo(404);
  }
}
