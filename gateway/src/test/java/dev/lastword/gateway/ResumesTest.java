package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients who come back to an answer in a way of their own, by their route. */
class ResumesTest {
  private static final String FILE =
      """
      routes:
        - { path: /chat, upstream: "UPSTREAM", resume: ai-sdk }
        - { path: /flow, upstream: "UPSTREAM", resume: workflow }
        - { path: /tan, upstream: "UPSTREAM", resume: tanstack }
        - { path: /agents, upstream: "UPSTREAM", relay: { resume: ag-ui } }
        - { path: /mcp, upstream: "UPSTREAM", resume: mcp }
        - { path: /, upstream: "UPSTREAM" }
      """;

  @TempDir Path folder;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    var file =
        Files.writeString(
            folder.resolve("lastword.yaml"), FILE.replace("UPSTREAM", upstream.url()));
    gateway = TestGateway.ofFile(folder.resolve("data"), file, Map.of());
    for (var path : List.of("/tan", "/agents", "/plain")) {
      upstream.on(
          path,
          x ->
              x.stream()
                  .data("{\"type\":\"RUN_STARTED\",\"threadId\":\"t\",\"runId\":\"r\"}")
                  .data("{\"type\":\"RUN_FINISHED\",\"threadId\":\"t\",\"runId\":\"r\"}")
                  .end());
    }
    for (var path : List.of("/chat", "/flow")) {
      upstream.on(
          path,
          x ->
              x.stream()
                  .data("{\"type\":\"start\"}")
                  .data("{\"type\":\"text-start\",\"id\":\"t\"}")
                  .data("{\"type\":\"text-delta\",\"id\":\"t\",\"delta\":\"Hello\"}")
                  .data("{\"type\":\"text-end\",\"id\":\"t\"}")
                  .data("{\"type\":\"finish\"}")
                  .data("[DONE]")
                  .end());
    }
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private static String run(String id) {
    return "{\"threadId\":\"t\",\"messages\":[],\"runId\":\"" + id + "\"}";
  }

  private static long events(String body) {
    return body.lines().filter(line -> line.startsWith("data:")).count();
  }

  @Test
  void givenTheSameRunAgain_thenItIsReplayed_andTheUpstreamIsAskedOnce() throws Exception {
    var first = gateway.post("/agents", run("one"));
    var again = gateway.post("/agents", run("one"));
    var other = gateway.post("/agents", run("two"));

    assertThat(first.headers().firstValue("lastword-replayed")).isEmpty();
    assertThat(again.headers().firstValue("lastword-replayed")).contains("true");
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(other.headers().firstValue("lastword-replayed")).isEmpty();
    assertThat(upstream.exchanges()).hasSize(2);
  }

  @Test
  void givenTheSameRunOfSeveralAtOnce_thenTheUpstreamIsAskedOnce() {
    var asks =
        IntStream.range(0, 20)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try {
                            return gateway.post("/agents", run("at-once")).body();
                          } catch (Exception e) {
                            throw new IllegalStateException(e);
                          }
                        }))
            .toList();

    assertThat(asks.stream().map(CompletableFuture::join).distinct()).hasSize(1);
    assertThat(upstream.exchanges()).hasSize(1);
  }

  @Test
  void givenTheSameRunOfAnother_orOnAnotherPath_thenItIsAnotherAnswer() throws Exception {
    gateway.post("/agents", run("one"), "Authorization", "Bearer alice");
    gateway.post("/agents", run("one"), "Authorization", "Bearer bob");
    gateway.post("/plain", run("one"), "Authorization", "Bearer alice");
    gateway.post("/plain", run("one"), "Authorization", "Bearer alice");

    assertThat(upstream.exchanges()).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, 20_000, 1 << 20, 3 << 20})
  void givenABodyOfAnySize_whenItIsLookedAt_thenTheUpstreamGetsItAsItCame(int padding)
      throws Exception {
    var body = "{\"runId\":\"one\",\"messages\":\"" + "x".repeat(padding) + "\"}";

    gateway.post("/agents", body);
    gateway.post("/agents", body);

    assertThat(upstream.exchanges()).hasSize(1);
    assertThat(new String(upstream.last().body(), StandardCharsets.UTF_8)).isEqualTo(body);
  }

  @Test
  void givenBodiesWithoutARun_thenTheyAreRelayed() throws Exception {
    for (var body : List.of("{}", "no json", "{\"runId\":\"\"}", "{\"runId\":null}", "")) {
      assertThat(gateway.post("/agents", body).statusCode()).isEqualTo(200);
      assertThat(new String(upstream.last().body(), StandardCharsets.UTF_8)).isEqualTo(body);
    }
    assertThat(upstream.exchanges()).hasSize(5);
  }

  @Test
  void givenADurableRun_whenTheSamePostComesWithAnId_thenWhatFollowsIsSaid() throws Exception {
    var first = gateway.post("/tan", "{}", "X-Run-Id", "r-1");
    assertThat(first.body()).contains("id: 1-1\n", "id: 1-2\n");

    var rest = gateway.post("/tan", "{}", "X-Run-Id", "r-1", "Last-Event-ID", "1-1");
    var joined = gateway.get("/tan?offset=-1&runId=r-1");

    assertThat(rest.body()).contains("RUN_FINISHED").doesNotContain("RUN_STARTED");
    assertThat(joined.body()).isEqualTo(first.body());
    assertThat(gateway.post("/tan", "{}", "X-Run-Id", "r-1", "Last-Event-ID", "9-9").statusCode())
        .isEqualTo(410);
    assertThat(gateway.post("/tan", "{}", "X-Run-Id", "r-2", "Last-Event-ID", "1-1").statusCode())
        .isEqualTo(410);
    assertThat(upstream.exchanges()).hasSize(1);
  }

  @Test
  void givenARunWithAKey_thenTheKeysRulesHold_andTheRunIsFoundAsEver() throws Exception {
    String[] key = {"Idempotency-Key", "k-1"};
    var first = gateway.post("/agents", run("one"), key);
    assertThat(gateway.post("/agents", run("one"), key).body()).isEqualTo(first.body());
    assertThat(gateway.post("/agents", run("one")).body()).isEqualTo(first.body());
    assertThat(gateway.post("/agents", run("one").replace("[]", "[1]"), key).statusCode())
        .isEqualTo(422);

    var durable = gateway.post("/tan", "{}", "X-Run-Id", "r-1", "Idempotency-Key", "k-2");
    var again = gateway.post("/tan", "{}", "X-Run-Id", "r-1", "Idempotency-Key", "k-2");
    var rest =
        gateway.post(
            "/tan", "{}", "X-Run-Id", "r-1", "Idempotency-Key", "k-2", "Last-Event-ID", "1-1");
    assertThat(durable.body()).contains("id: 1-1\n", "id: 1-2\n");
    assertThat(again.body()).isEqualTo(durable.body());
    assertThat(rest.body()).contains("RUN_FINISHED").doesNotContain("RUN_STARTED");
    assertThat(gateway.get("/tan?offset=-1&runId=r-1").body()).isEqualTo(durable.body());
    assertThat(upstream.exchanges()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void givenAKeyOfARun_whenAnotherRunOrNoneComesUnderIt_thenItIsRefused_andPaidOnce(
      boolean restarted) throws Exception {
    String[] key = {"Idempotency-Key", "k-1"};
    var first = gateway.post("/agents", run("one"), key);
    if (restarted) {
      gateway.restart();
    }

    assertThat(gateway.post("/agents", run("two"), key).statusCode()).isEqualTo(422);
    assertThat(gateway.post("/agents", "{}", key).statusCode()).isEqualTo(422);
    assertThat(gateway.post("/agents", run("one"), key).body()).isEqualTo(first.body());
    assertThat(gateway.post("/agents", run("two")).headers().firstValue("lastword-replayed"))
        .isEmpty();
    assertThat(upstream.exchanges()).hasSize(2);

    gateway.post("/agents", "{}", "Idempotency-Key", "k-2");
    assertThat(gateway.post("/agents", run("three"), "Idempotency-Key", "k-2").statusCode())
        .isEqualTo(422);
    assertThat(upstream.exchanges()).hasSize(3);
  }

  @Test
  void givenSeveralRunsUnderOneKeyAtOnce_thenOneOfThemIsPaid() {
    var statuses =
        IntStream.range(0, 20)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try {
                            return gateway
                                .post("/agents", run("at-once-" + i), "Idempotency-Key", "k-1")
                                .statusCode();
                          } catch (Exception e) {
                            throw new IllegalStateException(e);
                          }
                        }))
            .toList();

    assertThat(statuses.stream().map(CompletableFuture::join)).containsOnlyOnce(200).contains(422);
    assertThat(upstream.exchanges()).hasSize(1);
  }

  @Test
  void givenARunUnderAKeyThatFails_thenTheKeyIsFreeForAnother() throws Exception {
    upstream.on("/agents", x -> x.respond(500, "text/plain", "no"));
    assertThat(gateway.post("/agents", run("one"), "Idempotency-Key", "k-1").statusCode())
        .isEqualTo(500);
    upstream.on("/agents", x -> x.respond(200, "application/json", "{}"));

    assertThat(gateway.post("/agents", run("two"), "Idempotency-Key", "k-1").statusCode())
        .isEqualTo(200);
    assertThat(gateway.post("/agents", run("three"), "Idempotency-Key", "k-1").statusCode())
        .isEqualTo(422);
    assertThat(upstream.exchanges()).hasSize(2);
  }

  @Test
  void givenARunWithAKey_whenItsAnswerIsNoStream_thenItIsThatUnderTheKey_andNoEventsWithoutIt()
      throws Exception {
    upstream.on("/agents", x -> x.respond(200, "application/json", "{\"a\":1}"));
    for (int i = 0; i < 2; i++) {
      var answer = gateway.post("/agents", run("one"), "Idempotency-Key", "k-1");
      assertThat(answer.headers().firstValue("content-type")).contains("application/json");
      assertThat(answer.body()).isEqualTo("{\"a\":1}");
    }
    var without = gateway.post("/agents", run("one"));
    assertThat(without.statusCode()).isEqualTo(409);
    assertThat(without.body()).contains("run_without_events");
    assertThat(upstream.exchanges()).hasSize(1);
  }

  @Test
  void givenAWorkflow_whenReadByIndex_thenPartsAreCounted_andPastTheEndThereIsNone()
      throws Exception {
    var first = gateway.post("/flow", "{\"messages\":[]}");
    var run = first.headers().firstValue("x-workflow-run-id").orElseThrow();
    var at = "/flow/" + run + "/stream?startIndex=";

    assertThat(events(gateway.get(at + 0).body())).isEqualTo(6);
    assertThat(events(gateway.get(at + 3).body())).isEqualTo(3);
    var tail = gateway.get(at + -2);
    assertThat(events(tail.body())).isEqualTo(3);
    assertThat(tail.headers().firstValue("x-workflow-stream-tail-index")).contains("4");
    for (var past : List.of("5", "6", "100")) {
      assertThat(gateway.get(at + past).statusCode()).as(past).isEqualTo(410);
    }
    assertThat(gateway.get(at + "x").statusCode()).isEqualTo(400);
    assertThat(gateway.get("/flow/none/stream").statusCode()).isEqualTo(404);
  }

  @Test
  void givenAChat_whenNothingRuns_then204_andItIsItsConversation() throws Exception {
    gateway.post("/chat", "{\"id\":\"c-1\",\"messages\":[]}");

    assertThat(gateway.get("/chat/c-1/stream").statusCode()).isEqualTo(204);
    assertThat(gateway.get("/chat/other/stream").statusCode()).isEqualTo(204);
    assertThat(gateway.json("/api/conversations/c-1").get("turns")).hasSize(1);
    assertThat(upstream.exchanges()).hasSize(1);
  }

  private static final String CALL =
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"t\"}}";

  /** What a server says to a call: progress, and the result; or what a test does in its place. */
  private void calls(String id, ScriptedUpstream.Script end) {
    upstream.on(
        "/mcp",
        x -> {
          if (x.method().equals("GET")) {
            x.respond(200, "text/plain", "the server's own");
            return;
          }
          x.stream()
              .chunk(
                  id
                      + "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":1}}\n\n");
          end.answer(x);
        });
  }

  private void calls(String id) {
    calls(
        id,
        x ->
            x.chunk(id + "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}\n\n")
                .end());
  }

  @Test
  void givenAServerThatCannotResume_whenACallIsComeBackTo_thenWhatFollowsIsSaid() throws Exception {
    calls("");
    var first = gateway.post("/mcp", CALL);
    var stream = first.headers().firstValue("lastword-stream").orElseThrow();
    assertThat(first.body()).contains("id: " + stream + ":1-1\n", "id: " + stream + ":1-2\n");

    var rest = gateway.get("/mcp", "Last-Event-ID", stream + ":1-1");

    assertThat(rest.body()).contains("\"result\"", ":1-2\n").doesNotContain("progress");
    assertThat(gateway.get("/mcp", "Last-Event-ID", stream + ":1-2").statusCode()).isEqualTo(204);
    assertThat(gateway.get("/mcp", "Last-Event-ID", stream + ":9-1").statusCode()).isEqualTo(410);
    assertThat(gateway.get("/mcp", "Last-Event-ID", "0123456789abcdef:1-1").statusCode())
        .isEqualTo(410);
    assertThat(gateway.get("/mcp").body()).isEqualTo("the server's own");
    assertThat(upstream.exchanges()).hasSize(2);
  }

  @Test
  void givenAServerThatResumes_thenItsIdsStay_andAreItsToAnswer() throws Exception {
    calls("id: theirs-1\n");

    assertThat(gateway.post("/mcp", CALL).body()).contains("id: theirs-1\n").doesNotContain(":1-");
    assertThat(gateway.get("/mcp", "Last-Event-ID", "theirs-1").body())
        .isEqualTo("the server's own");
  }

  @Test
  void givenACallOfAnother_thenItIsNotHere() throws Exception {
    calls("");
    var first = gateway.post("/mcp", CALL, "Authorization", "Bearer alice");
    var id = first.headers().firstValue("lastword-stream").orElseThrow() + ":1-1";

    var bobs = gateway.get("/mcp", "Last-Event-ID", id, "Authorization", "Bearer bob");

    assertThat(bobs.statusCode()).isEqualTo(410);
  }

  @Test
  void givenADurableRunThatFails_thenItsBodyEnds_forItsClientComesBackToABrokenOne()
      throws Exception {
    upstream.on(
        "/tan",
        x ->
            x.stream()
                .data("{\"type\":\"RUN_STARTED\",\"threadId\":\"t\",\"runId\":\"r\"}")
                .data(
                    "{\"type\":\"TEXT_MESSAGE_START\",\"messageId\":\"m\",\"role\":\"assistant\"}")
                .data("{\"type\":\"TEXT_MESSAGE_CONTENT\",\"messageId\":\"m\",\"delta\":\"Hel\"}")
                .cut());

    var first = gateway.post("/tan", "{}", "X-Run-Id", "fails");

    assertThat(first.body()).contains("RUN_ERROR");
    assertThat(gateway.get("/tan?runId=fails").body()).isEqualTo(first.body());
  }

  @Test
  void givenAnUnknownKind_thenTheConfigurationIsRefused_withThoseThatThereAre() throws Exception {
    var file =
        Files.writeString(
            folder.resolve("wrong.yaml"),
            "routes: [{ path: /, upstream: \"http://127.0.0.1:1\", resume: vercel }]");

    assertThatThrownBy(() -> TestGateway.ofFile(folder.resolve("other"), file, Map.of()))
        .hasMessageContaining("relay.resume")
        .hasMessageContaining("ai-sdk");
  }
}
