package dev.lastword.checker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lastword.checker.Endpoint.Script;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A report that can be cited: whoever reads it can see the loss without Lastword. */
final class CitedReportTest {
  private static final String SECRET = "Bearer do-not-print-this";

  @TempDir private Path folder;

  /** Is on Uvicorn, and saves only while its reader stays. */
  private static final Script LOSES =
      exchange -> {
        exchange.open("Server: uvicorn");
        Scripts.words(exchange);
        exchange.event("{\"type\":\"done\"}");
        if (exchange.readerStays(400)) { // what a shell takes to leave
          exchange.save(Scripts.answer(exchange));
          exchange.end();
        }
      };

  private static Checked check(Endpoint endpoint, String... more) throws Exception {
    var args =
        new ArrayList<>(
            List.of(
                "--only", "LW001,LW005,LW008", "--runs", "2", "-H", "authorization: " + SECRET));
    args.addAll(List.of(more));
    return Checked.endpoint(endpoint, args.toArray(String[]::new));
  }

  private String run(String program, String text) throws IOException, InterruptedException {
    var file = Files.writeString(folder.resolve("reproduction"), text);
    var process =
        new ProcessBuilder(program, file.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true);
    process.environment().put("AUTHORIZATION", "x");
    var started = process.start();
    var said = new String(started.getInputStream().readAllBytes(), UTF_8);
    assertThat(started.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return said;
  }

  private static boolean has(String program) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .anyMatch(each -> Files.isExecutable(Path.of(each, program)));
  }

  @Test
  void givenALoss_whenReported_thenCurlInAShellShowsIt() throws Exception {
    assumeTrue(has("curl") && has("bash"), "curl and bash are needed");
    try (var endpoint = new Endpoint(LOSES)) {
      var reproduction = check(endpoint).json().path("reproduction");

      var said = run("bash", reproduction.path("shell").asString());

      assertThat(reproduction.path("code").asString()).isEqualTo("LW001");
      assertThat(said).contains("{\"type\":\"done\"}", "HTTP/1.1 404");
    }
  }

  @Test
  void givenALoss_whenReported_thenTenLinesOfPythonShowIt() throws Exception {
    assumeTrue(has("python3"), "python3 is needed");
    try (var endpoint = new Endpoint(LOSES)) {
      var script = check(endpoint).json().path("reproduction").path("script").asString();

      assertThat(script.lines().count()).isLessThanOrEqualTo(10);
      assertThat(run("python3", script)).contains("HTTP Error 404");
    }
  }

  /** Only what runs from classes may say so: a jar knows its version, the launcher's its commit. */
  private static String version() {
    var made = Origins.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    return made.endsWith(".jar")
        ? "\\d+\\.\\d+\\.\\d+(-SNAPSHOT)?(\\+[0-9a-f]{12,40}(-dirty)?)?"
        : "built from classes";
  }

  @Test
  void givenAReport_whenItIsRead_thenItSaysWhoMadeItAndHowAndNoCredentials() throws Exception {
    var html = folder.resolve("report.html");
    try (var endpoint = new Endpoint(LOSES)) {
      var checked =
          check(
              endpoint,
              "--report",
              html.toString(),
              "--docs",
              "https://docs.example/checks/{code}.html");
      var page = Files.readString(html);

      assertThat(checked.json().path("version").asString()).matches(version());
      assertThat(checked.json().path("command").asString())
          .startsWith("lastword check " + endpoint.url("/chat"))
          .contains("--header 'authorization: …'", "--only LW001,LW005,LW008");
      assertThat(checked.json().path("framework").asString())
          .isEqualTo("an ASGI application on Uvicorn");
      assertThat(checked.json().path("lastEvents").get(3).asString())
          .isEqualTo("data: {\"type\":\"done\"}");
      assertThat(page)
          .contains(
              "href=\"https://docs.example/checks/LW001.html\"",
              "The last events on the wire",
              "asyncio.Task of its own",
              "async def events():"); // the page itself, so that an artifact needs no link
      assertThat(page + checked.out()).doesNotContain("do-not-print-this");
    }
  }

  @Test
  void givenFaultsAndChecksThatWereNotTried_whenPrinted_thenFaultsComeFirstAndTheOthersAreFolded()
      throws Exception {
    try (var endpoint = new Endpoint(LOSES)) {
      var checked =
          Checked.run(
              "check",
              endpoint.url("/chat"),
              "--data",
              "{\"message\":\"about {{run}}\"}",
              "--verify",
              endpoint.url("/messages/{{header:x-message-id}}"),
              "--wait",
              "400ms",
              "--runs",
              "2",
              "--only",
              "LW001,LW005,LW008,LW014,LW015,LW017");

      assertThat(checked.out()).startsWith("This endpoint loses or endangers answers");
      assertThat(checked.out())
          .containsSubsequence(
              "2 of 2 readers who left at the terminal event lost the answer",
              "LW008",
              "LW014",
              "not tried",
              "LW005, LW015, LW017: add --resume",
              "//",
              "What to do",
              "In an ASGI application on Uvicorn",
              "LW001 without Lastword");
    }
  }

  /** Says this and saves only while its reader stays, as long as it is as it was. */
  private static Script losing(String terminal, AtomicBoolean changed) {
    return exchange -> {
      exchange.open();
      exchange.event("{\"usage\":null,\"t\":\"\"}");
      for (int i = 0; i < 6; i++) {
        exchange.event("{\"t\":\"" + Scripts.word(exchange, i) + "\"}");
        Thread.sleep(2);
      }
      if (changed.get()) {
        exchange.end();
        return;
      }
      exchange.event(terminal.replace("ID", exchange.id));
      if (exchange.readerStays(400)) {
        exchange.save(saved(exchange));
        exchange.end();
      }
    };
  }

  private static String saved(Endpoint.Exchange exchange) {
    return IntStream.range(0, 6)
        .mapToObj(i -> Scripts.word(exchange, i))
        .collect(Collectors.joining());
  }

  @Test
  void givenAnEndThatAShellWouldActUpon_whenItsReproductionIsRun_thenItStaysText()
      throws Exception {
    assumeTrue(has("curl") && has("bash"), "curl and bash are needed");
    var forged = folder.resolve("forged");
    Files.writeString(folder.resolve("head"), "mine");
    var terminal = "{{env:x:-$(touch${IFS}forged)}}";
    try (var endpoint = new Endpoint(losing(terminal, new AtomicBoolean()))) {
      var shell = check(endpoint).json().path("reproduction").path("shell").asString();

      var said = run("bash", shell);

      assertThat(shell).contains(terminal);
      assertThat(said).contains(terminal, "HTTP/1.1 404");
      assertThat(forged).doesNotExist();
      assertThat(folder.resolve("head")).hasContent("mine");
      assertThat(folder.resolve("stream")).doesNotExist();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"usage\":{\"id\":\"ID\",\"n\":7}}", "{\"summary\":{\"id\":\"ID\"}}"})
  void givenAnEndThatIsKnownByAMember_whenReproduced_thenWhatIsNewInEachRunIsNotWaitedFor(
      String terminal) throws Exception {
    assumeTrue(has("curl") && has("bash") && has("python3"), "curl, bash and python3 are needed");
    try (var endpoint = new Endpoint(losing(terminal, new AtomicBoolean()))) {
      var reproduction = check(endpoint).json().path("reproduction");

      assertThat(run("bash", reproduction.path("shell").asString())).contains("HTTP/1.1 404");
      assertThat(run("python3", reproduction.path("script").asString()))
          .contains(terminal.substring(0, 8), "HTTP Error 404");
    }
  }

  @Test
  void givenAnEndThatDoesNotComeAgain_whenReproducedWithPython_thenThatEndsAndSaysSo()
      throws Exception {
    assumeTrue(has("python3"), "python3 is needed");
    var changed = new AtomicBoolean();
    try (var endpoint = new Endpoint(losing("{\"type\":\"done\"}", changed))) {
      var script = check(endpoint).json().path("reproduction").path("script").asString();
      changed.set(true);

      assertThat(run("python3", script)).contains("the answer ended before that");
    }
  }

  @Test
  void givenCredentialsOfEveryKind_whenReported_thenNoReportHasOne() throws Exception {
    assumeTrue(has("curl") && has("bash"), "curl and bash are needed");
    var html = folder.resolve("report.html");
    var sarif = folder.resolve("check.sarif");
    var junit = folder.resolve("junit.xml");
    try (var endpoint = new Endpoint(LOSES)) {
      var url = endpoint.url("/chat?key=S1-do-not-print&lang=en");
      var args =
          new ArrayList<>(
              List.of(
                  "check",
                  url.replace("http://", "http://bob:S2-do-not-print@"),
                  "--data",
                  "{\"message\":\"about {{run}}\",\"api_key\":\"S3-do-not-print\"}",
                  "--verify",
                  endpoint.url("/messages/{{header:x-message-id}}?access_token=S4-do-not-print"),
                  "--wait=400ms",
                  "--runs=2",
                  "--only=LW001"));
      for (var name :
          List.of("api-key", "x-goog-api-key", "X-Auth-Token", "proxy-authorization", "apikey")) {
        args.addAll(List.of("-H", name + ": S5-do-not-print"));
      }
      args.addAll(List.of("--other-header", "x-access-token: S6-do-not-print"));
      args.addAll(
          List.of(
              "--kill-command", "psql postgres://u:S7-do-not-print@db -v token=S8-do-not-print"));
      args.addAll(List.of("--report", html.toString(), "--sarif", sarif.toString()));
      args.addAll(List.of("--junit", junit.toString(), "--json"));

      var checked = Checked.run(args.toArray(String[]::new));

      assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("fail");
      assertThat(checked.json().path("url").asString())
          .isEqualTo(endpoint.url("/chat?key=…&lang=en").replace("http://", "http://…@"));
      assertThat(
              checked.out()
                  + Files.readString(html)
                  + Files.readString(sarif)
                  + Files.readString(junit))
          .doesNotContain("do-not-print");
      var shell = checked.json().path("reproduction").path("shell").asString();
      assertThat(shell).contains("api-key: '\"${API_KEY}\"", "key='\"${KEY}\"'&lang=en'");
    }
  }
}
