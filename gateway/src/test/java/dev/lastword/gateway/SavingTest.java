package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Answers that an application's own endpoint has to acknowledge before their ending is said. */
class SavingTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String ASKED =
      "{\"model\":\"m\",\"stream\":true,\"metadata\":{\"chat\":\"c-7\"},\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String HOOK =
      "{ type: webhook, url: \"HOOK\", secret: \"a secret of some length\", allow: [127.0.0.0/8] }";
  private static final String FILE =
      """
      hooks:
        messages: HOOKED
      save: { hooks: [messages], facts: ["chat=/metadata/chat", "tenant=header:X-Tenant"], retry-max-ms: 50 }
      routes: [{ path: /, upstream: "UPSTREAM" }]
      """;

  @TempDir Path folder;
  private final CountDownLatch over = new CountDownLatch(1);
  private ScriptedUpstream upstream;
  private HookReceiver receiver;

  @SuppressWarnings("NullAway.Init") // each test opens its own
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on(CHAT, x -> x.stream().delta("Hello").finish().data("[DONE]").end());
    upstream.on("/cut", x -> x.stream().delta("Hel").cut());
    receiver = HookReceiver.start();
  }

  @AfterEach
  void stop() throws Exception {
    over.countDown();
    receiver.answerAll(503);
    if (gateway != null) {
      gateway.close();
    }
    receiver.close();
    upstream.close();
  }

  private Path write(String yaml) throws Exception {
    return Files.writeString(
        folder.resolve("lastword.yaml"),
        yaml.replace("HOOKED", HOOK)
            .replace("HOOK", receiver.url())
            .replace("UPSTREAM", upstream.url()));
  }

  private void open(String yaml) throws Exception {
    gateway = TestGateway.ofFile(folder.resolve("data"), write(yaml), Map.of());
  }

  private void awaitCalls(int calls) {
    Awaitility.await().until(() -> receiver.calls().size() >= calls);
  }

  private String metrics() throws Exception {
    return gateway.get("/metrics").body();
  }

  private static String id(RawClient.Reply head) {
    return head.header("lastword-stream");
  }

  @Test
  void givenAHook_whenItHasNotAnswered_thenTheEndingIsNotSaid_andThenItIs() throws Exception {
    open(FILE);
    try (var client = gateway.client()) {
      var head = client.post(CHAT, ASKED).head();
      client.readUntil("Hello");
      awaitCalls(1);

      assertThat(gateway.json("/api/streams/" + id(head)).get("state").asString())
          .isEqualTo("complete");
      assertThat(metrics()).contains("lastword_saves_pending 1");
      receiver.answer(204);

      assertThat(client.body(head, Long.MAX_VALUE).body()).contains("\"stop\"", "[DONE]");
      assertThat(gateway.json("/api/streams/" + id(head)).get("saved").asBoolean()).isTrue();
      assertThat(receiver.calls()).hasSize(1);
      assertThat(receiver.calls().getFirst().id()).isEqualTo(id(head));
      assertThat(metrics())
          .contains(
              "lastword_saves_seconds_count{hook=\"messages\"} 1",
              "lastword_saves_pending 0",
              "lastword_streams_released_unsaved_total{policy=\"publish\"} 0",
              "lastword_streams_released_unsaved_total{policy=\"journal\"} 0");
    }
  }

  @Test
  void givenWhatTheRequestSays_thenTheHookIsToldTheFactsThatAreConfigured_andNoCredentials()
      throws Exception {
    open(FILE);
    receiver.answerAll(200);

    gateway.post(CHAT, ASKED, "X-Tenant", "acme", "Authorization", "Bearer key-of-a-provider");

    var call = receiver.calls().getFirst();
    assertThat(call.data().get("facts").get("chat").asString()).isEqualTo("c-7");
    assertThat(call.data().get("facts").get("tenant").asString()).isEqualTo("acme");
    assertThat(call.data().get("response").get("text").asString()).isEqualTo("Hello");
    assertThat(call.data().get("outcome").asString()).isEqualTo("completed");
    assertThat(call.text()).doesNotContain("key-of-a-provider");
  }

  @Test
  void givenTheReceiptOfASavedAnswer_thenItNamesTheHook_whichWasToldItsDigest() throws Exception {
    open(FILE);
    receiver.answerAll(200);

    var answer = gateway.post(CHAT, ASKED);

    var id = answer.headers().firstValue("lastword-stream").orElseThrow();
    var receipt = SignedReceipt.read(gateway.ended(id).get("receipt").asString()).orElseThrow();
    var told = receiver.calls().getFirst().data();
    assertThat(receipt.claims().hooks()).containsExactly("messages");
    assertThat(told.get("sha256").asString()).isEqualTo(receipt.claims().sha256());
    assertThat(told.get("events").asLong()).isEqualTo(receipt.claims().events());
  }

  @Test
  void givenWhatAHookIsToldWith_thenItProvesTheAnswer_andIsTheSameBehindAnotherKeyAndARestart()
      throws Exception {
    open(FILE);
    String id;
    try (var client = gateway.client()) {
      var head = client.post(CHAT, ASKED).head();
      id = id(head);
      awaitCalls(1);
      ReceiptKeys.add(folder.resolve("data"), System.currentTimeMillis());
      receiver.answer(503);
      awaitCalls(2);
    }
    gateway.restart();
    awaitCalls(3);
    receiver.answerAll(200);
    gateway.ended(id);

    assertThat(receiver.calls())
        .extracting(HookReceiver.Received::text)
        .containsOnly(receiver.calls().getFirst().text());
    var told = receiver.calls().getFirst().data().get("receipt").asString();
    assertThat(ReceiptsTest.verify("verify", told, "--data", folder.resolve("data").toString()))
        .startsWith("0 Proved: the 3 events in ")
        .contains("which were to be saved as completed", id);
    assertThat(
            ReceiptsTest.verify(
                "verify",
                told.substring(0, told.lastIndexOf('.') + 1) + "A".repeat(86),
                "--data",
                folder.resolve("data").toString()))
        .startsWith("1 Not proved");
  }

  @Test
  void givenAHookThatFails_thenItIsCalledAgain_withTheSameBody_untilItHasIt() throws Exception {
    open(FILE);
    receiver.answer(500).answer(429).answer(302).answer(200);

    var answer = gateway.post(CHAT, ASKED);

    assertThat(answer.body()).contains("[DONE]");
    assertThat(receiver.calls()).hasSize(4);
    assertThat(receiver.calls())
        .extracting(HookReceiver.Received::text)
        .containsOnly(receiver.calls().getFirst().text());
    assertThat(receiver.calls())
        .extracting(HookReceiver.Received::id)
        .containsOnly(receiver.calls().getFirst().id());
    assertThat(metrics())
        .contains(
            "lastword_save_failures_total{hook=\"messages\"} 3",
            "lastword_save_rejections_total{hook=\"messages\"} 0");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void
      givenAProgramThatIsStartedOneByOne_whenMoreAnswersWaitThanItTakesInTheTimeOfACall_thenNoneFails()
          throws Exception {
    open(
        FILE.replace("HOOKED", "{ type: command, command: [sleep, \"0.3\"], calls-max: 1 }")
            .replace("retry-max-ms: 50", "timeout-ms: 3000, policy: journal"));

    for (int i = 0; i < 20; i++) {
      assertThat(gateway.post(CHAT, ASKED).body()).contains("[DONE]");
    }
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> gateway.json("/api/streams?saved=false").get("streams").isEmpty());

    assertThat(metrics())
        .contains(
            "lastword_saves_seconds_count{hook=\"messages\"} 20",
            "lastword_save_failures_total{hook=\"messages\"} 0");
  }

  @Test
  void givenAHookThatRejects_thenTheAnswerFails_isListed_andCanBeSavedLater() throws Exception {
    open(FILE);
    receiver.answer(422);
    try (var client = gateway.client()) {
      var head = client.post(CHAT, ASKED).head();
      var body = client.body(head, Long.MAX_VALUE).body();
      assertThat(body).contains("save_rejected").doesNotContain("[DONE]");
      var id = id(head);
      var waiting = gateway.json("/api/streams?saved=false").get("streams");
      assertThat(
              StreamSupport.stream(waiting.spliterator(), false).map(s -> s.get("id").asString()))
          .containsExactly(id);
      assertThat(gateway.json("/api/streams?saved=true").get("streams")).isEmpty();

      assertThat(metrics())
          .contains(
              "lastword_save_rejections_total{hook=\"messages\"} 1",
              "lastword_save_failures_total{hook=\"messages\"} 0",
              "lastword_saves_pending 0");

      receiver.answer(503);
      var refused = gateway.post("/api/streams/" + id + "/save", "");
      assertThat(refused.statusCode()).isEqualTo(502);
      assertThat(refused.body()).contains("save_failed", "503");
      receiver.answer(200);
      var saved = gateway.post("/api/streams/" + id + "/save", "");

      assertThat(saved.statusCode()).isEqualTo(200);
      assertThat(gateway.json("/api/streams?saved=false").get("streams")).isEmpty();
      assertThat(receiver.calls()).hasSize(3);
      assertThat(receiver.calls().get(2).data().get("response").get("text").asString())
          .isEqualTo("Hello");
    }
  }

  @Test
  void givenAnAnswerWaits_whenTheGatewayStartsAgain_thenTheHookIsCalledAgain_andThenItIsSaid()
      throws Exception {
    open(FILE);
    String id;
    try (var client = gateway.client()) {
      var head = client.post(CHAT, ASKED).head();
      id = id(head);
      awaitCalls(1);
    }
    gateway.restart();
    awaitCalls(2);
    receiver.answerAll(200);

    assertThat(gateway.ended(id).get("outcome").asString()).isEqualTo("completed");
    assertThat(receiver.calls())
        .extracting(HookReceiver.Received::text)
        .containsOnly(receiver.calls().getFirst().text());
    assertThat(gateway.get("/v1/stream/" + id).body()).contains("Hello", "[DONE]");
  }

  @Test
  void givenTheHookIsTakenOutOfTheConfiguration_thenAnswersThatNameItWait_untilItIsBack()
      throws Exception {
    open(FILE);
    String id;
    try (var client = gateway.client()) {
      var head = client.post(CHAT, ASKED).head();
      id = id(head);
      awaitCalls(1);
    }
    gateway.close();
    open("save: { retry-max-ms: 50 }\nroutes: [{ path: /, upstream: \"UPSTREAM\" }]");
    Awaitility.await()
        .until(() -> gateway.get("/metrics").body().contains("lastword_save_failures_total{hook="));
    assertThat(gateway.json("/api/streams/" + id).get("state").asString()).isEqualTo("complete");

    write(FILE);
    gateway.reload();
    receiver.answerAll(200);

    assertThat(gateway.ended(id).get("saved").asBoolean()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"publish,patience-ms: 100", "journal,patience-ms: 600000"})
  void givenAPolicyThatDoesNotWait_thenTheEndingIsSaid_andTheHookIsCalledOn(
      String policy, String patience) throws Exception {
    open(FILE.replace("retry-max-ms", "policy: " + policy + ", " + patience + ", retry-max-ms"));
    try (var client = gateway.client()) {
      var head = client.post(CHAT, ASKED).head();

      assertThat(client.body(head, Long.MAX_VALUE).body()).contains("[DONE]");
      assertThat(gateway.json("/api/streams/" + id(head)).get("saved").asBoolean()).isFalse();
      assertThat(metrics())
          .contains(
              "lastword_streams_released_unsaved_total{policy=\"" + policy + "\"} 1",
              "lastword_saves_pending 1");
      receiver.answer(500).answer(200);
      Awaitility.await()
          .until(() -> gateway.json("/api/streams/" + id(head)).get("saved").asBoolean());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"failed", "cancelled"})
  void givenAnAnswerThatDoesNotSucceed_thenTheHookIsToldItsPart(String outcome) throws Exception {
    open(FILE);
    upstream.on(
        "/waits",
        x -> {
          x.stream().delta("Hel");
          over.await();
        });
    receiver.answerAll(200);
    if (outcome.equals("failed")) {
      try (var client = gateway.client()) {
        client.post("/cut", ASKED).reply();
      }
    } else {
      try (var client = gateway.client()) {
        var head = client.post("/waits", ASKED).head();
        client.readUntil("Hel");
        gateway.post("/api/streams/" + id(head) + "/cancel", "");
      }
    }
    awaitCalls(1);

    var told = receiver.calls().getFirst().data();
    assertThat(told.get("outcome").asString()).isEqualTo(outcome);
    assertThat(told.get("response").get("text").asString()).isEqualTo("Hel");
  }

  /** A receiver that knows the id of the first would take the second for a repeated call. */
  @Test
  void givenAKeyWhoseAnswerIsGone_whenItIsUsedAgain_thenTheHookIsToldByCreatedThatItIsAnother()
      throws Exception {
    open(FILE);
    receiver.answerAll(200);
    var id = keyed(ASKED).headers().firstValue("lastword-stream").orElseThrow();
    gateway.send(gateway.request("/api/streams/" + id).DELETE().build());
    upstream.on(CHAT, x -> x.stream().delta("Another").finish().data("[DONE]").end());

    assertThat(keyed(ASKED).body()).contains("Another", "[DONE]");

    assertThat(receiver.calls()).extracting(HookReceiver.Received::id).containsExactly(id, id);
    var first = receiver.calls().getFirst().data();
    var second = receiver.calls().getLast().data();
    assertThat(second.get("response").get("text").asString()).isEqualTo("Another");
    assertThat(created(second)).isAfter(created(first));
  }

  private HttpResponse<String> keyed(String body) throws Exception {
    return gateway.post(CHAT, body, "Idempotency-Key", "k-1");
  }

  private static Instant created(JsonNode told) {
    return Instant.parse(told.get("created").asString());
  }

  /** As the guides say it: who reads "saved" must not take it for the application's row. */
  @Test
  void givenAnAnswerThatIsNoStream_whenItIsKeptUnderItsKey_thenTheJournalHasItAndNoHookIsCalled()
      throws Exception {
    open(FILE);
    receiver.answerAll(200);
    upstream.on(CHAT, x -> x.respond(200, "application/json", "{\"object\":\"chat.completion\"}"));

    var answer = keyed(ASKED.replace("true", "false"));

    var id = answer.headers().firstValue("lastword-stream").orElseThrow();
    var stream = gateway.ended(id);
    assertThat(stream.get("saved").asBoolean()).isTrue();
    assertThat(SignedReceipt.read(stream.get("receipt").asString()).orElseThrow().claims().hooks())
        .isEmpty();
    assertThat(receiver.calls()).isEmpty();
  }

  /** JavaScript cuts titles so: half of a character, which no UTF-8 has. */
  @Test
  void givenAFactThatEndsWithHalfACharacter_whenItIsToldAfterARestart_thenInTheSameBytes()
      throws Exception {
    open(FILE);
    try (var client = gateway.client()) {
      client.post(CHAT, ASKED.replace("c-7", "c-\\ud83d")).head();
      awaitCalls(1);
    }
    gateway.restart();
    awaitCalls(2);
    receiver.answerAll(200);

    assertThat(receiver.calls().getFirst().data().get("facts").get("chat").asString())
        .isEqualTo("c-\ufffd");
    assertThat(receiver.calls())
        .extracting(HookReceiver.Received::text)
        .containsOnly(receiver.calls().getFirst().text());
  }

  /** As services of Compose files are called. */
  @Test
  void givenHostsWithAnUnderscore_thenTheyAreHosts() throws Exception {
    var settings = new Settings(Map.of());
    settings.readFile(
        write(
            """
            hooks:
              m: { type: webhook, url: "http://my_service:8000/hook", secret: "0123456789abcdef" }
            routes: [{ path: /, upstream: "http://my_model:8000/v1" }]
            """));

    assertThat(Config.of(settings).hooks())
        .singleElement()
        .isInstanceOfSatisfying(
            HookConfig.Webhook.class,
            hook -> assertThat(hook.url()).isEqualTo(URI.create("http://my_service:8000/hook")));
  }

  @Test
  void givenARouteWithoutHooks_thenItsAnswersAreSavedByTheJournal() throws Exception {
    open(
        FILE.replace(
            "routes: [",
            "routes: [{ path: /free, upstream: \"UPSTREAM\", strip: true, save: [] }, "));

    var answer = gateway.post("/free" + CHAT, ASKED);

    assertThat(answer.body()).contains("[DONE]");
    assertThat(receiver.calls()).isEmpty();
    var id = answer.headers().firstValue("lastword-stream").orElseThrow();
    assertThat(gateway.json("/api/streams/" + id).get("saved").asBoolean()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "save: [nobody] | 'save.hooks': there is no hook 'nobody'",
        "save: { policy: later } | 'save.policy' has to be withhold, publish or journal, not 'later'",
        "save: { facts: [\"key=header:Authorization\"] } | 'save.facts' has to be",
        "save: { facts: [\"a=/x\", \"a=/y\"] } | names that are each there once",
        "hooks: { m: { url: \"http://x\" } } | the hook 'm' needs 'type'",
        "hooks: { m: { type: mail } } | 'type' of the hook 'm' has to be webhook, jdbc or command",
        "hooks: { m: { type: webhook, url: \"ftp://x\", secret: \"0123456789abcdef\" } } | 'url' of the hook 'm' has to be an http or https URL",
        "hooks: { m: { type: webhook, url: \"https://x\" } } | 'secret' of the hook 'm' has to be at least 16 characters",
        "hooks: { m: { type: webhook, url: \"https://x\", secret: short } } | at least 16 characters",
        "hooks: { m: { type: webhook, url: \"https://x\", secret: \"0123456789abcdef\", ca-file: \"a\\0\" } } | 'ca-file' of the hook 'm' has to be the path of a file",
        "hooks: { m: { type: jdbc, url: \"jdbc:postgresql://db?password=hidden\", statement: x } } | 'url' of the hook 'm' has to be a URL that begins with jdbc:",
        "hooks: { m: { type: jdbc, url: \"jdbc:mariadb:db/x?password=hidden\", statement: x } } | 'url' of the hook 'm' has to be a URL that begins with jdbc:",
        "hooks: { m: { type: jdbc, url: \"jdbc:mariadb://u:hidden@db/x\", statement: x } } | 'url' of the hook 'm' has to be a URL that begins with jdbc:",
        "hooks: { m: { type: command, command: [/bin/true], timeout: 3 } } | unknown key 'timeout' of the hook 'm'",
        "hooks: { \"a b\": { type: command, command: [/bin/true] } } | the name of a hook has to be",
      })
  void givenAConfigurationThatIsWrong_thenItSaysWhere(String yaml, String said) throws Exception {
    var file = write(yaml + "\nroutes: [{ path: /, upstream: \"UPSTREAM\" }]");
    assertThatThrownBy(() -> TestGateway.ofFile(folder.resolve("data"), file, Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(said)
        .hasMessageNotContaining("hidden")
        .hasMessageContaining("lastword.yaml:");
  }

  @Test
  void givenSecretsOfHooks_whenTheConfigurationIsPrinted_thenTheyAreNotShown() throws Exception {
    var settings = new Settings(Map.of("SECRET", "from the environment"));
    settings.readFile(
        write(
            """
            hooks:
              messages: HOOKED
              audit: { type: webhook, url: "https://user:pass@x/y", secret: "${SECRET}" }
            """));

    var printed = settings.print();

    assertThat(printed).doesNotContain("a secret of some length", "from the environment", "pass@");
    assertThat(printed).contains("messages:", "type: \"webhook\"", "secret: \"${SECRET}\"");
  }
}
