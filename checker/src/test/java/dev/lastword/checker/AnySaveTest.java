package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.Endpoint.Exchange;
import dev.lastword.checker.Endpoint.Script;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is saved in other ways than once, whole, and looked up with a GET. */
final class AnySaveTest {
  private static final int WORDS = 12;

  private final Map<String, List<String>> histories = new ConcurrentHashMap<>();

  private static String message(String role, String text, String more) {
    return "{\"role\":\"%s\",\"content\":\"%s\"%s}".formatted(role, text, more);
  }

  private void add(Exchange exchange, String message) {
    histories.merge(
        exchange.id,
        List.of(message),
        (some, more) -> Stream.concat(some.stream(), more.stream()).toList());
  }

  /** Shows a history; answers a chat as this script does. */
  private Script withHistory(Script chat) {
    return exchange -> {
      if (exchange.path.startsWith("/history/")) {
        var all = histories.getOrDefault(exchange.path.substring("/history/".length()), List.of());
        exchange.reply(200, "application/json", "{\"messages\":[" + String.join(",", all) + "]}");
      } else {
        add(exchange, message("user", "a question", ""));
        chat.answer(exchange);
      }
    };
  }

  private Checked check(Script chat, String... only) throws Exception {
    histories.clear(); // each endpoint counts its ids anew
    try (var endpoint = new Endpoint(withHistory(chat))) {
      var args =
          new ArrayList<>(
              List.of(
                  "check",
                  endpoint.url("/chat"),
                  "--data",
                  "{\"message\":\"about {{run}}\"}",
                  "--verify",
                  endpoint.url("/history/{{header:x-message-id}}"),
                  "--wait",
                  "400ms",
                  "--json"));
      args.addAll(List.of(only));
      return Checked.run(args.toArray(String[]::new));
    }
  }

  private static String text(Exchange exchange) {
    var text = new StringBuilder();
    for (int i = 0; i < WORDS; i++) {
      text.append(Scripts.word(exchange, i));
    }
    return text.toString();
  }

  private static void words(Exchange exchange) throws IOException, InterruptedException {
    for (int i = 0; i < WORDS; i++) {
      exchange.event("{\"text\":\"" + Scripts.word(exchange, i) + "\"}");
      Thread.sleep(2); // a model's pace
    }
  }

  private Script saves(int times) {
    return exchange -> {
      exchange.open();
      words(exchange);
      for (int i = 0; i < times; i++) {
        add(exchange, message("assistant", text(exchange), ""));
      }
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  @Test
  void givenAnAnswerThatIsSavedTwice_whenItsHistoryIsLookedUp_thenLw024CountsIt() throws Exception {
    var twice = check(saves(2), "--only", "LW010,LW024");
    var once = check(saves(1), "--only", "LW024");

    assertThat(twice.verdict("LW024")).as(twice.out()).isEqualTo("fail");
    assertThat(twice.detail("LW024")).contains("is there 2 times");
    assertThat(twice.verdict("LW010")).isEqualTo("pass");
    assertThat(once.verdict("LW024")).as(once.out()).isEqualTo("pass");
  }

  private Script savesOneText(String between, int times) {
    return exchange -> {
      exchange.open();
      words(exchange);
      var text = String.join(between, Collections.nCopies(times, text(exchange)));
      add(exchange, message("assistant", text, ""));
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  @Test
  void givenOneTextThatHoldsTheAnswerTwice_whenItWasAppended_thenLw024CountsIt() throws Exception {
    var joined = check(savesOneText("", 2), "--only", "LW024");
    var lines = check(savesOneText("\\n", 3), "--only", "LW024");
    var once = check(savesOneText("", 1), "--only", "LW024");

    assertThat(joined.verdict("LW024")).as(joined.out()).isEqualTo("fail");
    assertThat(joined.detail("LW024")).contains("is there 2 times");
    assertThat(lines.detail("LW024")).as(lines.out()).contains("is there 3 times");
    assertThat(once.verdict("LW024")).as(once.out()).isEqualTo("pass");
  }

  @Test
  void givenAPageOfPlainText_whenTheAnswerStandsTwiceOnItsLine_thenLw024CountsIt()
      throws Exception {
    Script script =
        exchange -> {
          exchange.open();
          words(exchange);
          exchange.save("assistant: " + text(exchange) + text(exchange) + "\n");
          exchange.event("[DONE]");
          exchange.end();
        };
    try (var endpoint = new Endpoint(script)) {
      var checked = Checked.endpoint(endpoint, "--only", "LW024");

      assertThat(checked.verdict("LW024")).as(checked.out()).isEqualTo("fail");
    }
  }

  @Test
  void givenAnAnswerThatSaysItsFirstHalfAgain_whenItIsSavedOnce_thenLw024DoesNotAccuseIt()
      throws Exception {
    Script script =
        exchange -> {
          var half = new StringBuilder();
          for (int i = 0; i < WORDS / 2; i++) {
            half.append(Scripts.word(exchange, i));
          }
          exchange.open();
          try {
            for (int i = 0; i < WORDS; i++) {
              exchange.event("{\"text\":\"" + Scripts.word(exchange, i % (WORDS / 2)) + "\"}");
              Thread.sleep(2); // a model's pace
            }
          } catch (IOException e) {
            // the work goes on without its reader
          }
          add(exchange, message("assistant", half.toString() + half, ""));
          exchange.event("[DONE]");
          exchange.end();
        };

    var checked = check(script, "--only", "LW024");

    assertThat(checked.verdict("LW024")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenASecondSaveForReadersWhoLeave_whenTheyLeave_thenLw024CountsIt() throws Exception {
    Script script =
        exchange -> {
          exchange.open();
          words(exchange);
          add(exchange, message("assistant", text(exchange), ""));
          exchange.event("[DONE]");
          if (!exchange.readerStays(40)) {
            add(exchange, message("assistant", text(exchange), ""));
          }
          exchange.end();
        };

    var checked = check(script, "--only", "LW024");

    assertThat(checked.verdict("LW024")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.detail("LW024")).contains("whose reader left at the terminal event");
  }

  @Test
  void givenOneMessageInTwoForms_whenItIsThereOnce_thenLw024DoesNotAccuseIt() throws Exception {
    Script script =
        exchange -> {
          exchange.open();
          words(exchange);
          add(
              exchange,
              message(
                  "assistant",
                  text(exchange),
                  ",\"parts\":[{\"type\":\"text\",\"text\":\"%1$s\"},{\"type\":\"html\",\"text\":\"<p>%1$s</p>\"}]"
                      .formatted(text(exchange))));
          exchange.event("[DONE]");
          exchange.end();
        };

    var checked = check(script, "--only", "LW024");

    assertThat(checked.verdict("LW024")).as(checked.out()).isEqualTo("pass");
  }

  /** Keeps what was said when its reader leaves, with this mark. */
  private Script keepsPart(String mark) {
    return keepsPart(left -> true, mark);
  }

  /**
   * Keeps what was said when its reader leaves, with this mark.
   *
   * @param kept whether that of the nth reader who left is
   */
  private Script keepsPart(IntPredicate kept, String mark) {
    var left = new AtomicInteger();
    return exchange -> {
      exchange.open();
      var said = new StringBuilder();
      for (int i = 0; i < WORDS; i++) {
        said.append(Scripts.word(exchange, i));
        exchange.event("{\"text\":\"" + Scripts.word(exchange, i) + "\"}");
        if (!exchange.readerStays(20)) {
          if (kept.test(left.incrementAndGet())) {
            add(exchange, message("assistant", said.toString(), mark));
          }
          return;
        }
      }
      add(exchange, message("assistant", said.toString(), ",\"status\":\"complete\""));
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  @Test
  void givenAPartThatIsMarkedAsAWhole_whenNobodySaidHow_thenTheMarkIsGuessedAndToldSo()
      throws Exception {
    var wrong = check(keepsPart(",\"status\":\"complete\""), "--only", "LW004");
    var right = check(keepsPart(",\"status\":\"partial\""), "--only", "LW004");

    assertThat(wrong.verdict("LW004")).as(wrong.out()).isEqualTo("fail");
    assertThat(wrong.detail("LW004")).contains("marked complete", "/status=complete (a guess");
    assertThat(right.verdict("LW004")).as(right.out()).isEqualTo("pass");
  }

  @Test
  void givenALossNowAndThen_whenReadersLeaveHalfWay_thenAboutTwentyAreAsked() throws Exception {
    var mark = ",\"status\":\"partial\"";
    var sometimes = check(keepsPart(left -> left != 2, mark), "--only", "LW004");
    var never = check(keepsPart(left -> false, mark), "--only", "LW004");
    var always = check(keepsPart(mark), "--only", "LW004");

    assertThat(sometimes.verdict("LW004")).as(sometimes.out()).isEqualTo("fail");
    assertThat(sometimes.of("LW004").path("failed").asInt()).isEqualTo(1);
    assertThat(sometimes.of("LW004").path("runs").asInt()).isBetween(18, 24);
    assertThat(never.verdict("LW004")).as(never.out()).isEqualTo("fail");
    assertThat(never.of("LW004").path("runs").asInt()).as("all say the same").isLessThan(12);
    assertThat(always.of("LW004").path("runs").asInt()).as("all say the same").isLessThan(12);
  }

  @Test
  void givenAnotherValueThanTheAnswer_whenExpectJsonNamesIt_thenOnlyLw010Fails() throws Exception {
    Script script =
        exchange -> {
          exchange.open();
          words(exchange);
          add(exchange, message("assistant", "Well: " + text(exchange), ""));
          exchange.event("[DONE]");
          exchange.end();
        };

    var checked =
        check(
            script,
            "--expect-json",
            "/messages/1/content={{answer}}",
            "--only",
            "LW001,LW003,LW010,LW011",
            "--readers",
            "3");

    assertThat(checked.verdict("LW010")).as(checked.out()).isEqualTo("fail");
    for (var code : List.of("LW001", "LW003", "LW011")) {
      assertThat(checked.verdict(code)).as(code + checked.out()).isEqualTo("pass");
    }
  }

  @Test
  void givenAVerificationByPost_whenItHasABody_thenItsPlacesAreFilledIn() throws Exception {
    Script script =
        exchange -> {
          if (exchange.path.equals("/search")) {
            var found =
                exchange.method.equals("POST") && exchange.body.startsWith("{\"id\":\"m")
                    ? histories.getOrDefault(exchange.body.replaceAll("[^m0-9]", ""), List.of())
                    : List.<String>of();
            exchange.reply(200, "application/json", "[" + String.join(",", found) + "]");
            return;
          }
          saves(1).answer(exchange);
        };
    try (var endpoint = new Endpoint(script)) {
      var checked =
          Checked.run(
              "check",
              endpoint.url("/chat"),
              "--data",
              "{\"message\":\"about {{run}}\"}",
              "--verify",
              endpoint.url("/search"),
              "--verify-data",
              "{\"id\":\"{{header:x-message-id}}\"}",
              "--only",
              "LW001",
              "--wait",
              "400ms",
              "--json");

      assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("pass");
    }
  }

  @Test
  void givenAnAnswerThatIsThePersonsOwnWords_whenBothAreShown_thenNothingIsSaidOfIt()
      throws Exception {
    Script echo =
        exchange -> {
          var word = exchange.body.replaceAll("^.*about (\\w+).*$", "$1");
          exchange.open();
          exchange.event("{\"text\":\"" + word + "\"}");
          add(exchange, message("user", "about " + word, ""));
          exchange.event("[DONE]");
          exchange.end();
        };

    var checked = check(echo, "--only", "LW001");

    assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("inconclusive");
    assertThat(checked.detail("LW001")).contains("stands in the request");
    assertThat(checked.exitCode()).isEqualTo(3);
  }
}
