package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Ends that are not what they say, silences, and parts that are called complete. */
final class EndCheckTest {
  private static final String COMPLETE = " [complete]";
  private static final String[] MARK = {"--expect-complete", "\\[complete]"};

  private static Checked check(Endpoint.Script script, String... more) throws Exception {
    try (var endpoint = new Endpoint(script)) {
      return Checked.endpoint(endpoint, more);
    }
  }

  /** Answers, unless the request asks for a failure, which ends as this says. */
  private static Endpoint.Script failing(String end, boolean cutOff) {
    return exchange -> {
      exchange.open();
      Scripts.words(exchange);
      if (exchange.body.contains("fail")) {
        if (!end.isEmpty()) {
          exchange.chunk(end);
        }
        if (!cutOff) {
          exchange.end();
        }
        return;
      }
      exchange.save(Scripts.answer(exchange));
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  private static Checked failed(String end, boolean cutOff) throws Exception {
    return check(failing(end, cutOff), "--only", "LW009", "--fail-data", "{\"message\":\"fail\"}");
  }

  @Test
  void givenAFailureThatIsSaid_whenTheUpstreamFails_thenItPasses() throws Exception {
    var said = failed("event: error\ndata: broken\n\n", false);
    var cut = failed("", true);

    assertThat(said.verdict("LW009")).as(said.out()).isEqualTo("pass");
    assertThat(cut.verdict("LW009")).as(cut.out()).isEqualTo("pass");
  }

  @Test
  void givenAFailureThatEndsAsASuccess_whenTheUpstreamFails_thenItIsTold() throws Exception {
    var success = failed("data: [DONE]\n\n", false);
    var silent = failed("", false);

    assertThat(success.verdict("LW009")).as(success.out()).isEqualTo("fail");
    assertThat(silent.verdict("LW009")).as(silent.out()).isEqualTo("fail");
  }

  @Test
  void givenABodyThatJustEnds_whenATerminalEventIsDue_thenItIsToldAndNothingIsSaidOfLosses()
      throws Exception {
    Endpoint.Script ends =
        exchange -> {
          exchange.open();
          Scripts.words(exchange);
          exchange.save(Scripts.answer(exchange));
          exchange.end();
        };

    var checked =
        check(ends, "--terminal", "event:done", "--only", "LW001,LW003,LW004,LW009,LW010,LW011");

    assertThat(checked.verdict("LW009")).as(checked.out()).isEqualTo("fail");
    for (var code : new String[] {"LW001", "LW003", "LW004", "LW010", "LW011"}) {
      assertThat(checked.verdict(code)).as(code).isEqualTo("inconclusive");
    }
  }

  @Test
  void givenSuccessIsSaidButNotMarked_whenChecked_thenItIsTold() throws Exception {
    var marked =
        check(
            exchange -> {
              exchange.open();
              Scripts.words(exchange);
              exchange.save(Scripts.answer(exchange) + COMPLETE);
              exchange.event("[DONE]");
              exchange.end();
            },
            "--only",
            "LW009",
            MARK[0],
            MARK[1]);
    var unmarked = check(Scripts.SAVES_BEFORE, "--only", "LW009", MARK[0], MARK[1]);

    assertThat(marked.verdict("LW009")).as(marked.out()).isEqualTo("pass");
    assertThat(unmarked.verdict("LW009")).as(unmarked.out()).isEqualTo("fail");
  }

  private static Endpoint.Script keepsPartial(String mark) {
    return exchange -> {
      exchange.open();
      var said = new StringBuilder();
      for (int i = 0; i < 20; i++) {
        said.append(Scripts.word(exchange, i));
        exchange.event(Scripts.word(exchange, i));
        if (!exchange.readerStays(5)) {
          exchange.save(said + mark);
          return;
        }
      }
      exchange.save(said + COMPLETE);
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  @Test
  void givenAPartThatIsMarkedComplete_whenLeftHalfWay_thenItIsTold() throws Exception {
    var wrong = check(keepsPartial(COMPLETE), "--only", "LW004", MARK[0], MARK[1]);
    var right = check(keepsPartial(" [partial]"), "--only", "LW004", MARK[0], MARK[1]);
    var unjudged = check(keepsPartial(COMPLETE), "--only", "LW004");

    assertThat(wrong.detail("LW004")).as(wrong.out()).contains("marked complete");
    assertThat(wrong.verdict("LW004")).isEqualTo("fail");
    assertThat(right.verdict("LW004")).as(right.out()).isEqualTo("pass");
    assertThat(unjudged.detail("LW004")).contains("--expect-complete");
  }

  /** Waits in its middle, with this said meanwhile. */
  private static Endpoint.Script waiting(String heartbeat) {
    return exchange -> {
      exchange.open();
      Scripts.words(exchange);
      exchange.save(Scripts.answer(exchange));
      for (int i = 0; i < 8; i++) {
        Thread.sleep(50); // the silence is what is measured
        if (!heartbeat.isEmpty()) {
          exchange.chunk(heartbeat);
        }
      }
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  @Test
  void givenALongSilence_whenChecked_thenHeartbeatsAreMissed() throws Exception {
    var silent = check(waiting(""), "--only", "LW012", "--silence-max", "200ms");
    var comments = check(waiting(": hb\n\n"), "--only", "LW012", "--silence-max", "200ms");

    assertThat(silent.verdict("LW012")).as(silent.out()).isEqualTo("fail");
    assertThat(comments.verdict("LW012")).as(comments.out()).isEqualTo("pass");
    assertThat(comments.detail("LW012")).contains("watchdog in JavaScript");
  }

  @Test
  void givenASilentToolCall_whenItIsCutOff_thenItIsTold() throws Exception {
    Endpoint.Script cut =
        exchange -> {
          exchange.open();
          Scripts.words(exchange);
          exchange.save(Scripts.answer(exchange));
          if (!exchange.body.contains("tool")) {
            exchange.event("[DONE]");
          }
          exchange.end();
        };

    var broken = check(cut, "--only", "LW020", "--silent-data", "{\"message\":\"tool\"}");
    var whole = check(waiting(""), "--only", "LW020", "--silent-data", "{\"message\":\"tool\"}");

    assertThat(broken.verdict("LW020")).as(broken.out()).isEqualTo("fail");
    assertThat(whole.verdict("LW020")).as(whole.out()).isEqualTo("pass");
  }
}
