package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.cli.Commands;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
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

/** What is signed of a sealed stream: on the wire, in the API, and checked by the command. */
class ReceiptsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String GEMINI = "/v1beta/models/m:streamGenerateContent";
  private static final String COMMENT = ": lastword-receipt ";

  @TempDir Path folder;
  private ScriptedUpstream upstream;

  @SuppressWarnings("NullAway.Init") // each test opens its own
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on(CHAT, x -> x.stream().delta("Hé").delta("llo").finish().data("[DONE]").end());
    upstream.on("/cut", x -> x.stream().delta("Hel").cut());
    upstream.on(
        GEMINI,
        x ->
            x.stream()
                .data(
                    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hello\"}]},\"finishReason\":\"STOP\"}]}")
                .end());
  }

  @AfterEach
  void stop() throws Exception {
    if (gateway != null) {
      gateway.close();
    }
    upstream.close();
  }

  private Path data() {
    return folder.resolve("data");
  }

  private void open(String mode) {
    gateway = TestGateway.start(data(), upstream.url(), Map.of(Setting.RECEIPTS, mode));
  }

  /**
   * What a reader gets of a body that ends when both events have reached it: one that is slower
   * than the signature gets the receipt in the block of the last event.
   */
  private RawClient.Reply feed(String first, String last, String... fields) throws IOException {
    var heard = new CountDownLatch(1);
    upstream.on(
        "/feed",
        x -> {
          x.stream().chunk(first).chunk(last);
          heard.await();
          x.end();
        });
    try (var client = gateway.client()) {
      return client.body(
          client.post("/feed", "{}", fields).head(),
          Long.MAX_VALUE,
          soFar -> {
            if (soFar.endsWith(last)) {
              heard.countDown();
            }
          });
    }
  }

  private String receipt(String id) {
    return gateway.ended(id).get("receipt").asString();
  }

  /** What the command says, behind its exit code. */
  static String verify(String... args) throws Exception {
    var said = new ByteArrayOutputStream();
    var out = new PrintStream(said, true, StandardCharsets.UTF_8);
    var in = new ByteArrayInputStream(new byte[0]);
    var commands = new Commands(List.of(new VerifyCommand(in, out), new KeyCommand(out)), out, out);
    int code = commands.run(args);
    return code + " " + said.toString(StandardCharsets.UTF_8).strip();
  }

  private String keys() {
    return gateway.url() + JwksRoute.PATH;
  }

  @Test
  void givenARelayedResponse_thenItsReceiptIsABlockOfItsOwnBeforeTheTerminalEvent()
      throws Exception {
    open("wire");

    var response = gateway.post(CHAT, "{}");

    var id = response.headers().firstValue("lastword-stream").orElseThrow();
    assertThat(response.body())
        .endsWith("}\n\n" + COMMENT + receipt(id) + "\n\ndata: [DONE]\n\n")
        .containsOnlyOnce(COMMENT);
  }

  @Test
  void givenAClientThatWantsIds_thenTheReceiptIsALineOfTheTerminalEventsBlock() throws Exception {
    open("wire");

    var response = gateway.post(CHAT, "{}", "Lastword-Event-Ids", "true");

    var id = response.headers().firstValue("lastword-stream").orElseThrow();
    assertThat(response.body())
        .endsWith("\n\n" + COMMENT + receipt(id) + "\nid: 1-4\ndata: [DONE]\n\n");
  }

  @Test
  void givenTheStreamsOwnUrl_thenTheReceiptIsALineOfTheTerminalEventsBlock() throws Exception {
    open("wire");
    var id = gateway.post(CHAT, "{}").headers().firstValue("lastword-stream").orElseThrow();

    assertThat(gateway.get("/v1/stream/" + id).body())
        .endsWith("\n\n" + COMMENT + receipt(id) + "\nid: 1-4\ndata: [DONE]\n\n");
  }

  @Test
  void givenADialectWhoseClientsBreakOnComments_thenTheReceiptIsInTheApiAndByLinkOnly()
      throws Exception {
    open("wire");

    var response = gateway.post(GEMINI + "?alt=sse", "{}");

    var id = response.headers().firstValue("lastword-stream").orElseThrow();
    assertThat(response.body()).contains("Hello").doesNotContain(COMMENT);
    assertThat(gateway.get("/v1/stream/" + id).body()).contains(COMMENT + receipt(id));
  }

  @Test
  void givenAStreamThatOnlyItsBodyEnds_thenTheReceiptIsBehindTheLastEvent_andLaterWithIt()
      throws Exception {
    open("wire");

    var reply = feed("data: 1\n\n", "data: 2\n\n");

    var id = reply.header("lastword-stream");
    var comment = COMMENT + receipt(id) + "\n";
    assertThat(reply.body()).isEqualTo("data: 1\n\ndata: 2\n\n" + comment + "\n");
    assertThat(gateway.get("/v1/stream/" + id).body())
        .endsWith("id: 1-1\ndata: 1\n\n" + comment + "id: 1-2\ndata: 2\n\n");
  }

  @Test
  void givenAnUpstreamThatGivesIds_thenNoBlockOfACommentFollowsOne() throws Exception {
    open("wire");

    var first = feed("id: a\ndata: 1\n\n", "id: b\ndata: 2\n\n", "Idempotency-Key: once");
    var again = gateway.post("/feed", "{}", "Idempotency-Key", "once");

    var comment = COMMENT + receipt(first.header("lastword-stream")) + "\n";
    assertThat(first.body()).isEqualTo("id: a\ndata: 1\n\nid: b\ndata: 2\n\n");
    assertThat(again.body()).isEqualTo("id: a\ndata: 1\n\n" + comment + "id: b\ndata: 2\n\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"api", "off"})
  void givenAnotherMode_thenReadersGetNoReceipt_andTheApiOnlyWhereOneIsMade(String mode)
      throws Exception {
    open(mode);

    var response = gateway.post(CHAT, "{}");

    var id = response.headers().firstValue("lastword-stream").orElseThrow();
    assertThat(response.body()).endsWith("data: [DONE]\n\n").doesNotContain(COMMENT);
    assertThat(gateway.ended(id).get("receipt").isNull()).isEqualTo(mode.equals("off"));
    assertThat(Files.exists(data().resolve(ReceiptKeys.FILE))).isEqualTo(mode.equals("api"));
  }

  @Test
  void givenTheReceipt_thenItSaysWhatWasSealed_andTheSetOfKeysHasItsKey() throws Exception {
    open("wire");
    var id = gateway.post(CHAT, "{}").headers().firstValue("lastword-stream").orElseThrow();

    var receipt = SignedReceipt.read(receipt(id)).orElseThrow();
    var set = gateway.get(JwksRoute.PATH);
    var key = TestGateway.read(set.body()).get("keys").get(0);

    var claims = receipt.claims();
    assertThat(claims.stream()).isEqualTo(id);
    assertThat(claims.epoch()).isEqualTo(1);
    assertThat(claims.last()).isEqualTo("1-4");
    assertThat(claims.events()).isEqualTo(4);
    assertThat(claims.outcome()).isEqualTo("completed");
    assertThat(claims.durability()).isEqualTo("disk");
    assertThat(claims.hooks()).isEmpty();
    assertThat(set.headers().firstValue("cache-control")).contains("public, max-age=300");
    assertThat(key.get("kid").asString()).isEqualTo(receipt.kid());
    assertThat(key.get("kty").asString()).isEqualTo("OKP");
    assertThat(key.get("crv").asString()).isEqualTo("Ed25519");
    assertThat(key.get("alg").asString()).isEqualTo("EdDSA");
    assertThat(key.has("d")).isFalse();
    assertThat(Files.getPosixFilePermissions(data().resolve(ReceiptKeys.FILE)))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void givenAResponseThatFails_thenItsReceiptIsOfWhatReadersWereTold() throws Exception {
    open("wire");
    try (var client = gateway.client()) {
      var head = client.post("/cut", "{}").head();
      var id = head.header("lastword-stream");
      var body = Files.writeString(folder.resolve("body"), client.body(head, 1 << 20).body());

      assertThat(SignedReceipt.read(receipt(id)).orElseThrow().claims().outcome())
          .isEqualTo("failed");
      assertThat(verify("verify", "--keys", keys(), "--file", body.toString()))
          .startsWith("0 Proved: the 2 events in ")
          .contains("sealed as failed");
      assertThat(verify("verify", "--keys", keys(), "--url", gateway.url() + "/v1/stream/" + id))
          .startsWith("0 Proved: the 2 events under ");
    }
  }

  @Test
  void givenARestart_thenTheReceiptIsTheSame_andTheDataDirectoryProvesIt() throws Exception {
    open("api");
    var id = gateway.post(CHAT, "{}").headers().firstValue("lastword-stream").orElseThrow();
    var receipt = receipt(id);
    assertThat(verify("verify", receipt, "--data", data().toString()))
        .startsWith("0 Proved: the 4 events in ");

    gateway.restart();

    assertThat(receipt(id)).isEqualTo(receipt);
    assertThat(verify("verify", receipt, "--data", data().toString()))
        .startsWith("0 Proved: the 4 events in ")
        .contains("those of stream " + id + ", sealed as completed and on disk at ");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void givenAnIdThatWasUsedBefore_thenTheDataDirectoryProvesTheStreamThatThereIs(boolean archived)
      throws Exception {
    open("api");
    var chosen = "an-id-that-was-used-before";
    gateway.post(CHAT, "{}", "Lastword-Stream", chosen);
    gateway.ended(chosen);
    if (archived) {
      Awaitility.await()
          .until(() -> gateway.get("/metrics").body().contains("lastword_streams_unarchived 0"));
    }
    gateway.send(gateway.request("/api/streams/" + chosen).DELETE().build());
    upstream.on(CHAT, x -> x.stream().delta("another").finish().data("[DONE]").end());
    gateway.post(CHAT, "{}", "Lastword-Stream", chosen);
    var receipt = receipt(chosen);

    assertThat(verify("verify", receipt, "--data", data().toString()))
        .startsWith("0 Proved: the 3 events in ");
  }

  @Test
  void givenAnotherKey_whenItSignsNow_thenWhatTheFirstHasSignedIsStillProved() throws Exception {
    open("wire");
    var url = gateway.url() + "/v1/stream/";
    var first = gateway.post(CHAT, "{}").headers().firstValue("lastword-stream").orElseThrow();
    var kid = SignedReceipt.read(receipt(first)).orElseThrow().kid();

    assertThat(verify("key", "rotate-receipts", "--data", data().toString()))
        .startsWith("0 ")
        .endsWith(" signs from now on");
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> TestGateway.read(gateway.get(JwksRoute.PATH).body()).get("keys").size() == 2);
    var second = gateway.post(CHAT, "{}").headers().firstValue("lastword-stream").orElseThrow();

    assertThat(SignedReceipt.read(receipt(second)).orElseThrow().kid()).isNotEqualTo(kid);
    assertThat(verify("verify", "--keys", keys(), "--url", url + first)).startsWith("0 Proved");
    assertThat(verify("verify", "--keys", keys(), "--url", url + second)).startsWith("0 Proved");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Hé              | He                      | its claim 'sha256' is
          data: [DONE]\\n | data: [DONE]\\n\\ndata: x\\n | its claim 'events' is 4, and there are 5 in
          """)
  void givenABodyThatWasChanged_thenNothingIsProved(String was, String is, String why)
      throws Exception {
    open("wire");
    var body =
        gateway.post(CHAT, "{}").body().replace(was.translateEscapes(), is.translateEscapes());
    var file = Files.writeString(folder.resolve("body"), body);

    assertThat(verify("verify", "--keys", keys(), "--file", file.toString()))
        .startsWith("1 Not proved: of the receipt, " + why);
  }

  @Test
  void givenAReceiptThatWasChanged_orAnotherGatewaysKeys_thenNothingIsProved() throws Exception {
    open("wire");
    var response = gateway.post(CHAT, "{}");
    var file = Files.writeString(folder.resolve("body"), response.body()).toString();
    var receipt = receipt(response.headers().firstValue("lastword-stream").orElseThrow());
    var parts = receipt.split("\\.", -1);
    var claims =
        new String(java.util.Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
    var forged =
        parts[0]
            + "."
            + java.util.Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(
                    claims.replace("completed", "cancelled").getBytes(StandardCharsets.UTF_8))
            + "."
            + parts[2];
    var others = Files.createDirectory(folder.resolve("others"));
    ReceiptKeys.add(others, 1);

    assertThat(verify("verify", forged, "--keys", keys(), "--file", file))
        .startsWith("1 Not proved: of the receipt, its signature is not one of the key ");
    assertThat(
            verify("verify", "--keys", others.resolve(ReceiptKeys.FILE).toString(), "--file", file))
        .startsWith("1 Not proved: of the receipt, it names the key ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          verify                                | verify needs one of --url URL, --file FILE, --data DIR and --archive URL
          verify --file x                       | verify needs --keys URL or --keys FILE
          verify --file x --keys nowhere        | cannot read the keys of nowhere
          verify abc --data . --keys pom.xml    | cannot read the keys of pom.xml: line 1 holds no key
          """)
  void givenAWrongCommandLine_thenItSaysWhatIsNeeded(String args, String why) throws Exception {
    assertThat(verify(args.split(" ", -1))).startsWith("2 ").contains(why);
  }

  @Test
  void givenAFileOfKeysThatIsMalformed_thenTheStartIsRefused() throws Exception {
    var of = ReceiptKey.make(0).seed();
    var other = ReceiptKey.make(0).x();
    Files.createDirectories(data());
    for (var malformed :
        Map.of(
                "1 short short\n",
                "line 1 holds no key",
                "1 %s %s\n".formatted(other, of),
                "line 1 holds halves of two keys")
            .entrySet()) {
      Files.writeString(data().resolve(ReceiptKeys.FILE), malformed.getKey());

      assertThatThrownBy(() -> open("wire"))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("receipts.keys: " + malformed.getValue());
    }
  }

  @Test
  void givenTheSameEventsInAnotherFraming_thenTheirDigestIsTheSame() {
    var lf = "data: a\ndata:\n\nevent: x\ndata: \u00e9\n\n";
    var crLf = ": hb\r\n\r\nid: 7\r\ndata:a\r\ndata\r\n\r\ndata: \u00e9\r\nevent:x\r\n\r\n";

    var left = ReadBody.of("", "", lf.getBytes(StandardCharsets.UTF_8), false);
    var right = ReadBody.of("", "", crLf.getBytes(StandardCharsets.UTF_8), false);

    assertThat(left.sha256()).isEqualTo(right.sha256()).hasSize(43);
    assertThat(left.events()).isEqualTo(2);
  }
}
