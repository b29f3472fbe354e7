package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.dialect.TokensDialect;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
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
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Streams that an application writes itself, by requests. */
@Timeout(120)
class ProducersTest {
  private static final String NOBODY = "http://127.0.0.1:9";
  private static final String ID = "a-chosen-id-of-1-answer";
  private static final String MINE = "process-1";
  private static final String OTHER = "process-2";

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

  private HttpResponse<String> begin(String producer, String json, String... fields)
      throws Exception {
    var all = new String[fields.length + 4];
    System.arraycopy(fields, 0, all, 4, fields.length);
    all[0] = "Lastword-Producer";
    all[1] = producer;
    all[2] = "Lastword-Stream";
    all[3] = ID;
    return gateway.post("/api/streams", json, all);
  }

  private void begin(String json) throws Exception {
    assertThat(begin(MINE, json).statusCode()).isEqualTo(201);
  }

  private HttpResponse<String> say(String path, String producer, long sequence, String body)
      throws Exception {
    return gateway.send(
        gateway
            .request(
                "/api/streams/" + ID + path,
                "Lastword-Producer",
                producer,
                "Lastword-Sequence",
                Long.toString(sequence),
                "Content-Type",
                "text/event-stream")
            .POST(BodyPublishers.ofString(body))
            .build());
  }

  private HttpResponse<String> append(long sequence, String... tokens) throws Exception {
    return say("/events", MINE, sequence, tokens(tokens));
  }

  private HttpResponse<String> seal(long sequence) throws Exception {
    return say("/seal", MINE, sequence, "");
  }

  private HttpResponse<String> saved(String producer, String json) throws Exception {
    return gateway.post("/api/streams/" + ID + "/saved", json, "Lastword-Producer", producer);
  }

  private static String tokens(String... tokens) {
    return wire(Arrays.stream(tokens).map(TokensDialect::token).toArray(SseEvent[]::new));
  }

  private static String wire(SseEvent... events) {
    return new String(EncodedEvents.of(List.of(events)).wire(), StandardCharsets.UTF_8);
  }

  private JsonNode stream() throws Exception {
    return gateway.json("/api/streams/" + ID);
  }

  private String text() throws Exception {
    return gateway.json("/api/streams/" + ID + "/response").get("text").asString();
  }

  private static JsonNode json(HttpResponse<String> response, int status) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return TestGateway.read(response.body());
  }

  private static void refused(HttpResponse<String> response, int status, String code) {
    assertThat(json(response, status).get("code").asString()).isEqualTo(code);
  }

  // --- writing

  @Test
  void givenAStreamThatIsWritten_thenItsReadersSeeEachEvent_andItsEndingOnceItIsSealed()
      throws Exception {
    open();
    begin("");
    try (var reader = gateway.client().get("/v1/stream/" + ID)) {
      var head = reader.head();

      assertThat(json(append(1, "Hel", "lo"), 200).get("next").asLong()).isEqualTo(3);
      reader.readUntil("\"lo\"");
      assertThat(json(append(3, "!"), 200).get("durable").asLong()).isEqualTo(3);
      var sealed = json(seal(4), 200);

      assertThat(sealed.get("stream").get("outcome").asString()).isEqualTo("completed");
      assertThat(sealed.get("saving").isNull()).isTrue();
      assertThat(reader.body(head, Long.MAX_VALUE).end()).isEqualTo(RawClient.End.CLEAN);
    }
    assertThat(text()).isEqualTo("Hello!");
    assertThat(stream().get("saved").asBoolean()).isTrue();
  }

  @Test
  void givenWhatIsSentTwice_thenItIsThereOnce_andWhatIsMissingIsNoticed() throws Exception {
    open();
    begin("");
    append(1, "a", "b");

    assertThat(json(append(1, "a", "b"), 200).get("next").asLong()).isEqualTo(3);
    assertThat(json(append(2, "b", "c"), 200).get("next").asLong()).isEqualTo(4);
    var gap = append(5, "e");

    refused(gap, 409, "sequence_gap");
    assertThat(TestGateway.read(gap.body()).get("next").asLong()).isEqualTo(4);
    refused(seal(5), 409, "sequence_gap");
    assertThat(stream().get("state").asString()).isEqualTo("open");
    json(seal(4), 200);
    json(seal(4), 200);
    refused(append(4, "d"), 409, "stream_ended");
    assertThat(text()).isEqualTo("abc");
  }

  @Test
  void givenAnOpening_whenTheSameComesAgain_thenItIsTold_andAnotherOneHasNotThatId()
      throws Exception {
    open();
    var mine = "{\"opening\":\"of-one-call\"}";
    begin(mine);
    append(1, "a");

    assertThat(json(begin(MINE, mine), 200).get("next").asLong()).isEqualTo(2);
    refused(begin(MINE, "{\"opening\":\"of-another-call\"}"), 409, "stream_id_taken");
    refused(begin(MINE, ""), 409, "stream_id_taken");
    refused(begin(OTHER, mine), 409, "stream_id_taken");
    json(seal(2), 200);
    Awaitility.await()
        .untilAsserted(() -> refused(begin(MINE, mine), 409, "stream_ended")); // nobody writes it
    refused(begin(MINE, "{\"opening\":\"of-another-call\"}"), 409, "stream_id_taken");
    refused(begin(MINE, "{\"opening\":\"\"}"), 400, "malformed_field");
    assertThat(text()).isEqualTo("a");
  }

  @Test
  void givenAConversationThatNoFieldCanHold_thenItIsSaidInTheBody() throws Exception {
    open();
    begin("{\"conversation\":\"größe\"}");
    append(1, "a");
    json(seal(2), 200);

    assertThat(stream().get("conversation").asString()).isEqualTo("größe");
    var turns = gateway.json("/api/conversations/gr%C3%B6%C3%9Fe");
    assertThat(turns.get("conversation").asString()).isEqualTo("größe");
    assertThat(turns.get("turns")).hasSize(1);
    refused(gateway.get("/api/conversations/a%0Ab"), 400, "malformed_field");
    refused(begin(MINE, "{\"conversation\":\"a\\nb\"}"), 400, "malformed_field");
    refused(begin(MINE, "{\"conversation\":\"\"}"), 400, "malformed_field");
  }

  @Test
  void givenAConnectionThatIsCutInMidAppend_whenItIsSentAgain_thenNothingIsThereTwice()
      throws Exception {
    open();
    begin("");
    try (var cut = gateway.client()) {
      cut.send(
          "POST /api/streams/"
              + ID
              + "/events HTTP/1.1\r\nHost: localhost\r\nLastword-Producer: "
              + MINE
              + "\r\nLastword-Sequence: 1\r\nContent-Length: 1000\r\n\r\n"
              + tokens("a", "b")
              + "data: \"half an ev");
      Awaitility.await().until(() -> stream().get("events").asLong() == 2);
    }

    assertThat(json(append(1, "a", "b", "c"), 200).get("next").asLong()).isEqualTo(4);
    json(seal(4), 200);
    assertThat(text()).isEqualTo("abc");
  }

  @Test
  void givenEventsThatAreEmptyOrHuge_thenTheyAreKeptAsTheyAre() throws Exception {
    open();
    begin("");
    var huge = "x".repeat(3 << 20);

    json(say("/events", MINE, 1, wire(SseEvent.of("note", ""), TokensDialect.token(""))), 200);
    json(append(3, huge, "\n[DONE]\r\n"), 200);
    json(say("/events", MINE, 5, ""), 200);
    json(seal(5), 200);

    assertThat(text()).isEqualTo(huge + "\n[DONE]\r\n");
    assertThat(gateway.get("/v1/stream/" + ID).body()).contains("event: note\ndata: \n\n");
  }

  @Test
  void givenAnEventThatIsTooLarge_thenItIsRefused_andTheStreamGoesOn() throws Exception {
    open("streams.event-bytes-max", "1000");
    begin("");

    var large = append(1, "a", "x".repeat(2_000));

    refused(large, 413, "event_too_large");
    assertThat(TestGateway.read(large.body()).get("limit").asLong()).isEqualTo(1_000);
    json(append(2, "b"), 200);
    json(seal(3), 200);
    assertThat(text()).isEqualTo("ab");
  }

  @Test
  void givenWhatSoundsLikeAnEnding_thenNoReaderSeesItBeforeTheSeal() throws Exception {
    open();
    begin("{\"dialect\":\"openai-chat\",\"model\":\"m\",\"input\":\"hi\"}");
    var content = "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}";
    var stop = "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";
    try (var reader = gateway.client().get("/v1/stream/" + ID)) {
      var head = reader.head();

      json(say("/events", MINE, 1, wire(SseEvent.of(content), SseEvent.of(stop))), 200);
      json(say("/events", MINE, 3, wire(SseEvent.of("[DONE]"))), 200);

      assertThat(stream().get("events").asLong()).isEqualTo(1);
      json(seal(4), 200);
      var body = reader.body(head, Long.MAX_VALUE);
      assertThat(body.body()).contains("\"stop\"").contains("data: [DONE]");
      assertThat(body.end()).isEqualTo(RawClient.End.CLEAN);
    }
    assertThat(stream().get("model").asString()).isEqualTo("m");
    assertThat(stream().get("events").asLong()).isEqualTo(3);
  }

  @Test
  void givenAnErrorEventOfItsSource_whenItIsSealed_thenItHasFailedWithThat() throws Exception {
    open();
    begin("");
    append(1, "a");
    json(say("/events", MINE, 2, wire(SseEvent.of("error", "{}"), TokensDialect.token("b"))), 200);

    var sealed = json(seal(4), 200).get("stream");

    assertThat(sealed.get("outcome").asString()).isEqualTo("failed");
    assertThat(sealed.get("reason").asString()).isEqualTo("failure_said");
    assertThat(text()).isEqualTo("a");
  }

  @Test
  void givenAnAnswerThatCannotGoOn_thenItsReadersAreTold_andItsPartialIsKept() throws Exception {
    open();
    begin("");
    append(1, "a");

    var path = "/api/streams/" + ID + "/fail";
    var why = "{\"code\":\"model_unreachable\",\"message\":\"No model.\"}";
    var fields = new String[] {"Lastword-Producer", MINE, "Lastword-Sequence", "2"};
    var failed = json(gateway.post(path, why, fields), 200).get("stream");

    assertThat(failed.get("reason").asString()).isEqualTo("model_unreachable");
    json(gateway.post(path, why, fields), 200);
    assertThat(text()).isEqualTo("a");
    try (var reader = gateway.client().get("/v1/stream/" + ID)) {
      var reply = reader.reply();
      assertThat(reply.body()).contains("No model.");
      assertThat(reply.end()).isNotEqualTo(RawClient.End.CLEAN);
    }
  }

  // --- who writes

  @Test
  void givenAnOpeningThatWasNotHeardOf_whenItIsAskedForAgain_thenItIsTheSameStream()
      throws Exception {
    open();
    begin("");
    append(1, "a");

    var again = json(begin(MINE, ""), 200);

    assertThat(again.get("next").asLong()).isEqualTo(2);
    assertThat(again.get("leaseMs").asLong()).isEqualTo(30_000);
    refused(begin(OTHER, ""), 409, "stream_id_taken");
    json(seal(2), 200);
    refused(begin(MINE, ""), 409, "stream_ended");
  }

  @Test
  void givenTwoProducersOfOneStream_thenTheSecondWritesNothing() throws Exception {
    open();
    begin("");
    append(1, "a");

    refused(say("/events", OTHER, 2, tokens("b")), 409, "another_producer");
    refused(say("/seal", OTHER, 2, ""), 409, "another_producer");

    json(append(2, "c"), 200);
    json(seal(3), 200);
    assertThat(text()).isEqualTo("ac");
  }

  @Test
  void givenAnotherOwner_thenThereIsNoSuchStream() throws Exception {
    open();
    begin("");
    var stranger = new String[] {"Authorization", "Bearer x", "Lastword-Producer", MINE};

    refused(gateway.get("/api/streams/" + ID + "/producer", stranger), 404, "not_found");
    refused(gateway.post("/api/streams/" + ID + "/saving", "", stranger), 404, "not_found");
    assertThat(gateway.get("/api/streams?awaits=default", stranger).body())
        .contains("\"streams\":[]");
    json(seal(1), 200);
  }

  @Test
  void givenAReaderWhoStopsIt_thenItsProducerIsToldByTheNextRequest() throws Exception {
    open();
    begin("");
    append(1, "a");

    json(gateway.post("/api/streams/" + ID + "/cancel", ""), 200);
    var told = append(2, "b");

    refused(told, 409, "stream_ended");
    assertThat(TestGateway.read(told.body()).get("outcome").asString()).isEqualTo("cancelled");
    var position = gateway.get("/api/streams/" + ID + "/producer", "Lastword-Producer", MINE);
    refused(position, 409, "stream_ended");
    assertThat(json(seal(2), 200).get("stream").get("outcome").asString()).isEqualTo("cancelled");
    assertThat(text()).isEqualTo("a");
  }

  @Test
  void givenAProducerThatIsSilent_thenItsStreamIsInterrupted_andOneThatSaysThatItIsThereGoesOn()
      throws Exception {
    open("producers.lease-ms", "1000");
    begin("");
    append(1, "a");
    var until = System.nanoTime() + Duration.ofMillis(2_500).toNanos();
    Awaitility.await()
        .pollInterval(Duration.ofMillis(200))
        .until(
            () -> {
              json(gateway.get("/api/streams/" + ID + "/producer", "Lastword-Producer", MINE), 200);
              return System.nanoTime() - until > 0;
            });
    json(append(2, "b"), 200);

    var ended = gateway.ended(ID);

    assertThat(ended.get("outcome").asString()).isEqualTo("interrupted");
    assertThat(ended.get("reason").asString()).isEqualTo("producer_gone");
    assertThat(text()).isEqualTo("ab");
    refused(append(3, "c"), 409, "stream_ended");
  }

  @Test
  void givenAGatewayThatStartsAgain_thenWhatWasOpenIsInterrupted_andItsProducerIsTold()
      throws Exception {
    open();
    begin("");
    append(1, "a");

    gateway.kill();
    gateway = TestGateway.start(data, NOBODY, Map.of());

    var told = append(2, "b");
    refused(told, 409, "stream_ended");
    assertThat(TestGateway.read(told.body()).get("outcome").asString()).isEqualTo("interrupted");
    assertThat(json(seal(2), 200).get("stream").get("outcome").asString()).isEqualTo("interrupted");
    assertThat(text()).isEqualTo("a");
  }

  // --- saving

  @Test
  void givenAnApplicationThatSavesItsAnswers_thenTheEndingIsSaidOnceItHas() throws Exception {
    open();
    begin("{\"saves\":\"completed\",\"attributes\":{\"tool\":\"x\"}}");
    try (var reader = gateway.client().get("/v1/stream/" + ID)) {
      var head = reader.head();
      append(1, "Hello");

      var sealed = json(seal(2), 200);

      assertThat(sealed.get("stream").get("state").asString()).isEqualTo("complete");
      var saving = sealed.get("saving");
      assertThat(saving.get("stream").asString()).isEqualTo(ID);
      assertThat(saving.get("outcome").asString()).isEqualTo("completed");
      assertThat(saving.get("attributes").get("tool").asString()).isEqualTo("x");
      assertThat(saving.get("attributes").get("dialect").asString()).isEqualTo("tokens");
      assertThat(saving.get("response").get("text").asString()).isEqualTo("Hello");
      assertThat(seal(2).body()).as("asked again").isEqualTo(seal(2).body());
      assertThat(stream().get("events").asLong()).as("what readers may see").isEqualTo(1);

      var told = json(saved(MINE, ""), 200).get("stream");

      assertThat(told.get("outcome").asString()).isEqualTo("completed");
      assertThat(told.get("saved").asBoolean()).isTrue();
      assertThat(reader.body(head, Long.MAX_VALUE).body()).contains("[DONE]");
    }
    json(saved(MINE, ""), 200);
    json(seal(2), 200);
    assertThat(stream().get("attributes").get("tool").asString()).isEqualTo("x");
  }

  @Test
  void givenASaveThatIsRejected_thenTheAnswerHasFailed() throws Exception {
    open();
    begin("{\"saves\":\"completed\"}");
    append(1, "a");
    seal(2);

    json(saved(MINE, "{\"result\":\"failed\",\"message\":\"no database\"}"), 200);
    var told = json(saved(MINE, "{\"result\":\"rejected\",\"message\":\"too long\"}"), 200);

    assertThat(told.get("stream").get("outcome").asString()).isEqualTo("failed");
    assertThat(told.get("stream").get("reason").asString()).isEqualTo("save_rejected");
    assertThat(gateway.get("/metrics").body())
        .contains("lastword_save_failures_total{hook=\"@producer\"} 1")
        .contains("lastword_save_rejections_total{hook=\"@producer\"} 1");
  }

  @Test
  void givenAnApplicationThatSavesWhateverComes_thenItIsToldOfAFailure_behindItsReaders()
      throws Exception {
    open();
    begin("{\"saves\":\"all\"}");
    append(1, "a");
    gateway.post("/api/streams/" + ID + "/cancel", "");

    var saving =
        json(gateway.post("/api/streams/" + ID + "/saving", "", "Lastword-Producer", MINE), 200)
            .get("saving");

    assertThat(saving.get("outcome").asString()).isEqualTo("cancelled");
    assertThat(saving.get("response").get("text").asString()).isEqualTo("a");
    json(saved(MINE, ""), 200);
    assertThat(stream().get("saved").asBoolean()).isTrue();
    refused(
        gateway.post("/api/streams/" + ID + "/saving", "", "Lastword-Producer", MINE),
        409,
        "no_save_awaited");
  }

  @Test
  void givenAnApplicationThatDiesBeforeItHasSaved_thenAnotherProcessOfItFindsThatAndSaves()
      throws Exception {
    open("producers.lease-ms", "5000");
    begin("{\"saves\":\"completed\",\"application\":\"chat\"}");
    append(1, "a");
    seal(2);
    refused(
        gateway.post("/api/streams/" + ID + "/saving", "", "Lastword-Producer", OTHER),
        409,
        "save_taken");
    refused(saved(OTHER, ""), 409, "save_taken");
    assertThat(waiting("chat")).isEmpty();

    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !waiting("chat").isEmpty());

    assertThat(waiting("chat")).hasSize(1);
    assertThat(waiting("another")).isEmpty();
    var taken =
        json(gateway.post("/api/streams/" + ID + "/saving", "", "Lastword-Producer", OTHER), 200);
    assertThat(taken.get("saving").get("response").get("text").asString()).isEqualTo("a");
    refused(saved(MINE, ""), 409, "save_taken");
    assertThat(json(saved(OTHER, ""), 200).get("stream").get("outcome").asString())
        .isEqualTo("completed");
    assertThat(waiting("chat")).isEmpty();
  }

  private JsonNode waiting(String application) throws Exception {
    var listed = gateway.get("/api/streams?awaits=" + application, "Lastword-Producer", OTHER);
    return json(listed, 200).get("streams");
  }

  @Test
  void givenAGatewayThatStartsAgainBeforeTheSave_thenItIsStillTheProducersToSave()
      throws Exception {
    open();
    begin("{\"saves\":\"completed\"}");
    append(1, "a");
    var before = json(seal(2), 200).get("saving");

    gateway.kill();
    gateway = TestGateway.start(data, NOBODY, Map.of());

    refused(
        gateway.post("/api/streams/" + ID + "/saving", "", "Lastword-Producer", OTHER),
        409,
        "save_taken");
    assertThat(json(seal(2), 200).get("saving")).isEqualTo(before);
    var told = json(saved(MINE, ""), 200).get("stream");
    assertThat(told.get("outcome").asString()).isEqualTo("completed");
    assertThat(text()).isEqualTo("a");
  }

  @Test
  void givenASealThatNeedsNoSave_thenTheGatewayIsTheSave() throws Exception {
    open();
    begin("{\"saves\":\"completed\"}");
    append(1, "a");

    var sealed = json(say("/seal?saved=true", MINE, 2, ""), 200).get("stream");

    assertThat(sealed.get("outcome").asString()).isEqualTo("completed");
    assertThat(sealed.get("saved").asBoolean()).isTrue();
  }

  @Test
  void givenHooksOfTheOperator_thenTheyAndTheApplicationHaveToSave() throws Exception {
    try (var receiver = HookReceiver.start()) {
      var file =
          Files.writeString(
              data.resolve("lastword.yaml"),
              """
              hooks:
                messages: { type: webhook, url: "%s", secret: "a secret of some length", allow: [127.0.0.0/8] }
              save: { hooks: [messages], policy: journal, retry-max-ms: 50 }
              routes: [{ path: /, upstream: "%s" }]
              """
                  .formatted(receiver.url(), NOBODY));
      gateway = TestGateway.ofFile(data.resolve("data"), file, Map.of());
      begin("{\"saves\":\"completed\"}");
      append(1, "a");
      json(seal(2), 200);
      Awaitility.await().until(() -> !receiver.calls().isEmpty());
      receiver.answer(204);

      assertThat(stream().get("state").asString()).isEqualTo("complete");
      var told = json(saved(MINE, ""), 200).get("stream");

      assertThat(told.get("outcome").asString()).isEqualTo("completed");
      assertThat(receiver.calls()).hasSize(1);
    }
  }

  // --- what is wrong

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"dialect\":\"nobodys\"} | dialect",
        "{\"saves\":\"some\"} | saves",
        "{\"application\":\"a b\"} | application",
        "{\"attributes\":[]} | attributes",
        "{\"attributes\":{\"a\":1}} | attributes",
        "{\"color\":\"red\"} | color",
        "[] | body",
        "{} {} | body",
        "{ | body",
      })
  void givenAnOrderThatIsWrong_thenItSaysWhere(String body, String field) throws Exception {
    open();

    var refusal = json(begin(MINE, body), 400);

    assertThat(refusal.get("code").asString()).isEqualTo("malformed_field");
    assertThat(refusal.get("field").asString()).isEqualTo(field);
  }

  @Test
  void givenRequestsThatSayTooLittle_thenTheyAreRefused() throws Exception {
    open();
    begin("");

    refused(gateway.post("/api/streams", "{}"), 400, "malformed_field");
    refused(begin("two words", ""), 400, "malformed_field");
    refused(
        gateway.post("/api/streams/" + ID + "/events", "", "Lastword-Producer", MINE),
        400,
        "malformed_field");
    refused(append(0, "a"), 400, "malformed_field");
    refused(say("/events", MINE, 1, "data: no blank line"), 400, "malformed_field");
    refused(say("/seal?saved=maybe", MINE, 1, ""), 400, "malformed_field");
    refused(saved(MINE, "{\"result\":\"perhaps\"}"), 400, "malformed_field");
    refused(gateway.get("/api/streams/" + ID + "/events"), 405, "method_not_allowed");
    refused(gateway.get("/api/streams?awaits=a&limit=0"), 400, "malformed_field");
    json(append(1, "a"), 200);
    refused(saved(MINE, ""), 409, "no_save_awaited");
    json(seal(2), 200);
  }

  @Test
  void givenAStreamThatNobodyHereWrites_thenItIsSaid() throws Exception {
    open();
    refused(append(1, "a"), 404, "not_found");
    refused(seal(1), 404, "not_found");
  }
}
