package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.cli.Commands;
import dev.lastword.dialect.TokensDialect;
import dev.lastword.sse.EncodedEvents;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What an application that writes streams itself may take, and who may write any. */
@Timeout(120)
class ProducerBoundsTest {
  private static final String NOBODY = "http://127.0.0.1:9";
  private static final String ADMIN = "token-of-an-administrator";
  private static final String MINE = "process-1";
  private static final String SAVES = "{\"saves\":\"completed\"}";
  private static final String KEPT_TOO_MUCH = "too_many_bytes_of_owner";
  private static final String FIRST = "the-first-answer-here";
  private static final String SECOND = "the-second-answer-here";
  private static final String THIRD = "the-third-answer-here";

  @TempDir Path data;

  @SuppressWarnings("NullAway.Init") // each test opens its own
  private TestGateway gateway;

  @AfterEach
  void stop() {
    gateway.close();
  }

  private void open(String... settings) {
    var set = new HashMap<Setting, String>();
    for (int i = 0; i < settings.length; i += 2) {
      set.put(Setting.named(settings[i]).orElseThrow(), settings[i + 1]);
    }
    gateway = TestGateway.start(data, NOBODY, set);
  }

  private HttpResponse<String> begin(String id, String json, String... fields) throws Exception {
    var all = Arrays.copyOf(fields, fields.length + 4);
    all[fields.length] = "Lastword-Producer";
    all[fields.length + 1] = MINE;
    all[fields.length + 2] = "Lastword-Stream";
    all[fields.length + 3] = id;
    return gateway.post("/api/streams", json, all);
  }

  private HttpResponse<String> say(String id, String path, long sequence, String body)
      throws Exception {
    return gateway.send(
        gateway
            .request(
                "/api/streams/" + id + path,
                "Lastword-Producer",
                MINE,
                "Lastword-Sequence",
                Long.toString(sequence))
            .POST(BodyPublishers.ofString(body))
            .build());
  }

  private HttpResponse<String> saved(String id, String json) throws Exception {
    return gateway.post("/api/streams/" + id + "/saved", json, "Lastword-Producer", MINE);
  }

  private static String token(String text) {
    var wire = EncodedEvents.of(List.of(TokensDialect.token(text))).wire();
    return new String(wire, StandardCharsets.UTF_8);
  }

  private JsonNode stream(String id) throws Exception {
    return gateway.json("/api/streams/" + id);
  }

  private static JsonNode json(HttpResponse<String> response, int status) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return TestGateway.read(response.body());
  }

  private static void refused(HttpResponse<String> response, int status, String code) {
    assertThat(json(response, status).get("code").asString()).isEqualTo(code);
  }

  // --- ids of events

  @Test
  void givenEventsWithLargeIds_thenTheIdsCountAsWhatTheyAre() throws Exception {
    open("streams.response-bytes-max", "16777216");
    json(begin(FIRST, ""), 201);
    var event = "id: " + "x".repeat(7 << 20) + "\ndata: \"a\"\n\n";

    json(say(FIRST, "/events", 1, event), 200);
    json(say(FIRST, "/events", 2, event), 200);
    assertThat(stream(FIRST).get("bytes").asLong()).isGreaterThan(14L << 20);
    var third = json(say(FIRST, "/events", 3, event), 409);

    assertThat(third.get("code").asString()).isEqualTo("stream_ended");
    assertThat(third.get("reason").asString()).isEqualTo("response_too_large");
  }

  @Test
  void givenAnEndingWithLargeIds_thenTheyBelongToWhatMayBeKeptBack() throws Exception {
    open("streams.event-bytes-max", "1000");
    json(begin(FIRST, "{\"dialect\":\"openai-chat\"}"), 201);
    var stop = "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";
    var event = "id: " + "x".repeat(700) + "\ndata: " + stop + "\n\n";

    json(say(FIRST, "/events", 1, event), 200);

    refused(say(FIRST, "/events", 2, event), 413, "event_too_large");
  }

  @Test
  void givenWhatIsKeptOfAnOwner_thenIdsOfEventsAreAmongIt() throws Exception {
    open("limits.owner-bytes-max", "100000");
    json(begin(FIRST, ""), 201);
    json(say(FIRST, "/events", 1, "id: " + "x".repeat(200_000) + "\ndata: \"a\"\n\n"), 200);
    json(say(FIRST, "/seal", 2, ""), 200);

    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(300))
        .untilAsserted(
            () -> refused(begin("another-answer-" + System.nanoTime(), ""), 429, KEPT_TOO_MUCH));
  }

  // --- answers that nobody saves

  @Test
  void givenAnswersThatWaitForTheirSave_thenTheyAreAmongWhatTheirOwnerMayHave() throws Exception {
    open("limits.owner-generations-max", "2");
    for (var id : List.of(FIRST, SECOND)) {
      json(begin(id, SAVES), 201);
      json(say(id, "/seal", 1, token("a")), 200);
    }

    refused(begin(THIRD, SAVES), 429, "too_many_streams_of_owner");
    json(begin(THIRD, SAVES, "Authorization", "Bearer another"), 201);

    json(saved(FIRST, ""), 200);
    await().untilAsserted(() -> json(begin(THIRD, SAVES), 201));
  }

  @Test
  void givenAPartialThatWaitsForItsSave_thenItIsAmongWhatItsOwnerMayHave() throws Exception {
    open("limits.owner-generations-max", "1");
    json(begin(FIRST, "{\"saves\":\"all\"}"), 201);
    json(gateway.post("/api/streams/" + FIRST + "/cancel", ""), 200);

    refused(begin(SECOND, ""), 429, "too_many_streams_of_owner");

    json(saved(FIRST, ""), 200);
    await().untilAsserted(() -> json(begin(SECOND, ""), 201));
    json(say(SECOND, "/seal", 1, ""), 200);
    await().untilAsserted(() -> json(begin(THIRD, ""), 201));
  }

  @Test
  void givenAnAnswerThatNobodySaves_whenItsOwnerDeletesIt_thenItIsGone() throws Exception {
    open();
    json(begin(FIRST, SAVES), 201);
    json(say(FIRST, "/seal", 1, token("a")), 200);

    assertThat(delete(FIRST).statusCode()).isEqualTo(204);

    refused(gateway.get("/api/streams/" + FIRST), 404, "not_found");
    refused(saved(FIRST, ""), 404, "not_found");
    json(begin(FIRST, SAVES), 201);
  }

  private HttpResponse<String> delete(String id) throws Exception {
    return gateway.send(gateway.request("/api/streams/" + id).DELETE().build());
  }

  private void openWithHook(HookReceiver receiver) throws Exception {
    var file =
        Files.writeString(
            data.resolve("lastword.yaml"),
            """
            hooks:
              messages: { type: webhook, url: "%s", secret: "a secret of some length", allow: [127.0.0.0/8] }
            save: { hooks: [messages], retry-max-ms: 50 }
            routes: [{ path: /, upstream: "%s" }]
            """
                .formatted(receiver.url(), NOBODY));
    gateway = TestGateway.ofFile(data.resolve("data"), file, Map.of());
  }

  @Test
  void givenAHookOfTheOperatorThatIsStillToBeTold_whenTheOwnerDeletes_thenNotYet()
      throws Exception {
    try (var receiver = HookReceiver.start()) {
      openWithHook(receiver);
      json(begin(FIRST, SAVES), 201);
      json(say(FIRST, "/seal", 1, token("a")), 200);

      refused(delete(FIRST), 409, "save_pending");

      receiver.answer(204);
      await().until(() -> delete(FIRST).statusCode() == 204);
    }
  }

  @Test
  void givenAHookOfTheOperatorThatRejects_whenTheApplicationHasSaved_thenItIsToldAtOnce()
      throws Exception {
    try (var receiver = HookReceiver.start()) {
      openWithHook(receiver);
      json(begin(FIRST, SAVES), 201);
      json(say(FIRST, "/seal", 1, token("a")), 200);
      await().until(() -> !receiver.calls().isEmpty());
      receiver.answer(400);

      var told = saved(FIRST, "");

      var stream = json(told, 200).get("stream");
      assertThat(stream.get("outcome").asString()).isEqualTo("failed");
      assertThat(stream.get("reason").asString()).isEqualTo("save_rejected");
    }
  }

  // --- an id that lives again

  @Test
  void givenAnIdThatLivesAgain_whenTheSaveOfTheFormerLifeIsSaid_thenItCountsForNothing()
      throws Exception {
    open();
    json(begin(FIRST, SAVES), 201);
    var former = json(say(FIRST, "/seal", 1, token("a")), 200).get("saving");
    assertThat(former.get("leaseMs").asLong()).isEqualTo(30_000);
    assertThat(delete(FIRST).statusCode()).isEqualTo(204);
    json(begin(FIRST, SAVES), 201);
    var saving = json(say(FIRST, "/seal", 1, token("b")), 200).get("saving");
    assertThat(saving.get("response").get("text").asString()).isEqualTo("b");

    for (var result : List.of("saving", "failed", "rejected", "saved")) {
      refused(saved(FIRST, said(result, former)), 409, "no_save_awaited");
    }

    assertThat(stream(FIRST).get("state").asString()).isEqualTo("complete");
    json(saved(FIRST, said("saving", saving)), 200);
    var told = json(saved(FIRST, said("saved", saving)), 200).get("stream");
    assertThat(told.get("outcome").asString()).isEqualTo("completed");
    refused(saved(FIRST, said("saved", former)), 409, "no_save_awaited");
    refused(saved(FIRST, "{\"created\":\"yesterday\"}"), 400, "malformed_field");
  }

  private static String said(String result, JsonNode saving) {
    return "{\"result\":\"%s\",\"created\":\"%s\"}"
        .formatted(result, saving.get("created").asString());
  }

  // --- memory

  @Test
  void givenTwoRequestsWithEventsOfOneStream_thenTheOneThatHasNotComeWholeIsOver()
      throws Exception {
    open();
    json(begin(FIRST, ""), 201);
    try (var half = half(FIRST, token("a") + "data: \"half")) {
      await().until(() -> stream(FIRST).get("events").asLong() == 1);

      assertThat(json(say(FIRST, "/events", 1, token("a") + token("b")), 200).get("next").asLong())
          .isEqualTo(3);

      var reply = half.reply();
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.body()).contains("append_superseded");
    }
    json(say(FIRST, "/seal", 3, ""), 200);
    assertThat(gateway.json("/api/streams/" + FIRST + "/response").get("text").asString())
        .isEqualTo("ab");
  }

  private RawClient half(String id, String body) throws Exception {
    return gateway
        .client()
        .send(
            "POST /api/streams/"
                + id
                + "/events HTTP/1.1\r\nHost: localhost\r\nLastword-Producer: "
                + MINE
                + "\r\nLastword-Sequence: 1\r\nContent-Length: 20000000\r\n\r\n"
                + body);
  }

  @Test
  void givenHalfAnEvent_thenItTakesItsMemoryFromThatOfAnswers_andGivesItBack() throws Exception {
    open("limits.answer-bytes-max", "1000000");
    for (var id : List.of(FIRST, SECOND)) {
      json(begin(id, ""), 201);
    }
    try (var _ = half(FIRST, "data: \"" + "x".repeat(3_000_000))) {
      await().until(() -> taken() > 3_000_000);

      refused(say(SECOND, "/events", 1, token("y".repeat(500_000))), 503, "overloaded");
      refused(begin(THIRD, "{\"input\":\"" + "z".repeat(200_000) + "\"}"), 503, "overloaded");
      json(say(SECOND, "/events", 1, token("y")), 200);
    }

    await().until(() -> taken() == 0);
    json(say(SECOND, "/events", 2, token("y".repeat(500_000))), 200);
    json(begin(THIRD, "{\"input\":\"" + "z".repeat(200_000) + "\"}"), 201);
    assertThat(taken()).isZero();
  }

  private long taken() throws Exception {
    return gateway
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("lastword_answers_bytes "))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.indexOf(' '))))
        .sum();
  }

  @Test
  void givenAttributesThatAreLong_thenAListOfStreamsIsNot() throws Exception {
    open();
    var large = "{\"attributes\":{\"notes\":\"" + "n".repeat(900_000) + "\"}}";
    for (int i = 0; i < 10; i++) {
      json(begin("an-answer-with-notes-" + i, large), 201);
    }
    json(begin(FIRST, "{\"attributes\":{\"tool\":\"clock\"}}"), 201);

    var list = gateway.get("/api/streams").body();

    assertThat(list.length()).isLessThan(20_000);
    var streams = TestGateway.read(list).get("streams");
    assertThat(streams.get(0).get("attributes").get("tool").asString()).isEqualTo("clock");
    assertThat(streams.get(1).get("attributes").isNull()).isTrue();
    assertThat(stream("an-answer-with-notes-1").get("attributes").get("notes").asString())
        .hasSize(900_000);
    refused(begin(SECOND, "{\"model\":\"" + "m".repeat(2_000) + "\"}"), 400, "malformed_field");
  }

  // --- who may write, and who is shown what

  @Test
  void givenAListenerThatOthersReach_whenCredentialsAreJudgedByNobody_thenNoStreamIsWritten()
      throws Exception {
    open("listen", "0.0.0.0:0");
    refused(begin(FIRST, "", "Authorization", "Bearer invented"), 403, "producers_refused");
    refused(begin(FIRST, "{}", "Authorization", "Bearer invented"), 403, "producers_refused");
    gateway.close();

    open("listen", "0.0.0.0:0", "producers.enabled", "true");
    json(begin(FIRST, "", "Authorization", "Bearer x"), 201);
    gateway.close();

    open("listen", "0.0.0.0:0", "access.mode", "open");
    json(begin(SECOND, ""), 201);
    gateway.close();

    open("producers.enabled", "false");
    refused(begin(THIRD, ""), 403, "producers_refused");
  }

  @Test
  void givenAListenerThatOthersReach_whenTheGatewayKnowsItsKeys_thenTheirOwnersWrite()
      throws Exception {
    var said = new ByteArrayOutputStream();
    var out = new PrintStream(said, true, StandardCharsets.UTF_8);
    new Commands(List.of(new KeyCommand(out)), out, out)
        .run(new String[] {"key", "add", "--owner", "ann", "--data", data.toString()});
    var key = said.toString(StandardCharsets.UTF_8).strip();
    open("listen", "0.0.0.0:0", "access.mode", "keys");
    json(begin(FIRST, "", "Authorization", "Bearer " + key), 201);
    refused(begin(SECOND, "", "Authorization", "Bearer x"), 401, "credentials_refused");
  }

  @Test
  void givenTheAdministrator_thenNoStreamBegins_whichWouldBeNobodys() throws Exception {
    open("admin.token", ADMIN);
    refused(begin(FIRST, "", "Authorization", "Bearer " + ADMIN), 403, "admin_not_owner");
    refused(gateway.get("/api/streams/" + FIRST), 404, "not_found");
  }

  @Test
  void givenALink_thenWhatTheApplicationHasNotedIsNotShown() throws Exception {
    open();
    json(begin(FIRST, "{\"model\":\"m\",\"attributes\":{\"owner\":\"ann\"}}"), 201);
    var read = link("read");
    var cancel = link("cancel");

    var shown = gateway.json("/api/streams/" + FIRST + read);
    assertThat(shown.get("model").asString()).isEqualTo("m");
    assertThat(shown.get("attributes").isNull()).isTrue();
    var cancelled = json(gateway.post("/api/streams/" + FIRST + "/cancel" + cancel, ""), 200);
    assertThat(cancelled.get("attributes").isNull()).isTrue();
    assertThat(stream(FIRST).get("attributes").get("owner").asString()).isEqualTo("ann");
  }

  private String link(String right) throws Exception {
    var made =
        gateway.post("/api/streams/" + FIRST + "/links", "{\"right\":\"%s\"}".formatted(right));
    var url = json(made, 201).get("url").asString();
    return url.substring(url.indexOf('?'));
  }
}
