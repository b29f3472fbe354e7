package dev.lastword.checker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.Endpoint.Script;
import dev.lastword.cli.Commands;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lastword check --init}: a person answers, line by line. */
final class InterviewTest {
  @TempDir private Path dir;

  private Checked interview(List<String> answers, String... flags) throws Exception {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var in = new ByteArrayInputStream((String.join("\n", answers) + "\n").getBytes(UTF_8));
    var print = new PrintStream(out, true, UTF_8);
    var args = new ArrayList<>(List.of("check", "--init", file().toString()));
    args.addAll(List.of(flags));
    int code =
        new Commands(List.of(new CheckCommand(in, print)), print, new PrintStream(err, true, UTF_8))
            .run(args.toArray(String[]::new));
    return new Checked(code, out.toString(UTF_8), err.toString(UTF_8));
  }

  private Path file() {
    return dir.resolve("my check.yaml");
  }

  @Test
  void givenAnEndpoint_whenAPersonAnswers_thenTheFileChecksIt() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var said =
          interview(
              List.of(
                  "not an address",
                  endpoint.url("/chat"),
                  "{\"it's\": \"{{run}}\"}",
                  "",
                  "x-client: lastword",
                  "no header",
                  "",
                  endpoint.url("/messages/{{header:x-message-id}}")));

      assertThat(said.exitCode()).as(said.out() + said.err()).isZero();
      assertThat(said.out())
          .contains(
              "HTTP 200, 11 events, dialect plain (since nothing tells another).",
              "{{header:x-message-id}}  m1",
              "That is not 'name: value'.",
              "The answer is found there.",
              "lastword check -f '" + file() + "'");
      var checked =
          Checked.run(
              "check", "-f", file().toString(), "--json", "--only", "LW001", "--wait=400ms");
      assertThat(checked.exitCode()).as(Files.readString(file()) + checked.err()).isZero();
    }
  }

  @Test
  void givenAFileThatIsThere_whenAPersonSaysNothing_thenItIsNotOverwritten() throws Exception {
    Files.writeString(file(), "mine");

    var said = interview(List.of(""));

    assertThat(said.exitCode()).isEqualTo(2);
    assertThat(said.out()).contains("is there already. Overwrite it? [y/N]", "Nothing was written");
    assertThat(Files.readString(file())).isEqualTo("mine");
  }

  @Test
  void givenAFileThatIsThere_whenAPersonSaysYes_thenItIsOverwritten() throws Exception {
    Files.writeString(file(), "mine");
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var said = interview(List.of("y", endpoint.url("/chat"), "", "", "", ""));

      assertThat(said.exitCode()).as(said.out() + said.err()).isZero();
      assertThat(Files.readString(file())).contains("url: '" + endpoint.url("/chat") + "'");
    }
  }

  @Test
  void givenTheEndpointNeedsALogin_whenTried_thenItSaysSoAndAsksWhetherToGoOn() throws Exception {
    try (var endpoint = new Endpoint(exchange -> exchange.reply(401, "text/plain", "no"))) {
      var said = interview(List.of(endpoint.url("/chat"), "-", "", "", "n"));

      assertThat(said.exitCode()).isEqualTo(2);
      assertThat(said.out()).contains("That does not work: the endpoint needs a login");
      assertThat(file()).doesNotExist();
    }
  }

  @Test
  void givenAPlaceWhereNothingIsSaved_whenTried_thenAnotherIsAskedFor() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var said =
          interview(
              List.of(endpoint.url("/messages/none"), "n", "!echo {{answer}}", "n", ""),
              "--wait=100ms",
              "-d{}",
              "-Hx: y",
              "-XPOST",
              endpoint.url("/chat"));

      assertThat(said.exitCode()).as(said.out() + said.err()).isZero();
      assertThat(said.out()).contains("That does not work: even a reader who stays");
      assertThat(Files.readString(file())).doesNotContain("verify").contains("wait: '100ms'");
    }
  }

  @Test
  void givenAnEndThatNobodyKnows_whenTried_thenItIsShownAndAskedFor() throws Exception {
    Script strange =
        exchange -> {
          exchange.open();
          Scripts.words(exchange);
          exchange.save(Scripts.answer(exchange));
          exchange.chunk("event: adieu\ndata: {\"n\":1}\n\n");
          exchange.end();
        };
    try (var endpoint = new Endpoint(strange)) {
      var agreed = interview(List.of(endpoint.url("/chat"), "", "", "", "", ""));
      Files.delete(file());
      var named = interview(List.of(endpoint.url("/chat"), "", "", "", "over", "event:adieu", ""));

      assertThat(agreed.out())
          .contains("The answer seems to be over at: event:adieu.", "event: adieu data: {");
      assertThat(agreed.exitCode()).as(agreed.out() + agreed.err()).isZero();
      assertThat(named.out()).contains("--terminal 'over' is none of");
      assertThat(Files.readString(file())).contains("terminal: 'event:adieu'");
    }
  }

  @Test
  void givenAPlaceThatHasOnlyAPart_whenTried_thenItIsNotCalledFound() throws Exception {
    Script cuts =
        exchange -> {
          exchange.open();
          Scripts.words(exchange);
          exchange.save(Scripts.answer(exchange).substring(0, 30));
          exchange.event("[DONE]");
          exchange.end();
        };
    try (var endpoint = new Endpoint(cuts)) {
      var said =
          interview(
              List.of(
                  endpoint.url("/chat"),
                  "",
                  "",
                  "",
                  endpoint.url("/messages/{{header:x-message-id}}"),
                  "y"),
              "--wait=100ms");

      assertThat(said.out())
          .contains("Only the first 30 of ", "Keep it all the same?")
          .doesNotContain("The answer is found there");
    }
  }

  @Test
  void givenAPipe_whenAPersonIsAsked_thenEachAnswerEndsItsLine() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var said = interview(List.of(endpoint.url("/chat"), "{}", "", "", ""));

      assertThat(said.out().lines())
          .contains(
              "URL of the endpoint that streams: " + endpoint.url("/chat"), "Method: [POST] ");
    }
  }

  @Test
  void givenTheInputEnds_whenAsked_thenNothingIsWritten() throws Exception {
    var said = interview(List.of());

    assertThat(said.exitCode()).isEqualTo(2);
    assertThat(said.err()).contains("nothing was written");
    assertThat(file()).doesNotExist();
  }

  @Test
  void givenAFolderThatIsNotThere_whenAPersonIsAboutToAnswer_thenItSaysSoFirst() throws Exception {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var print = new PrintStream(out, true, UTF_8);
    int code =
        new Commands(
                List.of(new CheckCommand(new ByteArrayInputStream(new byte[0]), print)),
                print,
                new PrintStream(err, true, UTF_8))
            .run("check", "--init", dir.resolve("none").resolve("check.yaml").toString());

    assertThat(code).isEqualTo(2);
    assertThat(out.toString(UTF_8)).isEmpty();
    assertThat(err.toString(UTF_8)).contains("its folder is not there");
  }

  @Test
  void givenASecretOnTheCommandLine_whenTheFileIsWritten_thenItIsOneOfTheEnvironment()
      throws Exception {
    Script guarded =
        exchange -> {
          if (exchange.headers.getOrDefault("authorization", "").equals("Bearer s3cret")) {
            Scripts.SAVES_BEFORE.answer(exchange);
          } else {
            exchange.reply(401, "text/plain", "no");
          }
        };
    try (var endpoint = new Endpoint(guarded)) {
      var said =
          interview(
              List.of(endpoint.url("/messages/{{header:x-message-id}}?key=s3cret&all=1")),
              "-d{}",
              "-Hauthorization: Bearer s3cret",
              "-Hx-client: lastword",
              "-XPOST",
              "--expect-complete=token=.*",
              endpoint.url("/chat"));

      assertThat(said.exitCode()).as(said.out() + said.err()).isZero();
      assertThat(said.out()).contains("set AUTHORIZATION, KEY in the environment");
      assertThat(Files.readString(file()))
          .doesNotContain("s3cret")
          .contains(
              "'authorization: Bearer ${AUTHORIZATION}'",
              "'x-client: lastword'",
              "'token=.*'",
              "?key=${KEY}&all=1");
    }
  }
}
