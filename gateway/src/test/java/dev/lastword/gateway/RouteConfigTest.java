package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The list of routes in the configuration file. */
class RouteConfigTest {
  private static final Map<String, String> ENVIRONMENT =
      Map.of("KEY", "secret-of-the-environment", "EMPTY", "", "LINES", "a\nb");

  @TempDir Path folder;

  private Settings file(String yaml) throws Exception {
    var settings = new Settings(ENVIRONMENT);
    settings.readFile(Files.writeString(folder.resolve("lastword.yaml"), yaml));
    return settings;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "routes: 5 | lastword.yaml:1: 'routes' has to be a list",
        "routes:\\n  - x | lastword.yaml:2: a route has to be a mapping",
        "routes:\\n  - path: /a | lastword.yaml:2: a route needs 'upstream', or 'upstreams'",
        "routes:\\n  - path: /a\\n    upstreams: [] | lastword.yaml:2: a route needs 'upstream'",
        "routes:\\n  - path: /a\\n    upstream: http://h\\n    upstreams: [http://i] | lastword.yaml:4: a route has either 'upstream' or 'upstreams'",
        "routes:\\n  - path: /a\\n    upstreams: http://h | lastword.yaml:3: 'upstreams' has to be a list",
        "routes:\\n  - path: /a\\n    upstream: ftp://h | lastword.yaml:3: upstream URL 'ftp://h' is malformed",
        "routes:\\n  - upstream: http://h | lastword.yaml:2: 'path' has to be / or a path such as /openai, not ''",
        "routes:\\n  - upstream: http://h\\n    path: a | lastword.yaml:3: 'path' has to be",
        "routes:\\n  - upstream: http://h\\n    path: /a//b | lastword.yaml:3: 'path' has to be",
        "routes:\\n  - upstream: http://h\\n    path: /a/../b | lastword.yaml:3: 'path' has to be",
        "routes:\\n  - upstream: http://h\\n    path: /a?b | lastword.yaml:3: 'path' has to be",
        "routes:\\n  - upstream: http://h\\n    path: /a/%2E%2e | lastword.yaml:3: 'path' has to be",
        "routes:\\n  - upstream: http://h\\n    path: /api/streams | lastword.yaml:3: 'path': /api/streams is the gateway's own",
        "routes:\\n  - upstream: http://h\\n    path: /metrics | is the gateway's own",
        "routes:\\n  - { path: /a, upstream: http://h }\\n  - { path: /a/, upstream: http://h } | lastword.yaml:3: there are two routes with the path /a",
        "upstream: http://h\\nroutes:\\n  - { path: /, upstream: http://h } | lastword.yaml:1: 'upstream' is the route /",
        "routes:\\n  - path: /a\\n    upstream: http://h\\n    strip: yes | lastword.yaml:4: 'strip' has to be true or false, not 'yes'",
        "routes:\\n  - path: /a\\n    markerz: x | lastword.yaml:3: unknown key 'markerz' of a route; did you mean 'markers'?",
        "routes:\\n  - path: /a\\n    limits: { body-bytes-max: 1 } | lastword.yaml:3: unknown key 'limits.body-bytes-max' of a route",
        "routes:\\n  - path: /a\\n    relay: { head-m: 1 } | unknown key 'relay.head-m' of a route; did you mean 'relay.head-ms'?",
        "routes:\\n  - path: /a\\n    idle-ms: 5 | lastword.yaml:3: 'idle-ms' of a route is either 'relay.idle-ms' or 'streams.idle-ms'",
        "routes:\\n  - path: /a\\n    upstream: http://h\\n    head-ms: soon | lastword.yaml:4: 'relay.head-ms' has to be a whole number, not 'soon'",
        "routes:\\n  - path: /a\\n    upstream: http://h\\n    dialect: gpt | lastword.yaml:4: 'dialect.name': there is no dialect 'gpt'",
        "routes:\\n  - path: /a\\n    upstream: http://h\\n    head-ms: [1] | lastword.yaml:4: 'relay.head-ms' needs one value",
        "routes:\\n  - path: /a\\n    upstream-headers: x | lastword.yaml:3: 'upstream-headers' has to be a mapping",
        "routes:\\n  - path: /a\\n    upstream: http://h\\n    upstream-headers: { Host: x } | lastword.yaml:4: 'upstream-headers': Host is the gateway's own to say",
        "routes:\\n  - path: /a\\n    upstream: http://h\\n    upstream-headers: { Lastword-Stream: x } | is the gateway's own to say",
        "routes:\\n  - path: /a\\n    upstream: http://h\\n    upstream-headers: { a b: x } | 'a b' is no name of a field",
        "routes:\\n  - path: /a\\n    upstream-headers:\\n      A: ${MISSING} | lastword.yaml:4: 'upstream-headers.A': the environment variable MISSING is not set",
        "routes:\\n  - path: /a\\n    upstream-headers:\\n      A: ${EMPTY} | lastword.yaml:4: 'upstream-headers.A': ${EMPTY} is empty",
        "routes:\\n  - path: /a\\n    upstream-headers:\\n      A: ${file:/nowhere/x} | lastword.yaml:4: 'upstream-headers.A': cannot read the file /nowhere/x",
        "routes:\\n  - path: /a\\n    upstream-headers:\\n      A: x${KEY | lastword.yaml:4: 'upstream-headers.A': a '${' has no '}'",
        "routes:\\n  - path: /a\\n    upstream-headers:\\n      A: ${not shown} | ${not shown} has to be ${NAME} or ${file:PATH}",
        "routes:\\n  - path: /a\\n    upstream-headers:\\n      A: ${file:/dev/zero} | lastword.yaml:4: 'upstream-headers.A': the file /dev/zero is larger than 65536 bytes",
        "routes:\\n  - path: /a\\n    upstream-headers:\\n      A: \"${file:a\\0b}\" | lastword.yaml:4: 'upstream-headers.A': cannot read the file",
        "data: \"a\\0b\" | lastword.yaml:1: 'data' has to be the path of a file",
        "tls: { certificate: \"a\\0b\", key: k } | lastword.yaml:1: 'tls.certificate' has to be the path of a file",
        "data: ${MISSING} | lastword.yaml:1: 'data': the environment variable MISSING is not set",
      })
  void givenAWrongRoute_thenOneLineSaysWhereAndWhat(String yaml, String message) {
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
        "upstream-headers: { A: '${LINES}' }|the value of A has to be one line",
        "upstream-headers: { 'A b': '${KEY}' }|is no name",
        "upstream: https://user:${KEY}@h|it may name only",
        "upstream: http://h?key=${KEY}|it may name only",
        "upstream: http://h:65536/${KEY}|its port has to be 1 to 65535",
        "upstream: http://h/${KEY} x|Illegal character",
        "head-ms: ${KEY}|'relay.head-ms' has to be a whole number, not '${KEY}'",
      })
  void givenASecretInAWrongPlace_thenTheMessageDoesNotShowIt(String line, String message) {
    var upstream = line.startsWith("upstream:") ? "" : "    upstream: http://h\n";
    assertThatThrownBy(
            () -> Config.of(file("routes:\n  - path: /a\n" + upstream + "    " + line + "\n")))
        .hasMessageContaining(message)
        .message()
        .doesNotContain("secret-in-the-file", "secret-part")
        .doesNotContain("a\nb");
  }

  @Test
  void givenARouteThatOverrides_thenAllElseIsAsForEveryRoute() throws Exception {
    var settings =
        file(
            """
            relay:
              head-ms: 1000
              connect-ms: 2000
            routes:
              - path: /a
                upstreams: [http://h:1, https://i/base]
                relay: { head-ms: 5 }
                streams.idle-ms: 6
                markers: [event=end, /status=done]
              - { path: /b, upstream: http://h }
            """);
    settings.readEnvironment(Map.of("LASTWORD_RELAY_HEAD_MS", "3000"));

    var routes = Config.of(settings).routes();

    var first = routes.getFirst();
    assertThat(first.upstreams()).as("for the log").hasToString("[http://h:1, https://i]");
    assertThat(first.upstreams().get(1).basePath()).isEqualTo("/base");
    assertThat(first.policy().timeouts().headMs()).isEqualTo(5);
    assertThat(first.policy().timeouts().connectMs()).isEqualTo(2000);
    assertThat(first.policy().streams().idle()).hasMillis(6);
    assertThat(first.policy().dialects().otherwise().name())
        .isEqualTo("plain(event=end; /status=done)");
    assertThat(routes.get(1).policy().timeouts().headMs()).isEqualTo(3000);
    assertThat(routes.get(1).policy().dialects().otherwise().name()).isEqualTo("auto(plain)");
  }

  @Test
  void givenSecrets_whenPrinted_thenReferencesStand_andWhatStandsInTheFileDoesNot()
      throws Exception {
    var settings =
        file(
            """
            data: "${KEY}"
            routes:
              - path: /a
                upstreams: [http://h:1]
                strip: true
                upstream-headers:
                  Authorization: Bearer ${KEY}
                  x-api-key: secret-in-the-file
                  X-Both: secret-part${KEY}
                  Cookie: ""
                markers: event=end
            """);

    var printed = settings.print();

    assertThat(printed)
        .doesNotContain("secret-in-the-file", "secret-part")
        .contains(
            """
            routes:
              # %s:3
              - path: "/a"
                strip: "true"
                upstreams:
                  - "http://h:1"
                upstream-headers:
                  "Authorization": "Bearer ${KEY}"
                  "x-api-key": "${not shown}"
                  "X-Both": "${not shown}"
                  "Cookie": ""
                dialect.markers: "event=end"
            """
                .formatted(folder.resolve("lastword.yaml")));
    assertThat(Config.of(settings).toString()).doesNotContain("secret-in", "secret-part");
  }

  @Test
  void givenPrintedRoutes_whenTheyAreReadAgain_thenTheySayTheSame() throws Exception {
    var settings =
        file(
            """
            data: "$${KEY}"
            routes:
              - path: /a
                upstreams: [http://h:1, http://i]
                upstream-headers: { Authorization: "Bearer ${KEY}" }
                streams: { idle-ms: 5 }
                on-disconnect: cancel-after=3s
              - { path: /, upstream: http://j, dialect: mcp }
            """);

    var again = file(settings.print());

    assertThat(Config.of(again)).usingRecursiveComparison().isEqualTo(Config.of(settings));
  }
}
