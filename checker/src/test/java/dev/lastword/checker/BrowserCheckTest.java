package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lastword.checker.browser.Browser;
import dev.lastword.checker.scenario.Clients;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** LW018 with a real Chromium; where there is none, it says so, and these tests are skipped. */
final class BrowserCheckTest {
  private static Checked check(Endpoint endpoint, String... more) throws Exception {
    return judged(Checked.endpoint(endpoint, args(more)));
  }

  /** A GET, as an EventSource makes it. */
  private static Checked get(Endpoint endpoint, String... more) throws Exception {
    var args =
        new ArrayList<>(
            List.of(
                "check",
                endpoint.url("/chat?about={{run}}"),
                "--verify",
                endpoint.url("/messages/{{header:x-message-id}}"),
                "--wait",
                "400ms",
                "--json"));
    args.addAll(List.of(args(more)));
    return judged(Checked.run(args.toArray(String[]::new)));
  }

  private static String[] args(String... more) {
    var args = new ArrayList<>(List.of("--only", "LW018", "--runs", "2"));
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  private static Checked judged(Checked checked) {
    assumeFalse(
        checked.out().contains("there is no Chromium or Chrome here"), "no Chromium or Chrome");
    return checked;
  }

  @Test
  void givenSavesBeforeTheTerminal_whenPagesFetchAndLeave_thenItPasses() throws Exception {
    // so long that a browser on a busy machine can be refreshed half-way
    try (var endpoint = new Endpoint(Scripts.savesBefore(80))) {
      var checked = check(endpoint);

      assertThat(checked.verdict("LW018")).as(checked.out()).isEqualTo("pass");
      assertThat(checked.detail("LW018"))
          .isEqualTo(
              "fetch: saved 2 of 2 when the page was closed at the terminal event, saved 2 of 2 when"
                  + " the page was refreshed half-way");
    }
  }

  @Test
  void givenSavesOnlyWhileTheReaderStays_whenThePageIsClosedAtTheTerminal_thenItIsLost()
      throws Exception {
    Endpoint.Script patient =
        exchange -> {
          exchange.open();
          Scripts.words(exchange);
          exchange.event("[DONE]");
          if (exchange.readerStays(2000)) { // a browser on a busy machine leaves late
            exchange.save(Scripts.answer(exchange));
            exchange.end();
          }
        };
    try (var endpoint = new Endpoint(patient)) {
      var checked = check(endpoint);

      assertThat(checked.verdict("LW018")).as(checked.out()).isEqualTo("fail");
      assertThat(checked.detail("LW018"))
          .contains("lost 2 of 2 when the page was closed at the terminal event");
    }
  }

  @Test
  void givenACookieIsNeeded_whenEventSourceReads_thenItIsSent() throws Exception {
    Endpoint.Script guarded =
        exchange -> {
          if (!exchange.headers.getOrDefault("cookie", "").contains("session=s 7")) {
            exchange.reply(401, "text/plain", "who are you?");
            return;
          }
          Scripts.SAVES_BEFORE.answer(exchange);
        };
    try (var endpoint = new Endpoint(guarded)) {
      var checked = get(endpoint, "-H", "cookie: theme=dark; session=s 7");

      assertThat(checked.verdict("LW018")).as(checked.out()).isEqualTo("pass");
      assertThat(checked.detail("LW018")).startsWith("EventSource: saved 2 of 2");
    }
  }

  @Test
  void givenTheWholeAnswerAtOnce_whenThePageIsRefreshed_thenThatProvesNothing() throws Exception {
    try (var endpoint = new Endpoint(BrowserCheckTest::allAtOnce)) {
      var checked = check(endpoint, "--runs", "1");

      assertThat(checked.detail("LW018"))
          .isEqualTo(
              "fetch: saved 1 of 1 when the page was closed at the terminal event; 1 more could not be"
                  + " judged: the page was gone only when the answer may have been over");
    }
  }

  @Test
  void givenOnlyTheFirstAnswerComesAtOnce_whenPagesAreRefreshed_thenTheirsAreTheMeasure()
      throws Exception {
    Endpoint.Script coldAtFirst =
        exchange -> {
          if (!exchange.id.equals("m1")) {
            Scripts.savesBefore(80).answer(exchange);
            return;
          }
          allAtOnce(exchange);
        };
    try (var endpoint = new Endpoint(coldAtFirst)) {
      assertThat(check(endpoint).detail("LW018"))
          .endsWith("saved 2 of 2 when the page was refreshed half-way");
    }
  }

  private static void allAtOnce(Endpoint.Exchange exchange) throws IOException {
    exchange.open();
    exchange.save(Scripts.answer(exchange));
    var events = new StringBuilder();
    for (int i = 0; i < 10; i++) {
      events.append("data: ").append(Scripts.word(exchange, i)).append("\n\n");
    }
    exchange.chunk(events + "data: [DONE]\n\n");
    exchange.end();
  }

  private static Endpoint.Script allowing(String... headers) {
    return exchange -> {
      exchange.open(headers);
      try {
        Scripts.words(exchange);
      } catch (IOException e) {
        // the work goes on without its reader
      }
      exchange.save(Scripts.answer(exchange));
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  @Test
  void givenAPageOfAnotherOrigin_whenItsOriginIsNotAllowed_thenTheBrowsersReasonIsTold()
      throws Exception {
    try (var closed = new Endpoint(allowing());
        var star = new Endpoint(allowing("Access-Control-Allow-Origin: *"));
        var open =
            new Endpoint(
                allowing(
                    "Access-Control-Allow-Origin: http://127.0.0.1:3000",
                    "Access-Control-Allow-Credentials: true"))) {
      var refused = get(closed, "--page", "http://127.0.0.1:3000/chat");
      var anyone = get(star, "--page", "http://127.0.0.1:3000/chat");
      var allowed = get(open, "--page", "http://127.0.0.1:3000/chat");

      assertThat(refused.detail("LW018")).contains("blocked by CORS policy");
      assertThat(anyone.detail("LW018")).contains("wildcard");
      assertThat(allowed.verdict("LW018")).as(allowed.out()).isEqualTo("pass");
    }
  }

  @Test
  void givenConnectionsAreKeptOpenAfterTheTerminal_whenThereAreSevenTabs_thenTheSeventhWaits()
      throws Exception {
    Endpoint.Script holds =
        exchange -> {
          exchange.open();
          try {
            Scripts.words(exchange);
          } catch (IOException e) {
            // the work goes on without its reader
          }
          exchange.save(Scripts.answer(exchange));
          exchange.event("[DONE]");
          if (exchange.readerStays(3000)) {
            exchange.end();
          }
        };
    try (var endpoint = new Endpoint(holds)) {
      var checked = get(endpoint);

      assertThat(checked.verdict("LW018")).as(checked.out()).isEqualTo("fail");
      assertThat(checked.detail("LW018")).contains("a seventh tab gets nothing for");
    }
  }

  @Test
  void givenABrowserWasStarted_whenTheCheckIsOver_thenNothingOfItIsLeft() throws Exception {
    var before = profiles();
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      check(endpoint, "--runs", "1");

      assertThat(profiles()).isSubsetOf(before);
      assertThat(
              ProcessHandle.current()
                  .descendants()
                  .filter(
                      each -> each.info().commandLine().orElse("").contains("lastword-browser")))
          .isEmpty();
    }
  }

  @Test
  void givenABrowserMadeItsSocket_whenItIsClosed_thenTheSocketsFolderIsGone() throws Exception {
    var program = Clients.browser();
    assumeTrue(program.isPresent(), "no Chromium or Chrome");
    var before = profiles();
    var browser = Browser.start(program.get());
    Path socket;
    try {
      var profile = profiles().stream().filter(each -> !before.contains(each)).findFirst();
      var link = temporary().resolve(profile.orElseThrow()).resolve("SingletonSocket");
      assumeTrue(Files.isSymbolicLink(link), "this browser makes no socket");
      socket = Files.readSymbolicLink(link);
      assertThat(socket).exists();
    } finally {
      browser.close();
    }
    assertThat(socket.getParent()).doesNotExist();
  }

  private static List<String> profiles() throws Exception {
    try (var files = Files.list(temporary())) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.startsWith("lastword-browser"))
          .sorted()
          .toList();
    }
  }

  private static Path temporary() {
    return Path.of(System.getProperty("java.io.tmpdir"));
  }
}
