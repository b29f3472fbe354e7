package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Responses under OpenAI's own addresses, from the journal. */
class ResponsesResumeTest {
  private static final String PATH = "/v1/responses";
  private static final String ID = "resp_68f1a0c3";
  private static final String ONE = PATH + "/" + ID;
  private static final String ASK = "{\"model\":\"m\",\"stream\":true,\"input\":\"hello\"}";

  @TempDir Path data;
  private final CountDownLatch over = new CountDownLatch(1);
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    gateway = TestGateway.start(data, upstream);
  }

  @AfterEach
  void stop() throws Exception {
    over.countDown();
    gateway.close();
    upstream.close();
  }

  private static String event(String type, int number, String more) {
    return "event: %s\ndata: {\"type\":\"%s\",\"sequence_number\":%d%s}\n\n"
        .formatted(type, type, number, more);
  }

  private static String state(String type, int number, String status, String output) {
    return event(
        type,
        number,
        ",\"response\":{\"id\":\"%s\",\"object\":\"response\",\"status\":\"%s\",\"model\":\"m\",\"output\":[%s]}"
            .formatted(ID, status, output));
  }

  private static String delta(int number, String text) {
    return event(
        "response.output_text.delta",
        number,
        ",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"%s\""
            .formatted(text));
  }

  private static String message(String text) {
    return "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"status\":\"completed\",\"content\":[{\"type\":\"output_text\",\"text\":\"%s\",\"annotations\":[]}]}"
        .formatted(text);
  }

  /** The beginning of an answer, by an upstream that counts from {@code first}. */
  private static ScriptedUpstream.Exchanged begin(ScriptedUpstream.Exchanged x, int first)
      throws IOException {
    return x.stream()
        .chunk(state("response.created", first, "in_progress", ""))
        .chunk(state("response.in_progress", first + 1, "in_progress", ""))
        .chunk(delta(first + 2, "Hel"));
  }

  private void answers(int first) {
    upstream.on(
        PATH,
        x ->
            begin(x, first)
                .chunk(delta(first + 3, "lo"))
                .chunk(state("response.completed", first + 4, "completed", message("Hello")))
                .end());
  }

  /** Says half of it, and the rest when it is told to. */
  private CountDownLatch hesitates() {
    var goOn = new CountDownLatch(1);
    upstream.on(
        PATH,
        x -> {
          begin(x, 0);
          goOn.await();
          x.chunk(delta(3, "lo"))
              .chunk(state("response.completed", 4, "completed", message("Hello")))
              .end();
        });
    return goOn;
  }

  private JsonNode object(String... headers) throws Exception {
    var answer = gateway.get(ONE, headers);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return TestGateway.read(answer.body());
  }

  private static String text(JsonNode object) {
    return object.get("output").get(0).get("content").get(0).get("text").asString();
  }

  private long asked(String path) {
    return upstream.exchanges().stream().filter(x -> x.path().equals(path)).count();
  }

  private static int events(String body) {
    return (int) body.lines().filter(line -> line.startsWith("data:")).count();
  }

  @Test
  void givenARelayedAnswer_whenItIsAskedForByItsId_thenItIsInProgress_andThenCompleted()
      throws Exception {
    var goOn = hesitates();
    try (var client = gateway.client()) {
      var head = client.post(PATH, ASK).head();
      client.readUntil("Hel");

      var running = object();
      assertThat(running.get("id").asString()).isEqualTo(ID);
      assertThat(running.get("status").asString()).isEqualTo("in_progress");
      assertThat(text(running)).isEqualTo("Hel");
      goOn.countDown();
      client.body(head, Long.MAX_VALUE);

      var ended = object();
      assertThat(ended.get("status").asString()).isEqualTo("completed");
      assertThat(text(ended)).isEqualTo("Hello");
      assertThat(ended.get("object").asString()).isEqualTo("response");
      assertThat(ended.get("model").asString()).isEqualTo("m");
    }
    assertThat(asked(ONE)).isZero();
  }

  @Test
  void givenARestart_whenAskedFor_thenItIsStillThere() throws Exception {
    answers(0);
    gateway.post(PATH, ASK);
    Awaitility.await()
        .until(() -> gateway.get("/metrics").body().contains("lastword_streams_unarchived 0"));

    gateway.restart();

    assertThat(text(object())).isEqualTo("Hello");
    assertThat(events(gateway.get(ONE + "?stream=true").body())).isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "7", "1000"})
  void givenAnUpstreamThatCountsFromAnywhere_whenReadAfterANumber_thenOnlyWhatFollowsIsSaid(
      int first) throws Exception {
    answers(first);
    gateway.post(PATH, ASK);

    for (int last = 0; last < 5; last++) {
      var rest = gateway.get(ONE + "?stream=true&starting_after=" + (first + last)).body();
      assertThat(events(rest)).as("after %d", first + last).isEqualTo(4 - last);
      assertThat(rest).doesNotContain("\"sequence_number\":" + (first + last) + ",");
    }
    assertThat(gateway.get(ONE + "?stream=true&starting_after=" + (first + 5)).statusCode())
        .isEqualTo(400);
    assertThat(gateway.get(ONE + "?stream=true&starting_after=x").statusCode()).isEqualTo(400);
  }

  @Test
  void givenAnUpstreamThatLeavesNumbersOut_whenReadAfterOneOfThem_thenNoEventHasIt()
      throws Exception {
    upstream.on(
        PATH,
        x ->
            begin(x, 3)
                .chunk(delta(9, "lo"))
                .chunk(state("response.completed", 10, "completed", message("Hello")))
                .end());
    gateway.post(PATH, ASK);
    var after = ONE + "?stream=true&starting_after=";

    for (int left : new int[] {6, 7, 8, 11}) {
      assertThat(gateway.get(after + left).statusCode()).as("after %d", left).isEqualTo(400);
    }
    assertThat(events(gateway.get(after + 5).body())).isEqualTo(2);
    assertThat(events(gateway.get(after + 9).body())).isEqualTo(1);
    assertThat(events(gateway.get(after + 0).body())).as("all of them are behind it").isEqualTo(5);
  }

  @Test
  void givenARunningAnswer_whenReadAfterANumber_thenTheRestFollowsAsItComes() throws Exception {
    var goOn = hesitates();
    try (var client = gateway.client();
        var again = gateway.client()) {
      client.post(PATH, ASK).head();
      client.readUntil("Hel");
      var head = again.get(ONE + "?stream=true&starting_after=1").head();
      again.readUntil("Hel");
      goOn.countDown();

      var rest = again.body(head, Long.MAX_VALUE);
      assertThat(rest.end()).isEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body()).contains("\"lo\"", "response.completed");
      assertThat(head.header("content-type")).isEqualTo("text/event-stream");
    }
    assertThat(asked(ONE)).isZero();
  }

  @Test
  void givenARunningAnswer_whenItIsCancelled_thenItSaysSo_andTheUpstreamIsLetGo() throws Exception {
    hesitates();
    try (var client = gateway.client()) {
      client.post(PATH, ASK).head();
      client.readUntil("Hel");

      var cancelled = TestGateway.read(gateway.post(ONE + "/cancel", "").body());

      assertThat(cancelled.get("status").asString()).isEqualTo("cancelled");
      assertThat(text(cancelled)).isEqualTo("Hel");
      assertThat(gateway.post(ONE + "/cancel", "").statusCode()).as("again").isEqualTo(200);
      assertThat(object().get("status").asString()).isEqualTo("cancelled");
    }
  }

  @Test
  void givenAnAnswerThatHasEnded_whenItIsCancelled_thenItStaysWhatItIs() throws Exception {
    answers(0);
    gateway.post(PATH, ASK);

    var late = gateway.post(ONE + "/cancel", "");

    assertThat(late.statusCode()).isEqualTo(200);
    assertThat(TestGateway.read(late.body()).get("status").asString()).isEqualTo("completed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"failed", "incomplete", "cancelled"})
  void givenAnAnswerThatTheUpstreamEndedOtherwise_thenThatIsItsStatus(String status)
      throws Exception {
    upstream.on(PATH, x -> begin(x, 0).chunk(state("response." + status, 3, status, "")).end());
    try (var client = gateway.client()) {
      client.post(PATH, ASK).reply();
    }

    assertThat(object().get("status").asString()).isEqualTo(status);
  }

  @Test
  void givenAnAnswerThatBrokeOff_thenItHasFailed_withItsReasonAndWhatWasSaid() throws Exception {
    upstream.on(PATH, x -> begin(x, 0).cut());
    try (var client = gateway.client()) {
      client.post(PATH, ASK).reply();
    }

    var failed = object();

    assertThat(failed.get("status").asString()).isEqualTo("failed");
    assertThat(failed.get("error").get("code").asString()).isEqualTo("server_error");
    assertThat(text(failed)).isEqualTo("Hel");
  }

  @Test
  void givenAnAnswer_whenItIsDeleted_thenItIsTheUpstreamsToAnswer() throws Exception {
    answers(0);
    upstream.on(ONE, x -> x.respond(404, "application/json", "{\"error\":\"upstreams\"}"));
    gateway.post(PATH, ASK);

    var deleted = gateway.send(gateway.request(ONE).DELETE().build());

    assertThat(deleted.statusCode()).isEqualTo(200);
    assertThat(TestGateway.read(deleted.body()).get("deleted").asBoolean()).isTrue();
    assertThat(asked(ONE)).isZero();
    assertThat(gateway.get(ONE).body()).contains("upstreams");
  }

  @Test
  void givenIdsOfTheUpstreams_thenTheyAreRelayedAsEver() throws Exception {
    answers(0);
    var other = PATH + "/resp_other";
    upstream.on(other, x -> x.respond(200, "application/json", x.method()));
    upstream.on(
        other + "/cancel",
        x -> x.respond(200, "application/json", new String(x.body(), StandardCharsets.UTF_8)));
    upstream.on(ONE + "/input_items", x -> x.respond(200, "application/json", "[]"));
    gateway.post(PATH, ASK);

    assertThat(gateway.get(other).body()).isEqualTo("GET");
    assertThat(gateway.send(gateway.request(other).DELETE().build()).body()).isEqualTo("DELETE");
    assertThat(gateway.post(other + "/cancel", "{\"a\":1}").body()).isEqualTo("{\"a\":1}");
    assertThat(gateway.get(ONE + "/input_items").body()).isEqualTo("[]");
  }

  @Test
  void givenAnothersAnswer_thenItIsTheUpstreamsToAnswer_asIfItWereNotHere() throws Exception {
    answers(0);
    upstream.on(ONE, x -> x.respond(404, "application/json", "{\"error\":\"upstreams\"}"));
    gateway.post(PATH, ASK, "Authorization", "Bearer key-of-alice");

    assertThat(gateway.get(ONE, "Authorization", "Bearer key-of-bob").body()).contains("upstreams");
    assertThat(text(object("Authorization", "Bearer key-of-alice"))).isEqualTo("Hello");
  }

  @Test
  void givenARouteWithItsOwnCredentials_thenAnothersAnswerIsNotFetchedWithThem() throws Exception {
    gateway.close();
    var file =
        Files.writeString(
            data.resolve("lastword.yaml"),
            """
            routes:
              - { path: /, upstream: "%s", upstream-headers: { Authorization: "Bearer of-all" } }
            """
                .formatted(upstream.url()));
    gateway = TestGateway.ofFile(data, file, Map.of());
    answers(0);
    upstream.on(ONE, x -> x.respond(200, "application/json", "{\"secret\":\"of alice\"}"));
    gateway.post(PATH, ASK, "Authorization", "Bearer key-of-alice");

    for (var path :
        List.of(
            ONE,
            ONE + "/",
            ONE + "/input_items",
            ONE.replace("_", "%5F"),
            ONE.replace("/responses/", "/responses//"),
            ONE.replace("/responses/", "/responses/x/../"),
            "/x/.." + ONE,
            "/" + ONE,
            ONE.replace("/responses/", "/%72esponses/"),
            ONE.replace("/responses/", "/responses%2F"),
            ONE + ";a")) {
      assertThat(gateway.get(path, "Authorization", "Bearer key-of-bob").statusCode())
          .as(path)
          .isEqualTo(404);
    }
    assertThat(upstream.exchanges().stream().map(ScriptedUpstream.Exchanged::path))
        .as("the question alone")
        .containsExactly(PATH);

    upstream.on(ONE + "/input_items", x -> x.respond(200, "application/json", "[]"));
    upstream.on(PATH + "/resp_other", x -> x.respond(200, "application/json", "{}"));
    assertThat(
            gateway.get(ONE + "/input_items", "Authorization", "Bearer key-of-alice").statusCode())
        .isEqualTo(200);
    assertThat(gateway.get(PATH + "/resp_other", "Authorization", "Bearer key-of-bob").statusCode())
        .isEqualTo(200);
  }

  @Test
  void givenAnAnswerThatWaitsToBeSaved_thenItIsInProgress_untilItIs() throws Exception {
    gateway.close();
    try (var receiver = HookReceiver.start()) {
      var file =
          Files.writeString(
              data.resolve("lastword.yaml"),
              """
              hooks:
                rows: { type: webhook, url: "%s", secret: "a secret of some length", allow: [127.0.0.0/8] }
              routes: [{ path: /, upstream: "%s", save: [rows] }]
              """
                  .formatted(receiver.url(), upstream.url()));
      gateway = TestGateway.ofFile(data, file, Map.of());
      upstream.on(
          PATH,
          x ->
              begin(x, 0)
                  .chunk(
                      event(
                          "response.completed",
                          3,
                          ",\"response\":{\"id\":\"%s\",\"status\":\"completed\",\"completed_at\":7,\"usage\":{\"total_tokens\":1},\"output\":[%s]}"
                              .formatted(ID, message("Hel"))))
                  .end());
      try (var client = gateway.client()) {
        var head = client.post(PATH, ASK).head();
        client.readUntil("Hel");
        Awaitility.await().until(() -> !receiver.calls().isEmpty());

        var waiting = object();
        assertThat(waiting.get("status").asString()).isEqualTo("in_progress");
        assertThat(waiting.has("completed_at")).isFalse();
        assertThat(waiting.has("usage")).isFalse();
        var late = TestGateway.read(gateway.post(ONE + "/cancel", "").body());
        assertThat(late.get("status").asString()).isEqualTo("in_progress");
        receiver.answer(204);

        assertThat(client.body(head, Long.MAX_VALUE).body()).contains("response.completed");
        assertThat(object().get("status").asString()).isEqualTo("completed");
        assertThat(object().get("completed_at").asInt()).isEqualTo(7);
      }
    }
  }

  @Test
  void givenAPageOfAnotherSite_thenItNeitherReadsNorCancels() throws Exception {
    answers(0);
    gateway.post(PATH, ASK);

    assertThat(gateway.get(ONE, "Sec-Fetch-Site", "cross-site").statusCode()).isEqualTo(403);
    assertThat(gateway.post(ONE + "/cancel", "", "Sec-Fetch-Site", "cross-site").statusCode())
        .isEqualTo(403);
  }
}
