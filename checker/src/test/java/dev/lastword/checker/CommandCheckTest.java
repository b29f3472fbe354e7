package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stopping, asking twice under one key, and strangers: LW006, LW007, LW015. */
final class CommandCheckTest {
  private static final int WORDS = 20;
  private static final String COMPLETE = " [complete]";

  /** How an endpoint takes a stop. */
  private enum Stop {
    ENDS,
    GOES_ON,
    LOSES,
    MARKS_COMPLETE
  }

  private static Endpoint.Script stoppable(Stop how) {
    Set<String> stopped = ConcurrentHashMap.newKeySet();
    return exchange -> {
      if (exchange.path.startsWith("/stop/")) {
        stopped.add(exchange.path.substring("/stop/".length()));
        exchange.reply(204, "text/plain", "");
        return;
      }
      exchange.open();
      var said = new StringBuilder();
      for (int i = 0; i < WORDS; i++) {
        if (how != Stop.GOES_ON && stopped.contains(exchange.id)) {
          if (how != Stop.LOSES) {
            exchange.save(said + (how == Stop.MARKS_COMPLETE ? COMPLETE : " [cancelled]"));
          }
          exchange.chunk("event: error\ndata: stopped\n\n");
          exchange.end();
          return;
        }
        said.append(Scripts.word(exchange, i));
        exchange.event(Scripts.word(exchange, i));
        Thread.sleep(5); // a model's pace, or the stop would come too late
      }
      exchange.save(said + COMPLETE);
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  private static Checked stopped(Stop how) throws Exception {
    try (var endpoint = new Endpoint(stoppable(how))) {
      return Checked.endpoint(
          endpoint,
          "--only",
          "LW006",
          "--stop",
          endpoint.url("/stop/{{header:x-message-id}}"),
          "--expect-complete",
          "\\[complete]");
    }
  }

  @Test
  void givenAStopThatEndsTheWorkAndKeepsThePart_whenStopped_thenItPasses() throws Exception {
    var checked = stopped(Stop.ENDS);

    assertThat(checked.verdict("LW006")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenAStopThatStopsNothing_whenStopped_thenItIsTold() throws Exception {
    var checked = stopped(Stop.GOES_ON);

    assertThat(checked.verdict("LW006")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.detail("LW006")).contains("goes on to its end");
  }

  @Test
  void givenAStopThatKeepsNothing_whenStopped_thenItIsTold() throws Exception {
    var checked = stopped(Stop.LOSES);

    assertThat(checked.verdict("LW006")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.detail("LW006")).contains("is lost");
  }

  @Test
  void givenAStopThatMarksThePartComplete_whenStopped_thenItIsTold() throws Exception {
    var checked = stopped(Stop.MARKS_COMPLETE);

    assertThat(checked.verdict("LW006")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.detail("LW006")).contains("marked complete");
  }

  /** Saves JSON; says a few words more while a stop is on its way, and keeps them too. */
  private static Endpoint.Script keepsMoreThanWasRead() {
    Set<String> stopped = ConcurrentHashMap.newKeySet();
    return exchange -> {
      if (exchange.path.startsWith("/stop/")) {
        stopped.add(exchange.path.substring("/stop/".length()));
        Thread.sleep(30); // words go on meanwhile
        exchange.reply(204, "text/plain", "");
        return;
      }
      exchange.open();
      var said = new StringBuilder();
      for (int i = 0; i < WORDS && !stopped.contains(exchange.id); i++) {
        said.append(Scripts.word(exchange, i));
        try {
          exchange.event(Scripts.word(exchange, i));
        } catch (IOException e) {
          // the work goes on without its reader
        }
        Thread.sleep(5); // a model's pace, or the stop would come too late
      }
      boolean whole = !stopped.contains(exchange.id);
      said.append(whole ? "" : "and one word more");
      exchange.save("{\"last\":{\"text\":\"" + said.toString().strip() + "\"}}");
      exchange.chunk(whole ? "data: [DONE]\n\n" : "event: error\ndata: stopped\n\n");
      exchange.end();
    };
  }

  @Test
  void givenMoreIsKeptThanWasRead_whenAValueOfJsonIsExpected_thenThatIsNoLoss() throws Exception {
    try (var endpoint = new Endpoint(keepsMoreThanWasRead())) {
      var args = List.of("--expect-json", "/last/text={{answer}}", "--only", "LW006");
      var stop = new ArrayList<>(args);
      stop.addAll(List.of("--stop", endpoint.url("/stop/{{header:x-message-id}}")));

      var stopped = Checked.endpoint(endpoint, stop.toArray(String[]::new));
      var left = Checked.endpoint(endpoint, args.toArray(String[]::new));

      assertThat(stopped.verdict("LW006")).as(stopped.out()).isEqualTo("pass");
      assertThat(left.detail("LW006")).doesNotContain("nothing is kept").contains("it went on");
    }
  }

  @Test
  void givenNobodyLooksWhatIsSaved_whenStopped_thenNothingIsSaidOfIt() throws Exception {
    try (var endpoint = new Endpoint(stoppable(Stop.LOSES))) {
      var checked =
          Checked.run(
              "check",
              endpoint.url("/chat"),
              "--data",
              "{}",
              "--stop",
              endpoint.url("/stop/{{header:x-message-id}}"),
              "--only",
              "LW006",
              "--json");

      assertThat(checked.detail("LW006")).as(checked.out()).contains("is not known", "--verify");
    }
  }

  @Test
  void givenNoStop_whenChecked_thenItSaysWhatToAdd() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var checked = Checked.endpoint(endpoint, "--only", "LW006,LW007,LW015,LW019,LW020");

      assertThat(checked.detail("LW006")).contains("--stop").contains("it went on");
      assertThat(checked.detail("LW007")).contains("--idempotency-header");
      assertThat(checked.detail("LW015")).contains("--resume");
      assertThat(checked.detail("LW019")).contains("--kill-command").contains("--restart-command");
      assertThat(checked.detail("LW020")).contains("--silent-data");
      assertThat(checked.exitCode()).isZero();
    }
  }

  /** Answers each request anew, or a key that it knows with the id that it had. */
  private static Endpoint.Script keyed(boolean looksAtTheKey) {
    Map<String, String> ids = new ConcurrentHashMap<>();
    return exchange -> {
      var key = exchange.headers.getOrDefault("idempotency-key", exchange.id);
      var id = looksAtTheKey ? ids.computeIfAbsent(key, k -> exchange.id) : exchange.id;
      exchange.save("word " + id);
      exchange.open("X-Generation: " + id);
      exchange.event("word " + id);
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  private static Checked twice(Endpoint.Script script) throws Exception {
    try (var endpoint = new Endpoint(script)) {
      return Checked.run(
          "check",
          endpoint.url("/chat"),
          "--data",
          "{}",
          "--resume",
          endpoint.url("/again/{{header:x-generation}}"),
          "--idempotency-header",
          "Idempotency-Key",
          "--only",
          "LW007",
          "--json");
    }
  }

  @Test
  void givenAKeyThatIsKept_whenAskedAgain_thenThereIsOneGeneration() throws Exception {
    var checked = twice(keyed(true));

    assertThat(checked.verdict("LW007")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenAKeyThatNobodyLooksAt_whenAskedAgain_thenItIsTold() throws Exception {
    var checked = twice(keyed(false));

    assertThat(checked.verdict("LW007")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.detail("LW007")).contains("3 generations");
  }

  @Test
  void givenAnswersThatAreAllAlike_whenAskedAgain_thenItIsInconclusive() throws Exception {
    Endpoint.Script alike =
        exchange -> {
          exchange.open();
          exchange.event("always the same");
          exchange.event("[DONE]");
          exchange.end();
        };
    try (var endpoint = new Endpoint(alike)) {
      var checked =
          Checked.run(
              "check",
              endpoint.url("/chat"),
              "--data",
              "{\"key\":\"{{key}}\"}",
              "--only",
              "LW007",
              "--json");

      assertThat(checked.verdict("LW007")).as(checked.out()).isEqualTo("inconclusive");
      assertThat(checked.detail("LW007")).contains("captured id");
    }
  }

  /** A stream that may be read again by whom this allows, by their cookie. */
  private static Endpoint.Script owned(Set<String> readers) {
    return exchange -> {
      var cookie = exchange.headers.getOrDefault("cookie", "");
      if (exchange.path.startsWith("/again/") && !readers.contains(cookie)) {
        exchange.reply(404, "text/plain", "");
        return;
      }
      exchange.open();
      exchange.event("secret");
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  private static Checked strangers(Set<String> readers, String... more)
      throws IOException, InterruptedException {
    return strangers(owned(readers), more);
  }

  private static Checked strangers(Endpoint.Script script, String... more)
      throws IOException, InterruptedException {
    try (var endpoint = new Endpoint(script)) {
      var args =
          new ArrayList<>(
              List.of(
                  "check",
                  endpoint.url("/chat"),
                  "--data",
                  "{}",
                  "--resume",
                  endpoint.url("/again/{{header:x-message-id}}"),
                  "-H",
                  "cookie: user=alice",
                  "--only",
                  "LW015",
                  "--json"));
      args.addAll(List.of(more));
      return Checked.run(args.toArray(String[]::new));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/event-stream|event: error\ndata: unauthorized\n\n",
        "text/event-stream|data: unauthorized\n\ndata: [DONE]\n\n",
        "text/event-stream|event: ping\ndata: {}\n\n",
        "application/json|{\"error\":\"login\"}",
      })
  void givenAnErrorThatIsNoErrorStatus_whenStrangersCome_thenTheyAreNotTakenForReaders(
      String response) throws Exception {
    var parts = response.split("\\|", 2);
    Endpoint.Script polite =
        exchange -> {
          if (exchange.headers.getOrDefault("cookie", "").equals("user=alice")) {
            owned(Set.of("user=alice")).answer(exchange);
          } else {
            exchange.reply(200, parts[0], parts[1]);
          }
        };

    var checked = strangers(polite, "--other-header", BOB);

    assertThat(checked.verdict("LW015")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.detail("LW015")).contains("without credentials and with another user's is");
    assertThat(checked.detail("LW015")).contains("404 tells less");
  }

  @Test
  void givenEventsThatTellWhenTheyWereSent_whenAStrangerReadsTheirText_thenItIsTold()
      throws Exception {
    Endpoint.Script open =
        exchange -> {
          exchange.open();
          for (int i = 0; i < WORDS; i++) {
            exchange.event("{\"at\":%d,\"text\":\"w%d \"}".formatted(System.nanoTime(), i));
          }
          exchange.event("[DONE]");
          exchange.end();
        };

    var checked = strangers(open, "--other-header", BOB);

    assertThat(checked.verdict("LW015")).as(checked.out()).isEqualTo("fail");
  }

  private static final String BOB = "cookie: user=bob";

  @Test
  void givenAStreamOfItsOwner_whenStrangersCome_thenItPasses() throws Exception {
    var checked = strangers(Set.of("user=alice"), "--other-header", BOB);
    var alone = strangers(Set.of("user=alice"));

    assertThat(checked.verdict("LW015")).as(checked.out()).isEqualTo("pass");
    assertThat(alone.verdict("LW015")).as(alone.out()).isEqualTo("pass");
    assertThat(alone.detail("LW015")).contains("--other-header");
  }

  @Test
  void givenAStreamThatOthersMayRead_whenStrangersCome_thenItIsTold() throws Exception {
    var other = strangers(Set.of("user=alice", "user=bob"), "--other-header", BOB);
    var nobody = strangers(Set.of("user=alice", ""), "--other-header", BOB);

    assertThat(other.detail("LW015")).as(other.out()).contains("with another user's");
    assertThat(nobody.detail("LW015")).as(nobody.out()).contains("without credentials");
    assertThat(nobody.exitCode()).isEqualTo(1);
  }
}
