package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The program as a process: its command line, its signals, its exit codes. */
class ProcessTest {
  @TempDir Path folder;

  private Process run(String... args) throws IOException {
    return run(Map.of(), args);
  }

  private Process run(Map<String, String> environment, String... args) throws IOException {
    return GatewayProcess.start(folder, List.of(), environment, List.of(args)).process();
  }

  private String err() throws IOException {
    return Files.readString(folder.resolve("err"));
  }

  private int exit(Process process) throws InterruptedException {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
    return process.exitValue();
  }

  private InetSocketAddress ready(Process process) {
    return new GatewayProcess(process, folder).ready();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "serve --upstrem http://x | --upstream",
        "serve | serve needs --upstream URL",
        "serve --upstream nonsense | upstream URL 'nonsense' is malformed",
        "serve --upstream http://x --config missing.yaml | cannot read the configuration file missing.yaml",
        "serve --upstream http://x --set limits.bodybytes-max=3 | did you mean 'limits.body-bytes-max'?",
        "serve --upstream http://x --listen nowhere.invalid:80 | 'listen' has to be",
        "serve --upstream http://x --data out | data directory",
        "serv | serve",
      })
  void givenWrongCommandLine_thenOneLineSaysWhatIsMeant_andTheExitCodeIs2(
      String line, String message) throws Exception {
    var process = run(line.split(" "));

    assertThat(exit(process)).isEqualTo(2);
    assertThat(err()).startsWith("lastword: ").contains(message).doesNotContain("\tat ");
    assertThat(err().lines()).hasSize(1);
  }

  /** Whoever supervises it starts it again: the server may be back by then. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--set journal.url=jdbc:postgresql://127.0.0.1:1/x",
        "--set archive.url=jdbc:postgresql://127.0.0.1:1/x",
        "--set journal.url=jdbc:postgresql://127.0.0.1:1/x --set archive.url=same"
            + " --set node.address=http://127.0.0.1:2 --set node.secret=0123456789012345678901234567890123456789",
      })
  void givenADatabaseThatIsAway_thenOneLineSaysSo_andTheExitCodeAsksForAnotherStart(String set)
      throws Exception {
    var line = "serve --upstream http://127.0.0.1:1 --listen 127.0.0.1:0 --data d " + set;
    var process = run(line.split(" "));

    assertThat(exit(process)).isEqualTo(75);
    assertThat(err().lines().filter(each -> each.startsWith("lastword: "))).hasSize(1);
    assertThat(err()).contains("127.0.0.1:1").doesNotContain("\tat ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"serve --upstream http://127.0.0.1:1", "demo"})
  void givenPortInUse_thenOneFriendlyLineSaysSo_andNothingIsTouched(String line) throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var address = "127.0.0.1:" + taken.getLocalPort();
      var process = run((line + " --data d --listen " + address).split(" "));

      assertThat(exit(process)).isEqualTo(2);
      assertThat(err().strip())
          .isEqualTo(
              "lastword: cannot listen on "
                  + address
                  + ": the port is in use, perhaps by another gateway; --listen takes another one");
      assertThat(folder.resolve("d")).doesNotExist();
    }
  }

  // --- the demo in front of one's own model

  @ParameterizedTest
  @CsvSource({
    "--upstream, ''",
    "--upstream, /v1",
    "LASTWORD_UPSTREAM, ''",
    "LASTWORD_UPSTREAM, /v1/"
  })
  void givenOwnModel_whenTheDemoRuns_thenItsPageIsInFrontOfThatModel(String how, String path)
      throws Exception {
    try (var upstream = ScriptedUpstream.start()) {
      upstream.on(
          "/v1/chat/completions", x -> x.stream().delta("mine").finish().data("[DONE]").end());
      upstream.on("/v1/models", x -> x.respond(200, "application/json", "{\"data\":[]}"));
      var url = upstream.url() + path;
      var process =
          how.startsWith("--")
              ? run("demo", "--listen", "127.0.0.1:0", how, url)
              : run(Map.of(how, url), "demo", "--listen", "127.0.0.1:0");
      try (var client = new RawClient(ready(process))) {
        assertThat(client.get("/").reply().body()).contains("<html");
        assertThat(client.get("/v1/models").reply().body()).isEqualTo("{\"data\":[]}");
        assertThat(client.post("/v1/chat/completions", "{}").reply().body()).contains("mine");
        Awaitility.await()
            .untilAsserted(
                () ->
                    assertThat(Files.readString(folder.resolve("out")))
                        .startsWith("Open http://127.0.0.1:")
                        .contains("Answers come from " + upstream.url() + " (" + how + ")"));
      } finally {
        process.destroy();
        exit(process);
      }
    }
  }

  @Test
  void givenRunningGateway_whenASecondTakesItsData_thenItIsRefused_andSigtermEndsTheFirstWith143()
      throws Exception {
    var first =
        run("serve", "--upstream", "http://127.0.0.1:1", "--listen", "127.0.0.1:0", "--data", "d");
    try (var client = new RawClient(ready(first))) {
      assertThat(client.get("/healthz").reply().status()).isEqualTo(200);
      var log = err();
      var second =
          run(
              "serve",
              "--upstream",
              "http://127.0.0.1:1",
              "--listen",
              "127.0.0.1:0",
              "--data",
              "d");
      assertThat(exit(second)).isNotZero();
      assertThat(err()).contains("lastword: ").doesNotContain("\tat ").doesNotContain("exception=");
      assertThat(log).contains("gateway.ready");

      first.destroy();

      assertThat(exit(first)).isEqualTo(143);
    } finally {
      first.destroyForcibly();
    }
  }

  @Test
  void givenRunningAnswer_whenASecondSigtermComes_thenTheProcessEndsAtOnce() throws Exception {
    try (var upstream = ScriptedUpstream.start()) {
      upstream.on("/v1/chat/completions", x -> x.stream().delta("half").peerCloses(60));
      var process =
          run("serve", "--upstream", upstream.url(), "--listen", "127.0.0.1:0", "--data", "d");
      try (var client = new RawClient(ready(process))) {
        client.post("/v1/chat/completions", "{}").head();
        client.readUntil("half");
        process.destroy();
        Awaitility.await().until(() -> err().contains("gateway.stopping"));
        assertThat(process.waitFor(500, TimeUnit.MILLISECONDS)).as("it drains").isFalse();

        process.destroy();

        assertThat(exit(process)).isEqualTo(143);
        assertThat(err()).doesNotContain("gateway.stopped");
      } finally {
        process.destroyForcibly();
      }
    }
  }

  @Test
  void givenWarmup_thenItWalksThroughAGatewayAndEndsWell() throws Exception {
    assertThat(exit(run("warmup"))).as(err()).isZero();
  }

  @Test
  void givenPrintConfig_thenAllIsPrintedAndNothingStarts() throws Exception {
    assertThat(exit(run("serve", "--upstream", "http://x.example", "--print-config"))).isZero();
    assertThat(Files.readString(folder.resolve("out")))
        .contains("upstream: \"http://x.example\"")
        .contains("body-bytes-max: \"33554432\"");
    assertThat(folder.resolve("lastword-data")).doesNotExist();
  }

  @Test
  void givenJsonLog_thenEachLineIsAnObject() throws Exception {
    var process = run("demo", "--listen", "127.0.0.1:0", "--log-format", "json");
    try {
      Awaitility.await().atMost(60, TimeUnit.SECONDS).until(() -> err().contains("gateway.ready"));
      assertThat(TestGateway.read(err().lines().toList().getLast()).get("message").asString())
          .startsWith("gateway.ready");
      assertThat(Files.readString(folder.resolve("out"))).startsWith("Open http://127.0.0.1:");
      assertThat(folder.resolve(".lastword/demo/archive.db")).exists();
    } finally {
      process.destroy();
      exit(process);
    }
  }

  @Test
  void givenJournal_thenInspectPrintsIt_andItsExitCodeTellsDamage() throws Exception {
    try (var upstream = ScriptedUpstream.start();
        var gateway = TestGateway.start(folder.resolve("d"), upstream)) {
      upstream.on(
          "/v1/chat/completions", x -> x.stream().delta("secret").finish().data("[DONE]").end());
      gateway.post("/v1/chat/completions", "{}", "Lastword-Stream", "a-stream-to-inspect");
    }
    assertThat(exit(run("inspect", "d"))).isZero();
    assertThat(Files.readString(folder.resolve("out")))
        .contains("a-stream-to-inspect")
        .doesNotContain("secret");
    assertThat(exit(run("inspect", "nothing-here"))).isEqualTo(2);
    Path segment;
    try (var files = Files.list(folder.resolve("d/journal"))) {
      segment =
          files
              .filter(file -> file.toString().endsWith(".journal"))
              .min(Path::compareTo)
              .orElseThrow();
    }
    var bytes = Files.readAllBytes(segment);
    bytes[20] ^= 1;
    Files.write(segment, bytes);
    assertThat(exit(run("inspect", "d"))).isEqualTo(1);
  }
}
