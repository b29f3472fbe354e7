package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is judged by leaving earlier, and by the calm run's bytes alone. */
final class StreamCheckTest {
  /** Three of these are more than is kept. */
  private static final String LARGE = "x".repeat(3_000_000);

  @Test
  void givenAStreamThatIsLongerThanWhatIsKept_whenItIsRight_thenItsCutIsNotTakenForItsEnd()
      throws Exception {
    Endpoint.Script images =
        exchange -> {
          exchange.open();
          for (int i = 0; i < 3; i++) {
            exchange.chunk("data: {\"image\":\"" + LARGE + "\"}\n\n");
          }
          exchange.chunk("data: [DONE]\n\n");
          exchange.end();
        };
    Endpoint.Script anthropic =
        exchange -> {
          exchange.open();
          exchange.chunk(
              "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{}}\n\n");
          for (int i = 0; i < 3; i++) {
            exchange.chunk(
                "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"%s\"}}\n\n"
                    .formatted(LARGE));
          }
          exchange.chunk("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
          exchange.end();
        };

    var framing = unverified(images, "--only", "LW014");
    var sdks = unverified(anthropic, "--only", "LW014,LW022", "--dialect", "anthropic");

    assertThat(framing.verdict("LW014")).as(framing.out()).isEqualTo("pass");
    assertThat(framing.detail("LW014")).contains("what is longer is not kept");
    assertThat(sdks.verdict("LW022")).as(sdks.detail("LW022")).isEqualTo("pass");
  }

  private static Checked unverified(Endpoint.Script script, String... more) throws Exception {
    try (var endpoint = new Endpoint(script)) {
      var args = new ArrayList<>(List.of("check", endpoint.url("/chat"), "--data", "{}", "--json"));
      args.addAll(List.of(more));
      return Checked.run(args.toArray(String[]::new));
    }
  }

  private static final String CHUNK =
      "{\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]}";

  private static Checked check(Endpoint.Script script, String... more) throws Exception {
    try (var endpoint = new Endpoint(script)) {
      return Checked.endpoint(endpoint, more);
    }
  }

  /** An endpoint that saves, and then writes these bytes of its own behind its words. */
  private static Endpoint.Script ending(String bytes) {
    return exchange -> {
      exchange.open();
      Scripts.words(exchange);
      exchange.save(Scripts.answer(exchange));
      exchange.chunk(bytes);
      exchange.end();
    };
  }

  private static Endpoint.Script openAi(boolean saveFirst) {
    return exchange -> {
      exchange.open();
      for (int i = 0; i < 8; i++) {
        exchange.event(
            CHUNK.formatted("{\"content\":\"" + Scripts.word(exchange, i) + "\"}", "null"));
        Thread.sleep(2); // a model's pace
      }
      var answer = Scripts.answer(exchange).substring(0, 8 * Scripts.word(exchange, 0).length());
      if (saveFirst) {
        exchange.save(answer);
      }
      exchange.event(CHUNK.formatted("{}", "\"stop\""));
      if (!exchange.readerStays(30)) {
        return;
      }
      exchange.save(answer);
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  @Test
  void givenSavesBetweenFinishReasonAndDone_whenTheReaderLeavesAtFinishReason_thenItIsLost()
      throws Exception {
    var checked = check(openAi(false), "--dialect", "openai-chat", "--only", "LW001,LW002,LW003");

    assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.verdict("LW002")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.verdict("LW003")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenSavesBeforeFinishReason_whenChecked_thenEverythingPasses() throws Exception {
    var checked = check(openAi(true), "--dialect", "openai-chat", "--only", "LW001,LW002,LW003");

    assertThat(checked.exitCode()).as(checked.out()).isZero();
    assertThat(checked.verdict("LW002")).isEqualTo("pass");
  }

  @Test
  void givenTheWorkGoesOnWithoutItsReader_whenLeftHalfWay_thenItPasses() throws Exception {
    var checked = check(Scripts.SAVES_BEFORE, "--only", "LW004");

    assertThat(checked.verdict("LW004")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenTheGenerationDiesWithItsReader_whenLeftHalfWay_thenItIsLost() throws Exception {
    Endpoint.Script dies =
        exchange -> {
          exchange.open();
          for (int i = 0; i < 10; i++) {
            exchange.event(Scripts.word(exchange, i));
            if (!exchange.readerStays(10)) {
              return;
            }
          }
          exchange.save(Scripts.answer(exchange));
          exchange.event("[DONE]");
          exchange.end();
        };

    var checked = check(dies, "--only", "LW004");

    assertThat(checked.verdict("LW004")).as(checked.out()).isEqualTo("fail");
  }

  @Test
  void givenThePartialIsSavedWhenTheReaderLeaves_whenLeftHalfWay_thenItPasses() throws Exception {
    Endpoint.Script keepsPartial =
        exchange -> {
          exchange.open();
          var said = new StringBuilder();
          for (int i = 0; i < 10; i++) {
            said.append(Scripts.word(exchange, i));
            exchange.event(Scripts.word(exchange, i));
            if (!exchange.readerStays(10)) {
              exchange.save(said.toString());
              return;
            }
          }
          exchange.save(said.toString());
          exchange.event("[DONE]");
          exchange.end();
        };

    var checked = check(keepsPartial, "--only", "LW004");

    assertThat(checked.verdict("LW004")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenOnlyTheBeginningIsSaved_whenChecked_thenTruncationIsToldAndTheRestIsStillJudged()
      throws Exception {
    Endpoint.Script truncates =
        exchange -> {
          exchange.open();
          Scripts.words(exchange);
          exchange.save(Scripts.answer(exchange).substring(0, 40));
          exchange.event("[DONE]");
          exchange.end();
        };

    var checked = check(truncates, "--only", "LW001,LW010");

    assertThat(checked.verdict("LW010")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.detail("LW010")).contains("the first 40 are saved");
    assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenTheTerminalTwice_whenChecked_thenItIsTold() throws Exception {
    var twice = check(ending("data: [DONE]\n\ndata: [DONE]\n\n"), "--only", "LW008");
    var followed = check(ending("data: [DONE]\n\ndata: {\"id\":1}\n\n"), "--only", "LW008");
    var closed = check(ending("data: [DONE]\n\nevent: close\ndata: x\n\n"), "--only", "LW008");

    assertThat(twice.verdict("LW008")).as(twice.out()).isEqualTo("fail");
    assertThat(followed.verdict("LW008")).as(followed.out()).isEqualTo("fail");
    assertThat(closed.verdict("LW008")).as(closed.out()).isEqualTo("pass");
  }

  @Test
  void givenNamedTerminalNeverComes_whenChecked_thenItIsTold() throws Exception {
    var checked = check(ending(": bye\n\n"), "--only", "LW008", "--terminal", "event:done");

    assertThat(checked.verdict("LW008")).as(checked.out()).isEqualTo("fail");
  }

  @Test
  void givenLinesThatAreNoFields_whenChecked_thenFramingFails() throws Exception {
    for (var bytes :
        new String[] {
          "data: one\ntwo\n\ndata: [DONE]\n\n",
          "data: [DONE]\n\ndata: lost\n",
          "retry: soon\ndata: [DONE]\n\n",
          "id: 1\ndata: a\n\nid: 1\ndata: [DONE]\n\n",
          "data: x\rdata: y\r\rdata: [DONE]\n\n"
        }) {
      var checked = check(ending(bytes), "--only", "LW014");

      assertThat(checked.verdict("LW014")).as(bytes + checked.out()).isEqualTo("fail");
    }
  }

  @Test
  void givenCommentsAndHeartbeats_whenChecked_thenFramingPasses() throws Exception {
    var checked =
        check(
            ending(": hb\n\nevent: x\nid: 7\ndata: a\ndata\n\ndata: [DONE]\n\n: bye"),
            "--only",
            "LW014");

    assertThat(checked.verdict("LW014")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenEverythingArrivesAtOnceAfterALongWait_whenChecked_thenBufferingIsTold()
      throws Exception {
    Endpoint.Script buffers =
        exchange -> {
          if (!exchange.path.equals("/chat")) {
            exchange.reply(404, "text/plain", "");
            return;
          }
          Thread.sleep(600); // what is held up is only seen where the answer takes time
          exchange.open();
          var all = new StringBuilder();
          for (int i = 0; i < 10; i++) {
            all.append("data: ").append(Scripts.word(exchange, i)).append("\n\n");
          }
          exchange.save(Scripts.answer(exchange));
          exchange.chunk(all + "data: [DONE]\n\n");
          exchange.end();
        };

    var checked = check(buffers, "--only", "LW013");

    assertThat(checked.verdict("LW013")).as(checked.out()).isEqualTo("fail");
  }

  @Test
  void givenEventsOneByOne_whenChecked_thenDeliveryPasses() throws Exception {
    var checked = check(Scripts.SAVES_BEFORE, "--only", "LW012,LW013,LW014,LW008,LW010");

    assertThat(checked.exitCode()).as(checked.out()).isZero();
    for (var verdict : checked.json().path("verdicts")) {
      assertThat(verdict.path("verdict").asString()).isEqualTo("pass");
    }
  }

  @Test
  void givenOnePlaceForAllRunsAndTheSameAnswerEachTime_whenChecked_thenItIsInconclusive()
      throws IOException, InterruptedException {
    Endpoint.Script same =
        exchange -> {
          exchange.open();
          exchange.event("always the very same answer");
          exchange.save("always the very same answer");
          exchange.event("[DONE]");
          exchange.end();
        };
    try (var endpoint = new Endpoint(same)) {
      var checked =
          Checked.run(
              "check",
              endpoint.url("/chat"),
              "--data",
              "{}",
              "--verify",
              endpoint.url("/messages/m1"),
              "--wait",
              "200ms",
              "--only",
              "LW001,LW003",
              "--json");

      assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("inconclusive");
      assertThat(checked.verdict("LW003")).as(checked.out()).isEqualTo("inconclusive");
    }
  }

  @Test
  void givenNoVerification_whenChecked_thenSavingIsNotApplicableAndTheRestIsJudged()
      throws Exception {
    try (var endpoint = new Endpoint(Scripts.NEVER_SAVES)) {
      var checked = Checked.run("check", endpoint.url("/chat"), "--data", "{}", "--json");

      assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("not-applicable");
      assertThat(checked.detail("LW001")).contains("--verify");
      assertThat(checked.verdict("LW014")).isEqualTo("pass");
    }
  }
}
