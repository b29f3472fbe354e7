package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.Endpoint.Script;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where it looks for what was saved, what it takes for saved, and what it refuses to do. */
final class LookTest {
  @TempDir private Path dir;

  /** Saves each answer into a file of its own, then says the terminal event. */
  private Script savesInto(Path folder, String id) {
    return exchange -> {
      Files.writeString(folder.resolve(exchange.id), "saved: " + Scripts.answer(exchange) + "\n");
      exchange.open("X-Own-Id: " + (id.isEmpty() ? exchange.id : id));
      Scripts.words(exchange);
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  private static Checked check(Script script, String... more) throws Exception {
    try (var endpoint = new Endpoint(script)) {
      var args = new ArrayList<>(List.of("check", endpoint.url("/chat"), "--data", "{}", "--json"));
      args.addAll(List.of(more));
      return Checked.run(args.toArray(String[]::new));
    }
  }

  @Test
  void givenAShellCommand_whenItShowsTheAnswer_thenItIsSaved() throws Exception {
    var checked =
        check(
            savesInto(dir, ""),
            "--verify-command",
            "cat " + dir + "/{{header:x-own-id}} | grep saved",
            "--only",
            "LW001,LW003");

    assertThat(checked.exitCode()).as(checked.out()).isZero();
    assertThat(checked.verdict("LW001")).isEqualTo("pass");
  }

  @Test
  void givenAShellCommand_whenItFindsNothing_thenNothingIsSavedEvenForACalmReader()
      throws Exception {
    var checked =
        check(savesInto(dir, ""), "--wait=50ms", "--verify-command", "grep no " + dir + "/m1");

    assertThat(checked.exitCode()).isEqualTo(2);
    assertThat(checked.json().path("problem").asString())
        .contains("even a reader who stays", "exit code 1");
  }

  @Test
  void givenACommandThatIsNone_whenRun_thenItSaysSo() throws Exception {
    var checked =
        check(savesInto(dir, ""), "--wait=50ms", "--verify-command", "no-such-command-here");

    assertThat(checked.exitCode()).isEqualTo(2);
    assertThat(checked.json().path("problem").asString())
        .contains("the verification does not work", "no-such-command-here");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {"m1;touch FILE", "m1$(touch FILE)", "m1`touch FILE`", "m1|touch FILE", "m1>FILE"})
  void givenAnIdThatAShellWouldActUpon_whenVerifiedByCommand_thenItIsRefused(String id)
      throws Exception {
    var forged = dir.resolve("forged");

    var checked =
        check(
            savesInto(dir, id.replace("FILE", forged.toString())),
            "--wait=50ms",
            "--verify-command",
            "cat " + dir + "/{{header:x-own-id}}");

    assertThat(checked.exitCode()).isEqualTo(2);
    assertThat(checked.json().path("problem").asString()).contains("must not get into a shell");
    assertThat(forged).doesNotExist();
  }

  @Test
  void givenACommandThatShowsMoreThanAPipeHolds_whenItShowsTheAnswer_thenItIsSaved()
      throws Exception {
    var older = Files.writeString(dir.resolve("long"), "an older line of the log\n".repeat(20_000));

    var checked =
        check(
            savesInto(dir, ""),
            "--verify-command",
            "cat " + older + " " + dir + "/{{header:x-own-id}}; cat " + older + " >&2",
            "--only",
            "LW001,LW003");

    assertThat(checked.exitCode()).as(checked.out()).isZero();
    assertThat(checked.verdict("LW001")).isEqualTo("pass");
  }

  @Test
  void givenACommandThatLeavesAProgramBehind_whenItsOutputStaysOpen_thenItSaysSo()
      throws Exception {
    var checked =
        check(
            savesInto(dir, ""),
            "--wait=50ms",
            "--verify-command",
            "sleep 41 & echo begun; sleep 1");

    assertThat(checked.exitCode()).isEqualTo(2);
    assertThat(checked.json().path("problem").asString())
        .contains("the verification does not work", "keeps its output open");
  }

  /** Answers with a cookie, and shows what was saved as JSON to those who bring it. */
  private static final Script WITH_COOKIE =
      exchange -> {
        if (exchange.method.equals("GET")) {
          exchange.reply(
              200,
              "application/json",
              "{\"last\":{\"text\":\"%s\",\"note\":\"kept\"}}"
                  .formatted(exchange.path.substring("/saved/".length()).replace("%20", " ")));
          return;
        }
        var text = Scripts.answer(exchange).strip();
        exchange.open("Set-Cookie: place=" + text.replace(" ", "%20") + "; Path=/");
        Scripts.words(exchange);
        exchange.event("[DONE]");
        exchange.end();
      };

  private static Checked cookie(String... more) throws Exception {
    try (var endpoint = new Endpoint(WITH_COOKIE)) {
      var args = new ArrayList<>(List.of("check", endpoint.url("/chat"), "--data", "{}", "--json"));
      args.addAll(List.of("--verify", endpoint.url("/saved/{{cookie:place}}"), "--wait=100ms"));
      args.addAll(List.of(more));
      return Checked.run(args.toArray(String[]::new));
    }
  }

  @Test
  void givenACapturedCookie_whenJsonHasTheAnswer_thenItIsSaved() throws Exception {
    var checked = cookie("--expect-json", "/last/text={{answer}}", "--only", "LW001,LW004");

    assertThat(checked.exitCode()).as(checked.out()).isZero();
  }

  @Test
  void givenJsonHasAnotherValueThere_whenChecked_thenItIsNotSaved() throws Exception {
    var other = cookie("--expect-json", "/last/note={{answer}}");
    var none = cookie("--expect-json", "/first/text={{answer}}");

    assertThat(other.json().path("problem").asString()).contains("even a reader who stays");
    assertThat(none.json().path("problem").asString()).contains("even a reader who stays");
  }

  @Test
  void givenARegularExpression_whenItMatches_thenItIsSaved() throws Exception {
    var found = cookie("--expect-match", "\"note\":\"ke..\"", "--only", "LW001");
    var missed = cookie("--expect-match", "\"note\":\"lo..\"", "--only", "LW001");

    assertThat(found.exitCode()).as(found.out()).isZero();
    assertThat(missed.exitCode()).as(missed.out()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "--expect-json last=x ! --expect-json 'last=x' is not /pointer=text",
        "--expect-match ( ! --expect-match is no regular expression",
        "--expect a --expect-match b ! cannot be used together",
        "--verify-command true ! --verify and --verify-command cannot be used together",
        "--only LW999 ! there is no check LW999; there are LW001",
        "--skip LW1 ! there is no check LW1",
        "--fail-on bad ! --fail-on is 'bad', not low, medium or high",
        "--runs many ! --runs is 'many', not a number from 1 to 1000",
        "--wait 5 ! --wait is '5', not a time such as 500ms or 5s",
        "--cacert /no/such.pem ! --cacert /no/such.pem cannot be read",
        "--cacert pom.xml ! --cacert pom.xml",
        "--dialect opnai ! there is no dialect 'opnai'; there are openai-chat",
        "--terminal done ! --terminal 'done' is none of",
        "-H nonsense ! --header 'nonsense' is not 'name: value'",
      })
  void givenAWrongFlag_whenChecked_thenOneLineSaysWhy(String flags, String message)
      throws Exception {
    var args = new ArrayList<>(List.of("check", "http://127.0.0.1:1/", "--verify", "http://x/"));
    args.addAll(List.of(flags.strip().split(" ")));

    var checked = Checked.run(args.toArray(String[]::new));

    assertThat(checked.exitCode()).isEqualTo(2);
    assertThat(checked.err()).contains(message.strip());
    assertThat(checked.err().lines()).hasSize(1);
  }

  @Test
  void givenOnlyAndSkip_whenChecked_thenTheOthersAreMade() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var checked =
          Checked.endpoint(endpoint, "--only", "lw012,LW013", "--only", "LW014", "--skip", "LW013");

      assertThat(checked.json().path("verdicts")).hasSize(2);
      assertThat(checked.verdict("LW012")).isEqualTo("pass");
      assertThat(checked.verdict("LW014")).isEqualTo("pass");
    }
  }

  @Test
  void givenAFindingBelowFailOn_whenChecked_thenTheExitCodeIsZero() throws Exception {
    Script badRetry =
        exchange -> {
          exchange.open();
          exchange.chunk("retry: soon\n\ndata: a\n\ndata: [DONE]\n\n");
          exchange.end();
        };

    var low = check(badRetry, "--only", "LW014");
    var high = check(badRetry, "--only", "LW014", "--fail-on", "high");
    var medium = check(badRetry, "--only", "LW014", "--fail-on", "medium");

    assertThat(low.exitCode()).as(low.out()).isEqualTo(1);
    assertThat(medium.exitCode()).isEqualTo(1);
    assertThat(high.exitCode()).isZero();
    assertThat(high.verdict("LW014")).isEqualTo("fail");
  }

  @Test
  void givenRuns_whenChecked_thenSoManyAreMade() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var checked = Checked.endpoint(endpoint, "--only", "LW001", "--runs", "3");

      assertThat(checked.of("LW001").path("runs").asInt()).isEqualTo(3);
    }
  }

  @Test
  void givenASlowSave_whenWaitIsShorterOrLonger_thenItIsLostOrLate() throws Exception {
    try (var endpoint = new Endpoint(Scripts.savesAfter(700))) {
      var longer = Checked.endpoint(endpoint, "--only", "LW001", "--runs", "2", "--wait", "4s");
      var shorter = Checked.endpoint(endpoint, "--only", "LW003", "--wait", "1ms");

      assertThat(longer.verdict("LW001")).as(longer.out()).isEqualTo("pass");
      assertThat(shorter.exitCode()).as(shorter.out()).isNotZero();
    }
  }

  /** Shows each answer as PHP writes it into a page. */
  private static final Script ON_A_PAGE =
      exchange -> {
        if (exchange.method.equals("GET")) {
          var words = exchange.path.substring("/page/".length());
          exchange.reply(
              200,
              "text/html; charset=utf-8",
              "<html><body><p class='me'>hello</p>\n<p class='it'>It&#039;s &quot;%s&quot;<br />\n2 &lt; 3 &amp;&amp; 4</p></body></html>"
                  .formatted(words));
          return;
        }
        exchange.open();
        exchange.event("{\"text\":\"It's \\\"\"}");
        for (int i = 0; i < 6; i++) {
          exchange.event("{\"text\":\"" + exchange.id + "\"}");
          Thread.sleep(2);
        }
        exchange.event("{\"text\":\"\\\"\\n2 < 3 && 4\"}");
        exchange.event("[DONE]");
        exchange.end();
      };

  @Test
  void givenAPageOfAFramework_whenItShowsTheAnswer_thenItIsSavedWholeAndOnce() throws Exception {
    try (var endpoint = new Endpoint(ON_A_PAGE)) {
      var id = "{{header:x-message-id}}";
      var checked =
          Checked.endpoint(
              endpoint,
              "--verify",
              endpoint.url("/page/" + id.repeat(6)),
              "--only",
              "LW001,LW010,LW024");

      assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("pass");
      assertThat(checked.verdict("LW010")).isEqualTo("pass");
      assertThat(checked.verdict("LW024")).isEqualTo("pass");
    }
  }

  /** Says and saves one text, whoever stays. */
  private static Script says(String... words) {
    return exchange -> {
      exchange.save("saved: " + String.join(" \n ", words));
      exchange.open();
      for (var word : words) {
        exchange.event(word + " ");
        Thread.sleep(2);
      }
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  @Test
  void givenAnAnswerThatLooksLikeAPattern_whenMatched_thenItStandsForItself() throws Exception {
    try (var endpoint = new Endpoint(says("How", "are", "C++", "(a)", "[and", "**bold**", "?"))) {
      var found =
          Checked.endpoint(endpoint, "--expect-match", "saved: {{answer}}", "--only", "LW001");
      var missed =
          Checked.endpoint(endpoint, "--expect-match", "lost: {{answer}}", "--only", "LW001");

      assertThat(found.exitCode()).as(found.out()).isZero();
      assertThat(missed.exitCode()).as(missed.out()).isEqualTo(2);
    }
  }
}
