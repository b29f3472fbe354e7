package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code -f check.yaml}: what it says, what is wrong with it, and what overrides it. */
final class CheckFileTest {
  @TempDir private Path dir;

  private Path file(String text) throws IOException {
    return Files.writeString(dir.resolve("check.yaml"), text);
  }

  /** The documented example, at an endpoint's address. */
  private static String example() throws IOException {
    var page = Files.readString(Path.of("..", "docs", "formats", "check-yaml.md"));
    int start = page.indexOf("```yaml\n") + "```yaml\n".length();
    return page.substring(start, page.indexOf("```", start));
  }

  @Test
  void givenTheDocumentedExample_whenChecked_thenStepsAndPlacesWork() throws Exception {
    try (var endpoint = new Endpoint(LoginScripts.chats())) {
      var text =
          example()
              .replace("http://localhost:8000", endpoint.url(""))
              .replace("${CHAT_PASSWORD}", "open sesame");

      var checked = Checked.run("check", "-f", file(text).toString(), "--json", "--wait", "400ms");

      assertThat(checked.exitCode()).as(checked.out() + checked.err()).isZero();
      assertThat(checked.verdict("LW001")).isEqualTo("pass");
      assertThat(checked.verdict("LW005")).as(checked.out()).isEqualTo("pass");
    }
  }

  private Checked behindALogin(Endpoint.Script login, String... more) throws Exception {
    var chats = LoginScripts.chats();
    try (var endpoint =
        new Endpoint(
            exchange -> (exchange.path.equals("/login") ? login : chats).answer(exchange))) {
      var text =
          example()
              .replace("http://localhost:8000", endpoint.url(""))
              .replace("${CHAT_PASSWORD}", "open sesame");
      var args =
          new ArrayList<>(
              List.of("check", "-f", file(text).toString(), "--json", "--wait", "400ms"));
      args.addAll(List.of(more));
      return Checked.run(args.toArray(String[]::new));
    }
  }

  @Test
  void givenAStepThatIsSlowerThanTheSilence_whenChecked_thenTheFlagThatIsNamedIsTheOneThatCounts()
      throws Exception {
    var checked =
        behindALogin(
            exchange -> {
              Thread.sleep(2_000);
              exchange.raw("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            },
            "--silence=300ms");

    assertThat(checked.exitCode()).as(checked.out()).isEqualTo(2);
    assertThat(checked.json().path("problem").asString())
        .contains("step 'login'", "in time", "--silence says how long to wait");
  }

  @Test
  void givenALoginCookieForTlsAlone_whenTheHostIsThisMachine_thenItIsSentAsBrowsersDo()
      throws Exception {
    var checked =
        behindALogin(
            exchange ->
                exchange.raw(
                    String.join(
                        "\r\n",
                        "HTTP/1.1 200 OK",
                        "Set-Cookie: session=s1; Path=/; Secure; HttpOnly",
                        "Content-Length: 0",
                        "",
                        "")),
            "--only",
            "LW001");

    assertThat(checked.exitCode()).as(checked.out() + checked.err()).isZero();
  }

  @Test
  void givenAFileAndFlags_whenChecked_thenFlagsOverrideAndHeadersAreJoinedByName()
      throws Exception {
    var file =
        file(
            """
            url: http://127.0.0.1:1/chat
            header: {X-One: file, X-Two: file}
            data: {message: "about {{run}}"}
            only: [LW014, LW008]
            """);
    try (var endpoint =
        new Endpoint(
            exchange -> {
              exchange.open();
              exchange.event(
                  exchange.headers.get("x-one") + " " + exchange.headers.get("x-two") + " words");
              exchange.event("[DONE]");
              exchange.end();
            })) {
      var checked =
          Checked.run(
              "check",
              endpoint.url("/chat"),
              "-f",
              file.toString(),
              "-H",
              "x-two: flag",
              "--only",
              "LW014",
              "--text",
              "/no",
              "--json",
              "--verify-command",
              "echo 'file flag words'");

      assertThat(checked.exitCode()).as(checked.out() + checked.err()).isZero();
      assertThat(checked.json().path("verdicts")).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "verfy: http://x/ | 2: unknown key 'verfy'; did you mean 'verify'?",
        "steps: {login: {url: 'http://x/', metod: GET}} | 2: unknown key 'metod'; did you mean 'method'?",
        "steps: {login: {method: GET}} | 2: step 'login' needs a url",
        "steps: [login] | 2: 'steps' is a mapping of names to requests",
        "runs: [1, 2] | 2: 'runs' needs one value",
        "verify: | 2: 'verify' needs one value",
        "url: http://twice/ | 2: 'url' is there twice",
        "header: 'x: ${NO_SUCH_VARIABLE}' | 2: the environment variable NO_SUCH_VARIABLE is not set",
      })
  void givenAWrongFile_whenRead_thenOneLineNamesKeyLineAndWhatWasMeant(String line, String message)
      throws Exception {
    var file = file("url: http://localhost/\n" + line + "\n");

    var checked = Checked.run("check", "-f", file.toString());

    assertThat(checked.exitCode()).isEqualTo(2);
    assertThat(checked.err()).isEqualTo("lastword: " + file + ":" + message + "\n");
  }

  @Test
  void givenUnquotedPlaces_whenRead_thenItSaysToQuoteThem() throws Exception {
    var checked =
        Checked.run("check", "-f", file("url: http://x/\nexpect: {{answer}}\n").toString());

    assertThat(checked.exitCode()).isEqualTo(2);
    assertThat(checked.err()).contains("check.yaml:2: ").contains("needs quotes");
    assertThat(checked.err().lines()).hasSize(1);
  }

  @Test
  void givenNoSuchFile_whenRead_thenItSaysSo() throws Exception {
    var checked = Checked.run("check", "-f", dir.resolve("none.yaml").toString());

    assertThat(checked.exitCode()).isEqualTo(2);
    assertThat(checked.err()).contains("cannot read the file");
  }

  @Test
  void givenSecrets_whenRead_thenRequestsNameThemAndCommandsKeepThem() {
    var settings =
        CheckFile.parse(
            """
            url: http://x/${TOKEN}
            header: ["authorization: Bearer ${TOKEN}", "x-literal: $${TOKEN}"]
            data: {key: "${TOKEN}"}
            runs: ${RUNS}
            other-header: {cookie: "user=${TOKEN}"}
            fail-data: {fail: true}
            verify-command: psql "${DATABASE}" -c 'select 1'
            """,
            "check.yaml",
            Map.of("TOKEN", "s3cret", "RUNS", "7"));

    assertThat(settings.get("url")).isEqualTo("http://x/{{env:TOKEN}}");
    assertThat(settings.all("header"))
        .containsExactly("authorization: Bearer {{env:TOKEN}}", "x-literal: ${TOKEN}");
    assertThat(settings.get("data")).isEqualTo("{\"key\":\"{{env:TOKEN}}\"}");
    assertThat(settings.all("other-header")).containsExactly("cookie: user={{env:TOKEN}}");
    assertThat(settings.get("fail-data")).isEqualTo("{\"fail\":true}");
    assertThat(settings.get("runs")).isEqualTo("7");
    assertThat(settings.get("verify-command")).contains("${DATABASE}");
  }

  @Test
  void givenAFlagOfTheSameKind_whenBothAreSaid_thenTheFlagTakesItsPlace() {
    var file = CheckFile.parse("verify: http://x/\nexpect: a\nruns: 3\n", "check.yaml", Map.of());
    var flags =
        new Settings(
            Map.of("verify-command", List.of("true"), "expect-match", List.of("b")), Map.of());

    var both = flags.or(file);

    assertThat(both.get("verify")).isNull();
    assertThat(both.get("expect")).isNull();
    assertThat(both.get("runs")).isEqualTo("3");
  }
}
