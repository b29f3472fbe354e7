package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTest {
  @TempDir Path folder;

  private Settings file(String yaml) throws Exception {
    var settings = new Settings();
    settings.readFile(Files.writeString(folder.resolve("lastword.yaml"), yaml));
    return settings;
  }

  @Test
  void givenFileEnvironmentAndFlag_thenTheStrongerWins() throws Exception {
    var settings =
        file(
            """
            listen: 127.0.0.1:1
            upstream: http://file.example/base/
            limits:
              body-bytes-max: 1000
              keep-alive-ms: 5
            streams:
              idle-ms: 7
            """);
    settings.readEnvironment(
        Map.of(
            "LASTWORD_LISTEN",
            "127.0.0.1:2",
            "LASTWORD_LIMITS_KEEP_ALIVE_MS",
            "6",
            "LASTWORD_JAVA_OPTS",
            "-Xmx1g"));
    settings.set(Setting.LISTEN, "[::1]:3", "--listen");
    settings.set("streams.tail-ms=9");

    var config = Config.of(settings);

    assertThat(Gateway.text(config.listen())).isEqualTo("[0:0:0:0:0:0:0:1]:3");
    assertThat(config.routes().getFirst().upstreams().getFirst())
        .hasToString("http://file.example")
        .extracting(UpstreamTarget::basePath)
        .isEqualTo("/base");
    assertThat(config.limits().bodyBytesMax()).isEqualTo(1_000);
    assertThat(config.limits().keepAliveMs()).isEqualTo(6);
    assertThat(config.streams().idle()).isEqualTo(Duration.ofMillis(7));
    assertThat(config.streams().tail()).isEqualTo(Duration.ofMillis(9));
  }

  @Test
  void givenNothingIsConfigured_whenEveryReaderLeaves_thenNoResponseIsEndedForThat() {
    var policy = Config.of(new Settings()).policy();

    assertThat(policy.unattendedMs()).isEqualTo(OnDisconnect.UNATTENDED_MS_MAX);
    assertThat(policy.unattendedMs()).isGreaterThan(policy.streams().duration().toMillis());
  }

  @Test
  void givenNothing_thenTheDefaultsAreThoseOfTheRecords() {
    var config = Config.of(new Settings());

    assertThat(config.limits()).isEqualTo(Limits.DEFAULT);
    assertThat(config.policy().timeouts()).isEqualTo(UpstreamTimeouts.DEFAULT);
    assertThat(config.streams())
        .usingRecursiveComparison()
        .ignoringFields("idle") // as long as SDKs wait, which an application knows better
        .isEqualTo(dev.lastword.stream.StreamOptions.DEFAULT);
    assertThat(config.streams().idle()).isEqualTo(java.time.Duration.ofMinutes(10));
    assertThat(config.segmentBytes())
        .isEqualTo(dev.lastword.journal.FileJournal.Options.DEFAULT.segmentBytes());
  }

  @Test
  void givenPrintedConfiguration_whenItIsReadAgain_thenItSaysTheSame() throws Exception {
    var settings = new Settings();
    settings.set("limits.body-bytes-max=12345");
    settings.set(Setting.DATA, "a \"quoted\" \\ folder", "--data");

    var again = file(settings.print());

    for (var setting : Setting.values()) {
      assertThat(again.get(setting)).as(setting.key()).isEqualTo(settings.get(setting));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "limits:\\n"
            + "  body-byte-max: 1 | lastword.yaml:2: unknown key 'limits.body-byte-max'; did you"
            + " mean 'limits.body-bytes-max'?",
        "listn: x | unknown key 'listn'; did you mean 'listen'?",
        "limits: 5 | unknown key 'limits'",
        "listen: 8080 | 'listen' has to be HOST:PORT, not '8080'",
        "listen: a:99999 | 'listen' has to be HOST:PORT",
        "drain-ms: soon | 'drain-ms' has to be a whole number, not 'soon'",
        "drain-ms: -1 | 'drain-ms' has to be",
        "streams:\\n"
            + "  event-bytes-max: 16777217 | 'streams.event-bytes-max' has to be 1 to 16777216",
        "subscribers:\\n"
            + "  rollover-ms: 999 | 'subscribers.rollover-ms' has to be 0, or at least 1000, not"
            + " '999'",
        "listen: [a, b] | 'listen' needs one value",
        "upstream: ftp://x | it has to begin with http:// or https://",
        "upstream: http:///path | it names no host",
        "upstream: http://u:p@host | it may name only",
        "upstream: http://ho st | is malformed",
        "upstream: http://h:99999 | its port has to be 1 to 65535",
        "upstream: https://h:0/base | its port has to be 1 to 65535",
        "listen: \"open | lastword.yaml:1",
      })
  void givenWrongFile_thenOneLineSaysWhereAndWhat(String yaml, String message) {
    assertThatThrownBy(() -> Config.of(file(yaml.replace("\\n", "\n"))))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message)
        .message()
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "dialect.markers=end|'end' is none of event=TYPE, data=TEXT and /JSON/POINTER=VALUE",
        "dialect.markers=event=|'event=' is none of",
        "dialect.name=openai|'dialect.name': there is no dialect 'openai'; there are openai-chat, ",
        "dialect.paths=/chat=gpt|'dialect.paths': there is no dialect 'gpt'",
        "dialect.paths=chat=openai-chat|'dialect.paths' has to be PATH=DIALECT",
        "dialect.paths=/chat|'dialect.paths' has to be PATH=DIALECT",
        "dialect.marker-required=yes|'dialect.marker-required' has to be true or false, not 'yes'",
      })
  void givenAMarkerThatIsNone_whenRead_thenTheMessageNamesIt(String assignment, String message) {
    var settings = new Settings();
    settings.set(assignment);

    assertThatThrownBy(() -> Config.of(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void givenNoMarkers_whenOneIsRequired_thenThatIsRefused() {
    var settings = new Settings();
    settings.set("dialect.markers=");
    settings.set("dialect.marker-required=true");

    assertThatThrownBy(() -> Config.of(settings)).hasMessageContaining("none is given");
  }

  @Test
  void givenDialectsOfPaths_whenAsked_thenTheFirstThatFitsWinsOverAllElse() {
    var settings = new Settings();
    settings.set(
        "dialect.paths=/v1/messages=openai-chat; /feed/*=plain(event=end; required);/feed/a=mcp");
    settings.set("dialect.name=anthropic");
    var rules = Config.of(settings).policy().dialects();
    var head = new DefaultHttpHeaders().set("x-vercel-ai-ui-message-stream", "v1");

    assertThat(rules.of("/v1/messages", new byte[0], head).name()).isEqualTo("openai-chat");
    assertThat(rules.of("/feed/a", new byte[0], head).name())
        .isEqualTo("plain(event=end; required)");
    assertThat(rules.of("/v1/chat/completions", new byte[0], head).name()).isEqualTo("anthropic");
  }

  @Test
  void givenMarkers_whenRead_thenTheDialectsNameHoldsThem() {
    var settings = new Settings();
    settings.set("dialect.markers=event=end;/status=done");

    assertThat(Config.of(settings).policy().dialects().otherwise().name())
        .isEqualTo("plain(event=end; /status=done)");
    assertThat(Config.of(new Settings()).policy().dialects().otherwise().name())
        .isEqualTo("auto(plain)");
  }

  @Test
  void givenAJournalInADatabase_whenRead_thenItIsThereAndItsSecretsAreNotShown() {
    var settings = new Settings();
    settings.set("journal.url=jdbc:postgresql://db/lastword?password=hidden");
    settings.set("journal.user=lastword");
    settings.set("journal.password=hidden");

    var server = Config.of(settings).journal().orElseThrow();

    assertThat(server.user()).isEqualTo("lastword");
    assertThat(server.password()).isEqualTo("hidden");
    assertThat(server).hasToString("jdbc:postgresql://db/lastword");
    assertThat(Setting.JOURNAL_URL.isSecret()).isTrue();
    assertThat(Setting.JOURNAL_PASSWORD.isSecret()).isTrue();
    assertThat(Config.of(new Settings()).journal()).isEmpty();
  }

  @Test
  void givenAJournalOfAnotherDatabase_whenRead_thenItIsRefusedWithoutItsUrl() {
    var settings = new Settings();
    settings.set("journal.url=jdbc:mariadb://db/lastword?password=hidden");

    assertThatThrownBy(() -> Config.of(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("'journal.url' has to begin with jdbc:postgresql:")
        .hasMessageNotContaining("hidden");
  }

  /** The driver would say all of it, to its log as well. */
  @ParameterizedTest
  @ValueSource(strings = {"journal.url", "archive.url"})
  void givenAUrlWithoutADatabase_whenRead_thenItIsRefusedWithoutItsPassword(String setting) {
    var settings = new Settings();
    settings.set(setting + "=jdbc:postgresql://db?user=lastword&password=hidden");

    assertThatThrownBy(() -> Config.of(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("'" + setting + "': the url is not jdbc:postgresql://host")
        .hasMessageNotContaining("hidden");
  }

  @Test
  void givenAJournalInKafka_whenRead_thenItIsThereAndItsSecretsAreNotShown() {
    var settings = new Settings();
    settings.set("journal.url=kafka://b1:9092,b2:9092/topic?partition=2&ssl.key.password=hidden");
    settings.set("journal.user=ann");
    settings.set("journal.password=hidden");
    settings.set("archive.url=jdbc:postgresql://db/answers");

    var config = Config.of(settings);

    assertThat(config.kafka().orElseThrow().partition()).isEqualTo(2);
    assertThat(config.kafka().orElseThrow().client()).containsKey("sasl.jaas.config");
    assertThat(config.kafka().orElseThrow())
        .hasToString("kafka://b1:9092,b2:9092/topic?partition=2");
    assertThat(config.journal()).isEmpty();
    assertThat(config.archive()).isPresent();
    assertThat(settings.print()).doesNotContain("hidden");
    assertThat(Config.of(new Settings()).kafka()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "journal.url=kafka://b1/topic | 'journal.url': the url is not kafka://host:port",
        "journal.url=kafka://b1:9092/topic?acks=1 | 'journal.url': 'acks' is no property",
        "journal.url=kafka://b1:9092/topic journal.password=hidden | 'journal.url': there is a"
            + " password and no user",
        "journal.url=kafka://b1:9092/topic archive.url=same | 'archive.url' is same, and the"
            + " journal is in Kafka, which keeps no archive",
        "journal.url=kafka://b1:9092/topic archive.url=jdbc:postgresql://db/x"
            + " node.address=http://10.0.0.7:8080 | 'node.address' needs the journal in"
            + " PostgreSQL: 'journal.url' names one in Kafka",
      })
  void givenAJournalInKafkaThatCannotBe_whenRead_thenItSaysWhy(String settingsAndWhy) {
    var parts = settingsAndWhy.split(" \\| ", -1);
    var settings = new Settings();
    for (var each : parts[0].split(" ", -1)) {
      settings.set(each);
    }

    assertThatThrownBy(() -> Config.of(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(parts[1])
        .hasMessageNotContaining("hidden");
  }

  @Test
  void givenAPasswordWithoutAJournalUrl_whenRead_thenItSaysWhatIsMissing() {
    var settings = new Settings();
    settings.set("journal.password=hidden");

    assertThatThrownBy(() -> Config.of(settings))
        .hasMessageContaining("'journal.password' needs 'journal.url'")
        .hasMessageNotContaining("hidden");
  }

  @Test
  void givenAnArchiveWhereTheJournalIs_whenRead_thenBothAreThere() {
    var settings = new Settings();
    settings.set("journal.url=jdbc:postgresql://db1,db2/lastword?targetServerType=primary");
    settings.set("journal.user=lastword");
    settings.set("journal.password=hidden");
    settings.set("archive.url=same");

    var config = Config.of(settings);

    assertThat(config.archive()).isEqualTo(config.journal()).isPresent();
    assertThat(Config.of(new Settings()).archive()).isEmpty();
    assertThat(Setting.ARCHIVE_URL.isSecret()).isTrue();
    assertThat(Setting.ARCHIVE_PASSWORD.isSecret()).isTrue();
  }

  private static Settings ofNode(String... assignments) {
    var settings = new Settings();
    settings.set("journal.url=jdbc:postgresql://db/lastword");
    settings.set("archive.url=same");
    settings.set("node.address=http://10.0.0.7:8080");
    settings.set("node.secret=" + "s".repeat(32));
    for (var assignment : assignments) {
      settings.set(assignment);
    }
    return settings;
  }

  @Test
  void givenANode_whenRead_thenItHasTheNameOfItsAddressUnlessItIsGivenOne() {
    var node = Config.of(ofNode()).node().orElseThrow();

    assertThat(Config.of(ofNode("node.address=http://my_node:8080")).node().orElseThrow().name())
        .isEqualTo("my_node:8080");
    assertThat(node.name()).isEqualTo("10.0.0.7:8080");
    assertThat(node.address()).isEqualTo(URI.create("http://10.0.0.7:8080"));
    assertThat(node.toString()).doesNotContain(node.secret());
    assertThat(Config.of(ofNode("node.name=gw-1")).node().orElseThrow().name()).isEqualTo("gw-1");
    assertThat(Setting.NODE_SECRET.isSecret()).isTrue();
    assertThat(Setting.NODE_NAME.isOfStart()).isTrue();
    assertThat(Config.of(new Settings()).node()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "node.address= | 'node.secret' needs 'node.address'",
        "node.secret= | 'node.address' needs 'node.secret'",
        "journal.url= | journal.url",
        "archive.url= | 'node.address' needs 'archive.url'",
        "node.secret=short | 'node.secret' has to be at least 32",
        "node.name=a b | 'node.name' has to be at most 200 visible characters",
        "node.address=10.0.0.7:8080 | 'node.address' has to be http://host:port",
        "node.address=http://10.0.0.7 | 'node.address' has to be http://host:port",
        "node.address=http://10.0.0.7:8080/ | 'node.address' has to be http://host:port",
        "node.address=http://u@10.0.0.7:8080 | 'node.address' has to be http://host:port",
        "node.address=ftp://10.0.0.7:8080 | 'node.address' has to be http://host:port",
      })
  void givenANodeThatIsWrong_whenRead_thenItSaysWhichSetting(String assignment, String message) {
    assertThatThrownBy(() -> Config.of(ofNode(assignment)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void givenAnArchiveOfItsOwn_whenTheJournalIsInFiles_thenItAloneIsInADatabase() {
    var settings = new Settings();
    settings.set("archive.url=jdbc:postgresql://db/answers");
    settings.set("archive.user=lastword");

    assertThat(Config.of(settings).journal()).isEmpty();
    assertThat(Config.of(settings).archive().orElseThrow().user()).isEqualTo("lastword");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "archive.url=same | 'archive.url' is same, and the journal is in no database: it needs"
            + " 'journal.url'",
        "archive.url=same journal.url=jdbc:postgresql://db/x archive.password=hidden |"
            + " 'archive.password' is the journal's where 'archive.url' is same",
        "archive.url=jdbc:mariadb://db/x?password=hidden | 'archive.url' has to begin with"
            + " jdbc:postgresql:",
        "archive.user=ann | 'archive.user' needs 'archive.url'",
      })
  void givenAnArchiveThatCannotBe_whenRead_thenItSaysWhy(String settingsAndWhy) {
    var parts = settingsAndWhy.split(" \\| ", -1);
    var settings = new Settings();
    for (var each : parts[0].split(" ", -1)) {
      settings.set(each);
    }

    assertThatThrownBy(() -> Config.of(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(parts[1])
        .hasMessageNotContaining("hidden");
  }
}
