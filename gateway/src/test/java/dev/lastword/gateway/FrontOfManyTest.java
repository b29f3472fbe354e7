package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three gateways, asked for what all of them have, and for what is found by a name. */
class FrontOfManyTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String USAGE =
      "{\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":5}}";
  private static final String FILE =
      """
      admin: { token: let-me-see-everything-of-all }
      routes:
        - { path: /v1, upstream: "UPSTREAM" }
        - { path: /chat, upstream: "UPSTREAM", resume: ai-sdk }
        - { path: /flow, upstream: "UPSTREAM", resume: workflow }
        - { path: /tan, upstream: "UPSTREAM", resume: tanstack }
        - { path: /agents, upstream: "UPSTREAM", resume: ag-ui }
        - { path: /paid, upstream: "UPSTREAM", upstream-headers: { Authorization: Bearer ours } }
      """;

  @TempDir Path folder;
  private final ScriptedCluster cluster = new ScriptedCluster();
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final List<TestGateway> nodes = new ArrayList<>();
  private ScriptedUpstream upstream;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on(CHAT, x -> x.stream().delta("Hello").finish().data(USAGE).data("[DONE]").end());
    var file =
        Files.writeString(
            folder.resolve("lastword.yaml"), FILE.replace("UPSTREAM", upstream.url()));
    for (int i = 1; i <= 3; i++) {
      var data = Files.createDirectories(folder.resolve("node" + i));
      if (i > 1) {
        Files.copy(folder.resolve("node1/access.keys"), data.resolve("access.keys"));
      }
      var node = TestGateway.ofFile(data, file, Map.of(), new Standing.First(cluster.node(i)));
      nodes.add(node);
      cluster.at(i, node.url());
    }
  }

  @AfterEach
  void stop() throws Exception {
    goOn.countDown();
    for (var node : nodes) {
      node.close();
    }
    upstream.close();
  }

  private TestGateway node(int number) {
    return nodes.get(number - 1);
  }

  private static String id(HttpResponse<String> response) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.headers().firstValue("lastword-stream").orElseThrow();
  }

  // --- lists

  @Test
  void givenStreamsOnAllNodes_whenListed_thenAllAreThereNewestFirstAndPageByPage()
      throws Exception {
    var asked = new ArrayList<String>();
    for (int i = 0; i < 9; i++) {
      asked.add(id(node(i % 3 + 1).post(CHAT, "{}", "Lastword-Conversation", "talk")));
    }
    for (var node : nodes) {
      var list = node.json("/api/streams?conversation=talk");
      assertThat(ids(list)).containsExactlyElementsOf(asked.reversed());
      assertThat(list.get("next").isNull()).isTrue();
    }
    var paged = new ArrayList<String>();
    var next = "";
    do {
      var page = node(2).json("/api/streams?limit=2" + (next.isEmpty() ? "" : "&before=" + next));
      assertThat(page.get("streams").size()).isLessThanOrEqualTo(2);
      paged.addAll(ids(page));
      next = page.get("next").isNull() ? "" : page.get("next").asString();
    } while (!next.isEmpty());
    assertThat(paged).containsExactlyElementsOf(asked.reversed());
    assertThat(node(1).get("/api/streams?limit=0").statusCode()).isEqualTo(400);
  }

  private static List<String> ids(tools.jackson.databind.JsonNode list) {
    return list.get("streams").valueStream().map(one -> one.get("id").asString()).toList();
  }

  @Test
  void givenAConversationOnAllNodes_whenReadAndDeleted_thenItIsOne() throws Exception {
    for (int i = 1; i <= 3; i++) {
      id(node(i).post(CHAT, "{\"n\":" + i + "}", "Lastword-Conversation", "talk"));
    }
    var conversation = node(2).get("/api/conversations/talk");
    var turns = TestGateway.read(conversation.body());
    assertThat(turns.get("conversation").asString()).isEqualTo("talk");
    assertThat(turns.get("turns").size()).isEqualTo(3);
    assertThat(turns.get("running").isNull()).isTrue();
    assertThat(turns.get("turns").valueStream().map(turn -> turn.get("created").asString()))
        .isSorted();
    var tag = conversation.headers().firstValue("etag").orElseThrow();
    assertThat(node(2).get("/api/conversations/talk", "If-None-Match", tag).statusCode())
        .isEqualTo(304);
    assertThat(node(3).get("/api/conversations/talk", "If-None-Match", tag).statusCode())
        .isEqualTo(304);
    id(node(1).post(CHAT, "{}", "Lastword-Conversation", "talk"));
    assertThat(node(2).get("/api/conversations/talk", "If-None-Match", tag).statusCode())
        .isEqualTo(200);

    assertThat(delete(node(3), "/api/conversations/talk").statusCode()).isEqualTo(204);
    assertThat(delete(node(3), "/api/conversations/talk").statusCode()).isEqualTo(404);
    assertThat(ids(node(1).json("/api/streams?conversation=talk"))).isEmpty();
  }

  private static HttpResponse<String> delete(TestGateway node, String target) throws Exception {
    return node.send(node.request(target).DELETE().build());
  }

  @Test
  void givenUsageOnAllNodes_whenSummedUp_thenItIsOfAll() throws Exception {
    for (int i = 1; i <= 3; i++) {
      id(node(i).post(CHAT, "{\"model\":\"m\"}"));
    }
    id(node(3).post(CHAT, "{\"model\":\"another\"}"));
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> node(1).get("/api/usage").body().contains("\"responses\":4,"));

    var usage = node(2).json("/api/usage?by=model").get("usage");
    assertThat(usage.get(0).get("model").asString()).isEqualTo("another");
    assertThat(usage.get(0).get("responses").asInt()).isEqualTo(1);
    assertThat(usage.get(1).get("model").asString()).isEqualTo("m");
    assertThat(usage.get(1).get("responses").asInt()).isEqualTo(3);
    assertThat(usage.get(1).get("tokensIn").asInt()).isEqualTo(33);
    assertThat(node(3).get("/api/usage?by=model&format=csv").body().lines())
        .containsExactly(
            "model,responses,unknown,tokens_in,tokens_out,tokens_cached,tokens_reasoning",
            "another,1,0,11,5,0,0",
            "m,3,0,33,15,0,0");
    assertThat(node(1).get("/api/usage?by=nonsense").statusCode()).isEqualTo(400);
  }

  @Test
  void givenANodeThatDoesNotAnswer_whenAskedForAll_thenThatIsSaid() throws Exception {
    var here = id(node(1).post(CHAT, "{}", "Lastword-Conversation", "talk"));
    id(node(3).post(CHAT, "{}", "Lastword-Conversation", "talk"));
    cluster.nobody(3);

    var list = node(1).get("/api/streams");
    assertThat(list.statusCode()).isEqualTo(200);
    assertThat(list.headers().firstValue("lastword-missing-shards")).contains("3");
    assertThat(ids(TestGateway.read(list.body()))).containsExactly(here);
    for (var whole : List.of("/api/usage", "/api/conversations/talk")) {
      var refused = node(1).get(whole);
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.body()).contains("shards_unreachable", "\"shards\":\"3\"");
      assertThat(refused.headers().firstValue("retry-after")).isPresent();
    }
  }

  @Test
  void givenANodeThatHasTooMuchOfAConversation_whenRead_thenItIsTooLongAndNobodyIsToldToComeAgain()
      throws Exception {
    id(node(1).post(CHAT, "{}", "Lastword-Conversation", "talk"));
    try (var full = ScriptedUpstream.start()) {
      var turn = "\"" + "x".repeat(Gathering.BYTES_MAX) + "\"";
      full.on("/api/conversations/talk", x -> x.respond(200, "application/json", turn));
      cluster.at(3, full.url());

      var refused = node(1).get("/api/conversations/talk");

      assertThat(refused.statusCode()).isEqualTo(507);
      assertThat(refused.body()).contains("response_too_large", "\"limit\":33554432");
      assertThat(refused.headers().firstValue("retry-after")).isEmpty();
    }
  }

  /** Whoever asks waits for the silent one, and holds what the others have said meanwhile. */
  @Test
  void givenASilentNode_whenManyAskForAName_thenTheyDoNotTakeAllTheMemoryThatThereIsForAnswers()
      throws Exception {
    int many = 20;
    Files.writeString(
        folder.resolve("lastword.yaml"),
        "limits: { answer-bytes-max: 4194304 }\n" + FILE.replace("UPSTREAM", upstream.url()));
    node(2).reload();
    var clients = new ArrayList<RawClient>();
    try (var silent = new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress());
        var other = ScriptedUpstream.start()) {
      cluster.at(1, other.url()); // says of each that it does not have it
      cluster.at(3, "http://127.0.0.1:" + silent.getLocalPort());
      for (int i = 0; i < many; i++) {
        var client = node(2).client();
        clients.add(client);
        client.timeoutMs(60_000).get("/chat/c-" + i + "/stream");
      }
      await().atMost(Duration.ofSeconds(60)).until(() -> other.exchanges().size() >= many);
      cluster.at(3, node(3).url()); // somebody else has its shard by now

      for (var client : clients) {
        var reply = client.reply();
        assertThat(reply.body()).contains("shards_unreachable").doesNotContain("overloaded");
      }
    } finally {
      for (var client : clients) {
        client.close();
      }
    }
  }

  @Test
  void givenANodeThatRefusesForNow_whenListed_thenTheOthersAreThereAndThatIsSaid()
      throws Exception {
    var here = id(node(1).post(CHAT, "{}"));
    try (var busy = ScriptedUpstream.start()) {
      busy.on("/api/streams", x -> x.respond(503, "application/problem+json", "{}"));
      cluster.at(3, busy.url());

      var list = node(1).get("/api/streams");

      assertThat(list.statusCode()).isEqualTo(200);
      assertThat(list.headers().firstValue("lastword-missing-shards")).contains("3");
      assertThat(ids(TestGateway.read(list.body()))).containsExactly(here);
      assertThat(busy.exchanges()).isNotEmpty();
    }
  }

  // --- owners

  @Test
  void givenTwoOwners_whenEachAsksAnyNode_thenEachSeesItsOwn() throws Exception {
    var alices = id(node(1).post(CHAT, "{}", "Authorization", "Bearer alice"));
    id(node(2).post(CHAT, "{}", "Authorization", "Bearer bob"));

    for (var node : nodes) {
      assertThat(node.get("/v1/stream/" + alices, "Authorization", "Bearer alice").body())
          .contains("[DONE]");
      assertThat(node.get("/v1/stream/" + alices, "Authorization", "Bearer bob").statusCode())
          .isEqualTo(404);
      var list = node.get("/api/streams", "Authorization", "Bearer alice");
      assertThat(ids(TestGateway.read(list.body()))).containsExactly(alices);
      assertThat(
              ids(
                  TestGateway.read(
                      node.get(
                              "/api/streams",
                              "Authorization",
                              "Bearer let-me-see-everything-of-all")
                          .body())))
          .hasSize(2);
    }
  }

  @Test
  void givenAnOwnersChosenId_whenAskedOnAnyNode_thenItIsFoundByIt() throws Exception {
    var id =
        id(
            node(1)
                .post(
                    CHAT,
                    "{}",
                    "Authorization",
                    "Bearer alice",
                    "Lastword-Stream",
                    "chosen-by-alice-1"));
    assertThat(id).isNotEqualTo("chosen-by-alice-1");
    for (var node : nodes) {
      assertThat(node.get("/v1/stream/chosen-by-alice-1", "Authorization", "Bearer alice").body())
          .contains("[DONE]");
      assertThat(
              node.get("/v1/stream/chosen-by-alice-1", "Authorization", "Bearer bob").statusCode())
          .isEqualTo(404);
    }
  }

  @Test
  void givenAClientThatSpeaksAsAnAdministratorOfANode_whenAsked_thenItIsNotBelieved()
      throws Exception {
    id(node(1).post(CHAT, "{}", "Authorization", "Bearer alice"));
    var list = node(1).get("/api/streams", "Lastword-Node-As", "administrator");
    assertThat(ids(TestGateway.read(list.body()))).isEmpty();
  }

  // --- by name

  private void answersSlowly(String path) {
    upstream.on(
        path,
        x -> {
          x.stream()
              .data("{\"type\":\"start\"}")
              .data("{\"type\":\"text-start\",\"id\":\"t\"}")
              .data("{\"type\":\"text-delta\",\"id\":\"t\",\"delta\":\"Hello\"}");
          goOn.await();
          x.data("{\"type\":\"text-end\",\"id\":\"t\"}")
              .data("{\"type\":\"finish\"}")
              .data("[DONE]")
              .end();
        });
  }

  @Test
  void givenAChatOfTheAiSdk_whenResumedOnAnotherNode_thenItGoesOn() throws Exception {
    answersSlowly("/chat");
    try (var client = node(1).client()) {
      client.post("/chat", "{\"id\":\"c-1\",\"messages\":[]}").head();
      client.readUntil("Hello");
      assertThat(node(2).get("/chat/c-2/stream").statusCode()).isEqualTo(204);
      try (var back = node(2).client()) {
        var head = back.get("/chat/c-1/stream").head();
        assertThat(head.status()).isEqualTo(200);
        back.readUntil("Hello");
        goOn.countDown();
        var rest = back.body(head, Long.MAX_VALUE);
        assertThat(rest.end()).isEqualTo(RawClient.End.CLEAN);
        assertThat(rest.body()).contains("finish");
      }
    }
    assertThat(node(2).get("/chat/c-1/stream").statusCode()).isEqualTo(204);
    cluster.nobody(1);
    assertThat(node(2).get("/chat/c-1/stream").statusCode()).isEqualTo(503);
  }

  @Test
  void givenAWorkflow_whenResumedOnAnotherNode_thenItGoesOnBehindItsIndex() throws Exception {
    answersSlowly("/flow");
    goOn.countDown();
    var run = node(1).post("/flow", "{\"id\":\"c-1\",\"messages\":[]}");
    var id = run.headers().firstValue("x-workflow-run-id").orElseThrow();

    var back = node(3).get("/flow/" + id + "/stream?startIndex=3");
    assertThat(back.statusCode()).isEqualTo(200);
    assertThat(back.body()).contains("text-end", "finish").doesNotContain("Hello");
  }

  @Test
  void givenRunsOfAgents_whenAskedAgainOnAnotherNode_thenTheyAreReplayed() throws Exception {
    for (var path : List.of("/tan", "/agents")) {
      upstream.on(
          path,
          x ->
              x.stream()
                  .data("{\"type\":\"RUN_STARTED\",\"threadId\":\"t\",\"runId\":\"r\"}")
                  .data("{\"type\":\"RUN_FINISHED\",\"threadId\":\"t\",\"runId\":\"r\"}")
                  .end());
    }
    var run = "{\"threadId\":\"t\",\"messages\":[],\"runId\":\"one\"}";
    var first = node(1).post("/agents", run);
    var again = node(2).post("/agents", run);
    assertThat(again.headers().firstValue("lastword-replayed")).contains("true");
    assertThat(again.body()).isEqualTo(first.body());

    var tan = node(1).post("/tan", "{}", "X-Run-Id", "two");
    var back =
        node(3).post("/tan", "{}", "X-Run-Id", "two", "Last-Event-ID", firstIdOf(tan.body()));
    assertThat(back.statusCode()).isEqualTo(200);
    assertThat(back.body()).contains("RUN_FINISHED").doesNotContain("RUN_STARTED");
    assertThat(node(2).get("/tan?runId=two").body()).contains("RUN_STARTED");
    assertThat(upstream.exchanges()).hasSize(2);
  }

  private static String firstIdOf(String events) {
    return events
        .lines()
        .filter(line -> line.startsWith("id: "))
        .findFirst()
        .orElseThrow()
        .substring(4);
  }

  private void respondsTo(String path) {
    upstream.on(
        path,
        x ->
            x.stream()
                .chunk(
                    "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"in_progress\",\"model\":\"m\",\"output\":[]}}\n\n")
                .chunk(
                    "event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":1,\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"model\":\"m\",\"output\":[]}}\n\n")
                .end());
  }

  @Test
  void givenAResponseOfOpenAi_whenAskedForOnAnotherNode_thenTheUpstreamIsNot() throws Exception {
    respondsTo("/v1/responses");
    id(node(1).post("/v1/responses", "{\"model\":\"m\",\"stream\":true}"));

    var object = node(2).get("/v1/responses/resp_1");
    assertThat(object.statusCode()).as(object.body()).isEqualTo(200);
    assertThat(TestGateway.read(object.body()).get("status").asString()).isEqualTo("completed");
    assertThat(node(3).get("/v1/responses/resp_1?stream=true&starting_after=0").body())
        .contains("response.completed")
        .doesNotContain("response.created");
    assertThat(upstream.exchanges()).hasSize(1);
    upstream.on("/v1/responses/resp_2", x -> x.respond(200, "application/json", "{\"theirs\":1}"));
    assertThat(node(2).get("/v1/responses/resp_2").body()).contains("theirs");
    assertThat(delete(node(2), "/v1/responses/resp_1").body()).contains("\"deleted\":true");
    assertThat(node(1).get("/v1/responses/resp_1").statusCode()).isEqualTo(404);
  }

  @Test
  void givenAConnectionThatNamesTheQuestionOfNodes_whenOthersAreAsked_thenTheyStillOnlyAnswerIt()
      throws Exception {
    upstream.on("/v1/responses/resp_9", x -> x.respond(200, "application/json", "{\"theirs\":1}"));
    try (var client = node(2).client()) {
      client.get("/v1/responses/resp_9", "Connection: lastword-node-ask");
      assertThat(client.reply().body()).contains("theirs");
    }
    assertThat(upstream.exchanges()).hasSize(1);
  }

  @Test
  void givenAnothersResponseOnARouteWithItsOwnCredentials_whenAskedForOnAnyNode_thenItIsNotShown()
      throws Exception {
    respondsTo("/paid/responses");
    upstream.on(
        "/paid/responses/resp_1", x -> x.respond(200, "application/json", "{\"secret\":1}"));
    node(1)
        .post(
            "/paid/responses",
            "{\"model\":\"m\",\"stream\":true}",
            "Authorization",
            "Bearer alice");

    for (var node : nodes) {
      var shown = node.get("/paid/responses/resp_1", "Authorization", "Bearer bob");
      assertThat(shown.body()).doesNotContain("secret");
      assertThat(shown.statusCode()).isEqualTo(404);
    }
    cluster.nobody(1);
    assertThat(node(2).get("/paid/responses/resp_1", "Authorization", "Bearer bob").statusCode())
        .isEqualTo(503);
    try (var busy = ScriptedUpstream.start()) {
      busy.on("/paid/responses/resp_1", x -> x.respond(503, "application/json", "{}"));
      cluster.at(1, busy.url());
      var shown = node(2).get("/paid/responses/resp_1", "Authorization", "Bearer bob");
      assertThat(shown.body()).as("it cannot tell what it has").doesNotContain("secret");
      assertThat(shown.statusCode()).isEqualTo(503);
      assertThat(busy.exchanges()).isNotEmpty();
    }
  }
}
