package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.Endpoint.Script;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The end by whatever name: readers leave at it, and the checker leaves nothing unsaid. */
final class AnyEndTest {
  private static final int WORDS = 10;

  private static void text(Endpoint.Exchange exchange) throws Exception {
    for (int i = 0; i < WORDS; i++) {
      exchange.event("{\"text\":\"" + Scripts.word(exchange, i) + "\"}");
      Thread.sleep(2); // a model's pace: without it all words would arrive in one read
    }
  }

  /** The bug of them all, whatever the end is called. */
  private static Script savesIfReaderStays(String end) {
    return exchange -> {
      exchange.open();
      try {
        text(exchange);
      } catch (Exception e) {
        throw new IOException(e);
      }
      exchange.chunk(end);
      if (exchange.readerStays(40)) {
        exchange.save(Scripts.answer(exchange));
        exchange.end();
      }
    };
  }

  private static Checked check(Script script, String... more) throws Exception {
    try (var endpoint = new Endpoint(script)) {
      return Checked.endpoint(endpoint, more);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "event: done\ndata: {}\n\n",
        "event: end\ndata: \n\n",
        "event: complete\ndata: {}\n\n",
        "event: stop\ndata: {}\n\n",
        "event: end\n\n",
        "data: {\"type\":\"done\"}\n\n",
        "data: {\"type\":\"end\"}\n\n",
        "data: {\"type\":\"final\"}\n\n",
        "data: {\"done\":true}\n\n",
        "data: {\"event\":\"message_end\"}\n\n",
        "data: [END]\n\n",
        "data: DONE\n\n",
        "data: {\"status\":\"completed\"}\n\n",
        "data: {\"finish_reason\":\"stop\"}\n\n",
        "event: adieu\ndata: {\"n\":7}\n\n",
        "data: {\"farewell\":\"so long\"}\n\n",
        "data: {\"text\":\"and so on\",\"done\":true}\n\n",
      })
  void givenASaveThatGoesWithTheReader_whenTheEndHasAnyName_thenAnswersAreLost(String end)
      throws Exception {
    var checked = check(savesIfReaderStays(end), "--only", "LW001,LW003", "--runs", "2");

    assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.verdict("LW003")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.exitCode()).isEqualTo(1);
  }

  @Test
  void givenNoEventSaysTheEnd_whenChecked_thenReadersLeaveAtTheEndOfTheBody() throws Exception {
    Script ends =
        exchange -> {
          exchange.open();
          Scripts.words(exchange);
          exchange.save(Scripts.answer(exchange));
          exchange.end();
        };

    var checked = check(ends, "--only", "LW001,LW003");

    assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.detail("LW001")).contains("the end of the body");
    assertThat(checked.exitCode()).isZero();
  }

  @Test
  void
      givenLosesAtTheEndCouldNotBeTried_whenNothingElseIsFound_thenExitCodeIsThreeAndTheFirstLineSaysSo()
          throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var blind =
          Checked.run("check", endpoint.url("/chat"), "--data", "{}", "--only", "LW001,LW014");
      var narrowed = Checked.run("check", endpoint.url("/chat"), "--data", "{}", "--only", "LW014");

      assertThat(blind.exitCode()).as(blind.out()).isEqualTo(3);
      assertThat(blind.out().lines().findFirst().orElse(""))
          .contains("not known whether readers lose answers");
      assertThat(narrowed.exitCode()).as(narrowed.out()).isZero();
    }
  }

  @Test
  void givenAnErrorAtTheEndOfTheCalmRun_whenItIsNamedInJson_thenItIsNoTerminalEvent()
      throws Exception {
    Script fails =
        exchange -> {
          exchange.open();
          Scripts.words(exchange);
          exchange.save(Scripts.answer(exchange));
          exchange.event("{\"type\":\"error\",\"message\":\"no more\"}");
          exchange.end();
        };

    var checked = check(fails, "--only", "LW001,LW008");

    assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("inconclusive");
    assertThat(checked.detail("LW001")).contains("error event");
    assertThat(checked.verdict("LW008")).isEqualTo("pass");
    assertThat(checked.exitCode()).isEqualTo(3);
  }

  private static Script twoEnds(boolean besides) {
    return exchange -> {
      exchange.open();
      Scripts.words(exchange);
      if (!besides) {
        exchange.save(Scripts.answer(exchange));
      }
      exchange.event("{\"type\":\"finish\"}");
      Thread.sleep(80); // the save that nobody waits for
      exchange.save(Scripts.answer(exchange));
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  @Test
  void givenASaveBesideTheFirstEnding_whenItIsReadThere_thenLw023SaysSo() throws Exception {
    var late = check(twoEnds(true), "--only", "LW003,LW023");
    var right = check(twoEnds(false), "--only", "LW003,LW023");
    var single = check(Scripts.SAVES_BEFORE, "--only", "LW023");

    assertThat(late.verdict("LW003")).as(late.out()).isEqualTo("pass");
    assertThat(late.verdict("LW023")).as(late.out()).isEqualTo("fail");
    assertThat(late.detail("LW023")).contains("when the first ending event had been read");
    assertThat(right.verdict("LW023")).as(right.out()).isEqualTo("pass");
    assertThat(single.verdict("LW023")).isEqualTo("not-applicable");
  }

  private static Script chunks(List<String> events) {
    return exchange -> {
      var answer = new StringBuilder();
      for (int i = 0; i < WORDS; i++) {
        answer.append(Scripts.word(exchange, i));
      }
      exchange.save(answer.toString());
      exchange.open();
      for (var event : events) {
        exchange.event(event.replace("ID", exchange.id));
        Thread.sleep(1); // so that a reader may leave in between
      }
      exchange.end();
    };
  }

  private static List<String> withStopFirst() {
    var chunk = "{\"choices\":[{\"index\":0,\"delta\":{%s},\"finish_reason\":%s}]}";
    var events = new java.util.ArrayList<String>();
    events.add(chunk.formatted("\"role\":\"assistant\",\"content\":\"\"", "\"stop\""));
    for (int i = 0; i < WORDS; i++) {
      events.add(chunk.formatted("\"content\":\"word-ID-" + i + " \"", "null"));
    }
    events.add(chunk.formatted("", "\"stop\""));
    events.add("[DONE]");
    return events;
  }

  @Test
  void givenFinishReasonInTheFirstChunk_whenTheWholeAnswerFollows_thenLw008SaysWhatIsMissed()
      throws Exception {
    var checked = check(chunks(withStopFirst()), "--only", "LW001,LW008");

    assertThat(checked.verdict("LW008")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.detail("LW008"))
        .contains("10 of 10 events with text follow the first event");
    assertThat(checked.verdict("LW001")).isEqualTo("pass");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data: {\"type\":\"done\"}\n\n",
        "event: end\ndata: {}\n\n",
        "data: {\"type\":\"finish\"}\n\n|data: [DONE]\n\n",
        "data: {\"status\":\"completed\"}\n\n|event: usage\ndata: {\"tokens\":7}\n\n",
      })
  void givenAnEndOfAnyNameAheadOfTheTextToo_whenTheWholeAnswerFollows_thenLw008SaysWhatIsMissed(
      String ends) throws Exception {
    var all = ends.split("\\|", -1);
    Script ahead =
        exchange -> {
          exchange.save(Scripts.answer(exchange));
          exchange.open();
          exchange.chunk(all[0]);
          try {
            text(exchange);
          } catch (Exception e) {
            throw new IOException(e);
          }
          for (var end : all) {
            exchange.chunk(end);
          }
          exchange.end();
        };

    var checked = check(ahead, "--only", "LW001,LW008");

    assertThat(checked.verdict("LW008")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.detail("LW008")).contains("10 of 10 events with text follow");
    assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenStepsThatEndOneAfterTheOtherAheadOfTheText_whenChecked_thenLw008DoesNotAccuseThem()
      throws Exception {
    Script steps =
        exchange -> {
          exchange.save(Scripts.answer(exchange));
          exchange.open();
          exchange.event("{\"type\":\"tool_end\"}");
          exchange.event("{\"status\":\"completed\",\"step\":\"search\"}");
          try {
            text(exchange);
          } catch (Exception e) {
            throw new IOException(e);
          }
          exchange.event("{\"type\":\"tool_end\"}");
          exchange.event("{\"status\":\"completed\",\"step\":\"answer\"}");
          exchange.end();
        };

    var checked = check(steps, "--only", "LW008");

    assertThat(checked.verdict("LW008")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenDoneTwiceWithIdsOfTheirOwn_whenChecked_thenLw008CountsThem() throws Exception {
    Script twice =
        exchange -> {
          exchange.save(Scripts.answer(exchange));
          exchange.open();
          for (int i = 0; i < WORDS; i++) {
            exchange.chunk("id: " + i + "\ndata: " + Scripts.word(exchange, i) + "\n\n");
          }
          exchange.chunk("id: 10\ndata: [DONE]\n\nid: 11\ndata: [DONE]\n\n");
          exchange.end();
        };

    var checked = check(twice, "--only", "LW008");

    assertThat(checked.verdict("LW008")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.detail("LW008")).contains("came 2 times");
  }

  @Test
  void givenAResponsesStreamThatEndsInResponseDone_whenChecked_thenItIsAnEnd() throws Exception {
    var events = new java.util.ArrayList<String>();
    events.add("{\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}");
    for (int i = 0; i < WORDS; i++) {
      events.add(
          "{\"type\":\"response.output_text.delta\",\"item_id\":\"i\",\"output_index\":0,\"content_index\":0,\"delta\":\"word-ID-"
              + i
              + " \"}");
    }
    events.add("{\"type\":\"response.done\",\"response\":{\"id\":\"r\",\"status\":\"completed\"}}");

    var checked = check(chunks(events), "--only", "LW001,LW008,LW009");

    assertThat(checked.json().path("dialect").asString()).isEqualTo("openai-responses");
    for (var code : List.of("LW001", "LW008", "LW009")) {
      assertThat(checked.verdict(code)).as(code + checked.out()).isEqualTo("pass");
    }
  }
}
