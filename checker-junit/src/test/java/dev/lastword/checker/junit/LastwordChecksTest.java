package dev.lastword.checker.junit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lastword.checker.report.Report;
import dev.lastword.checker.scenario.Scenario.Severity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** An application's tests of its own endpoint, once with the bug and once with the fix. */
final class LastwordChecksTest {
  private static final Map<String, String> SAVED = new ConcurrentHashMap<>();
  private static final AtomicInteger IDS = new AtomicInteger();
  private static final int SAVE_MS = 60;

  private static HttpServer server;
  private static ExecutorService threads;

  @BeforeAll
  static void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    threads = Executors.newVirtualThreadPerTaskExecutor();
    server.setExecutor(threads);
    server.createContext("/buggy", exchange -> chat(exchange, false));
    server.createContext("/fixed", exchange -> chat(exchange, true));
    server.createContext("/messages/", LastwordChecksTest::messages);
    server.start();
  }

  @AfterAll
  static void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static void chat(HttpExchange exchange, boolean savesFirst) throws IOException {
    try (exchange) {
      var id = "m" + IDS.incrementAndGet();
      var text = "an answer of its own for " + id;
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
      exchange.getResponseHeaders().set("X-Message-Id", id);
      exchange.sendResponseHeaders(200, 0);
      var out = exchange.getResponseBody();
      out.write(("data: " + text + "\n\n").getBytes(UTF_8));
      out.flush();
      if (savesFirst) {
        save(id, text);
      }
      out.write("data: [DONE]\n\n".getBytes(UTF_8));
      out.flush();
      save(id, text);
    }
  }

  /** As slow as a database may be. */
  private static void save(String id, String text) {
    try {
      Thread.sleep(SAVE_MS);
      SAVED.put(id, text);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void messages(HttpExchange exchange) throws IOException {
    try (exchange) {
      var path = exchange.getRequestURI().getPath();
      var bytes = SAVED.getOrDefault(path.substring(path.lastIndexOf('/') + 1), "").getBytes(UTF_8);
      exchange.sendResponseHeaders(
          bytes.length == 0 ? 404 : 200, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private static LastwordChecks checks(String path) {
    var home = "http://127.0.0.1:" + server.getAddress().getPort();
    return LastwordChecks.of(home + path)
        .data("{\"message\":\"about {{run}}\"}")
        .verify(home + "/messages/{{header:x-message-id}}")
        .patience(Duration.ofSeconds(2))
        .runs(2)
        .only("LW001", "LW003", "LW005");
  }

  /** A test class as an application has it; run by the tests below, not by itself. */
  static final class BuggyChat {
    @LastwordCheck
    Iterable<DynamicTest> answersSurvive() {
      return checks("/buggy");
    }
  }

  /** The same with the fix. */
  static final class FixedChat {
    @LastwordCheck
    Iterable<DynamicTest> answersSurvive() {
      return checks("/fixed");
    }
  }

  private static Map<String, TestExecutionResult> run(Class<?> tests) {
    var results = new ConcurrentHashMap<String, TestExecutionResult>();
    var request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClass(tests))
            .build();
    LauncherFactory.create()
        .execute(
            request,
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                  results.put(test.getDisplayName().substring(0, 5), result);
                }
              }
            });
    return results;
  }

  private static TestExecutionResult of(Map<String, TestExecutionResult> results, String code) {
    return Objects.requireNonNull(results.get(code), code);
  }

  private static String reason(TestExecutionResult result) {
    return result.getThrowable().map(Throwable::getMessage).orElse("");
  }

  @Test
  void givenTheBug_whenAnApplicationsTestsRun_thenTheTestOfThatCodeFailsAndSaysWhatToDo() {
    var results = run(BuggyChat.class);

    assertThat(results).containsOnlyKeys("LW001", "LW003", "LW005");
    assertThat(of(results, "LW003").getStatus()).isEqualTo(TestExecutionResult.Status.FAILED);
    assertThat(reason(of(results, "LW003")))
        .contains("2 of 2 answers were not saved", "Wait for the save", "/LW003");
    assertThat(of(results, "LW001").getStatus()).isEqualTo(TestExecutionResult.Status.SUCCESSFUL);
    assertThat(of(results, "LW005").getStatus()).isEqualTo(TestExecutionResult.Status.ABORTED);
    assertThat(reason(of(results, "LW005"))).contains("not-applicable", "--resume");
  }

  @Test
  void givenTheFix_whenAnApplicationsTestsRun_thenNothingFails() {
    assertThat(run(FixedChat.class).values())
        .extracting(TestExecutionResult::getStatus)
        .containsExactlyInAnyOrder(
            TestExecutionResult.Status.SUCCESSFUL,
            TestExecutionResult.Status.SUCCESSFUL,
            TestExecutionResult.Status.ABORTED);
  }

  @Test
  void givenNoTestFactory_whenAsserted_thenOnlyTheBugThrows() {
    assertThatThrownBy(() -> checks("/buggy").assertClean())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("LW003 saved when the terminal event arrives");
    assertThatCode(() -> checks("/fixed").assertClean()).doesNotThrowAnyException();
  }

  @Test
  void givenNobodySaysWhereAnswersAreSaved_whenAsserted_thenNothingIsCalledClean() {
    var home = "http://127.0.0.1:" + server.getAddress().getPort();
    var blind = LastwordChecks.of(home + "/fixed").data("{}").only("LW001", "LW014");

    assertThatThrownBy(blind::assertClean)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("LW001 could not be tried");
  }

  @Test
  void givenNobodyListens_whenChecked_thenOneTestSaysSo() {
    var checks = LastwordChecks.of("http://127.0.0.1:1/chat").failOn(Severity.HIGH);

    assertThat(List.copyOf(checks.tests().toList()))
        .singleElement()
        .satisfies(
            test ->
                assertThatThrownBy(() -> test.getExecutable().execute())
                    .hasMessageContaining("nobody listens"));
  }

  /** Here the checker is a jar, but for a build that makes none. */
  @Test
  void givenACheckerInAJar_whenItReports_thenItSaysTheJarsVersion() {
    var made = Report.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    assumeTrue(made.endsWith(".jar"), "the checker runs from classes");

    var version = LastwordChecks.of("http://127.0.0.1:1/chat").report().origin().version();

    assertThat(version).matches("\\d+\\.\\d+\\.\\d+(-SNAPSHOT)?(\\+[0-9a-f]{12,40}(-dirty)?)?");
  }

  @Test
  void givenAFlagThatIsNone_whenSaid_thenItIsRefusedAtOnce() {
    assertThatThrownBy(() -> LastwordChecks.of("http://127.0.0.1:1/").with("verfy", "x"))
        .hasMessageContaining("there is no flag --verfy");
  }
}
