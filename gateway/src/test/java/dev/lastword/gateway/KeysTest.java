package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.cli.Commands;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway's own keys: made by a command, checked here, shown to no upstream. */
class KeysTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path data;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private ScriptedUpstream upstream;

  @SuppressWarnings("NullAway.Init") // by the test
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on(CHAT, x -> x.stream().delta("Hello").finish().data("[DONE]").end());
    upstream.on("/v1beta/models", x -> x.respond(200, "application/json", "{}"));
  }

  private void listen() {
    gateway = TestGateway.start(data, upstream.url(), Map.of(Setting.ACCESS_MODE, "keys"));
  }

  @AfterEach
  void stop() throws Exception {
    if (gateway != null) { // not where a start was refused
      gateway.close();
    }
    upstream.close();
  }

  /** What a command prints, without the line's end. */
  private String key(String... args) throws Exception {
    said.reset();
    var out = new PrintStream(said, true, StandardCharsets.UTF_8);
    var commands = new Commands(List.of(new KeyCommand(out)), out, out);
    var all = new String[args.length + 3];
    all[0] = "key";
    System.arraycopy(args, 0, all, 1, args.length);
    all[args.length + 1] = "--data";
    all[args.length + 2] = data.toString();
    commands.run(all);
    return said.toString(StandardCharsets.UTF_8).strip();
  }

  private int status(String... headers) throws Exception {
    return gateway.post(CHAT, "{}", headers).statusCode();
  }

  private void await(int status, String key) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> status("authorization", "Bearer " + key) == status);
  }

  @Test
  void givenAKey_whenMade_thenItStandsNowhere_andOnlyItsUserReadsTheFile() throws Exception {
    var made = key("add", "--owner", "alice");

    var file = data.resolve(ApiKeys.FILE);
    assertThat(made).matches("lw_[0-9a-f]{12}_[\\w-]{43}");
    assertThat(Files.readString(file)).contains("alice").doesNotContain(made);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(key("list")).contains("alice").contains(made.substring(3, 15)).doesNotContain(made);
  }

  @Test
  void givenAKey_whenShownInAnyOfTheFields_thenTheUpstreamIsShownNone() throws Exception {
    var key = key("add", "--owner", "alice");
    listen();

    assertThat(status("authorization", "Bearer " + key, "x-api-key", key, "api-key", key))
        .isEqualTo(200);
    assertThat(upstream.last().headers())
        .doesNotContainKeys("authorization", "x-api-key", "api-key");
    assertThat(gateway.get("/v1beta/models?a=1&key=" + key + "&k%65y=" + key).statusCode())
        .isEqualTo(200);
    assertThat(upstream.last().target()).isEqualTo("/v1beta/models?a=1");
    assertThat(gateway.get("/v1beta/models", "x-goog-api-key", key).statusCode()).isEqualTo(200);
    assertThat(upstream.last().headers()).doesNotContainKey("x-goog-api-key");
  }

  @Test
  void givenNoKeyOrAWrongOne_thenTheUpstreamIsNotAsked_onLoopbackToo() throws Exception {
    var key = key("add");
    var wrong = key.substring(0, key.length() - 1) + (key.endsWith("A") ? "B" : "A");
    listen();

    assertThat(status()).isEqualTo(401);
    assertThat(status("authorization", "Bearer " + wrong)).isEqualTo(401);
    assertThat(status("authorization", "Bearer sk-of-the-provider")).isEqualTo(401);
    assertThat(gateway.get("/api/streams").statusCode()).isEqualTo(401);
    assertThat(upstream.exchanges()).isEmpty();
  }

  @Test
  void givenTwoKeysOfOneName_thenTheyAreOneOwner_andAnotherNameIsAnother() throws Exception {
    var first = "Bearer " + key("add", "--owner", "alice");
    var second = "Bearer " + key("add", "--owner", "alice");
    var other = "Bearer " + key("add", "--owner", "bob");
    listen();
    var id =
        gateway
            .post(CHAT, "{}", "authorization", first)
            .headers()
            .firstValue("lastword-stream")
            .orElseThrow();

    assertThat(gateway.get("/api/streams/" + id, "authorization", second).statusCode())
        .isEqualTo(200);
    assertThat(gateway.get("/api/streams/" + id, "authorization", other).statusCode())
        .isEqualTo(404);
  }

  @Test
  void givenARunningGateway_whenKeysAreMadeAndRevoked_thenItKnows() throws Exception {
    listen();
    var key = key("add", "--owner", "alice");
    await(200, key);

    assertThat(key("revoke", "--id", key.substring(3, 15))).contains("is revoked");

    await(401, key);
    assertThat(key("list")).contains("revoked");
  }

  @Test
  void givenAFileThatIsDamagedMeanwhile_thenWhoCouldComeStillCan_butNothingStartsWithIt()
      throws Exception {
    var key = key("add");
    var nanos = new AtomicLong();
    var keys = new ByKey(data, Presented.Places.VENDORS, Runnable::run, nanos::get);
    Files.writeString(data.resolve(ApiKeys.FILE), "no key file");
    nanos.addAndGet(Duration.ofSeconds(2).toNanos());

    assertThat(identity(keys, key)).isInstanceOf(Identity.Known.class);
    assertThatThrownBy(this::listen)
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(ApiKeys.FILE);
  }

  private static Identity identity(ByKey keys, String shown) {
    var headers = new DefaultHttpHeaders().set("x-api-key", shown);
    var told = new AtomicReference<Identity>();
    keys.identify(
        new RequestHead(HttpMethod.GET, "1.1", "/", Optional.empty(), headers, 0), told::set);
    return told.get();
  }

  @Test
  void givenAWrongCommand_thenItSaysWhatItNeeds() throws Exception {
    assertThat(key("revoke", "--id", "0123456789ab")).contains("there is no key 0123456789ab");
    assertThat(key("revoke")).contains("--id ID");
    assertThat(key("forget")).contains("add, list, revoke and rotate-receipts");
    assertThat(key("add", "--owner", "two words")).contains("--owner");
    assertThat(data.resolve(ApiKeys.FILE)).doesNotExist();
  }
}
