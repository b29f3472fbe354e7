package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.Endpoint.Script;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The text wherever it stands, and what stands beside it: the calm run shows it, once. */
final class AnyTextTest {
  private static final int WORDS = 8;

  private static String answer(Endpoint.Exchange exchange) {
    var text = new StringBuilder();
    for (int i = 0; i < WORDS; i++) {
      text.append(Scripts.word(exchange, i));
    }
    return text.toString();
  }

  /** Right: saves before the end, and goes on without its reader. */
  private static Script saying(List<String> leading, String text, String end) {
    return exchange -> {
      exchange.open();
      try {
        for (var event : leading) {
          exchange.chunk(event + "\n\n");
          Thread.sleep(1); // so that a reader may leave in between
        }
        for (int i = 0; i < WORDS; i++) {
          exchange.chunk(text.replace("TEXT", Scripts.word(exchange, i)) + "\n\n");
          Thread.sleep(2); // a model's pace
        }
      } catch (IOException e) {
        // the work goes on without its reader
      }
      exchange.save(answer(exchange));
      exchange.chunk(end + "\n\n");
      exchange.end();
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
        "data: [\"token\",\"TEXT\"]",
        "data: {\"result\":{\"output\":{\"messageType\":\"ASSISTANT\",\"text\":\"TEXT\"}}}",
        "data: {\"data\":{\"delta\":\"TEXT\"}}",
        "event: messages\ndata: [{\"content\":\"TEXT\",\"type\":\"AIMessageChunk\"},{\"langgraph_node\":\"agent\"}]",
        "event: data\ndata: \"TEXT\"",
        "data: {\"event\":\"message\",\"task_id\":\"t\",\"answer\":\"TEXT\"}",
        "data: {\"type\":\"TEXT_MESSAGE_CONTENT\",\"messageId\":\"m\",\"delta\":\"TEXT\"}",
        "data: {\"ops\":[{\"op\":\"add\",\"path\":\"/streamed_output/-\",\"value\":\"TEXT\"}]}",
        "data: {\"wibble\":{\"plugh\":[{\"xyzzy\":\"TEXT\"}]}}",
        "event: token\ndata: TEXT",
      })
  void givenAnUnknownPlaceOfTheText_whenTheApplicationIsRight_thenNothingIsFound(String text)
      throws Exception {
    var leading =
        List.of(
            "data: {\"type\":\"sources\",\"documents\":[{\"title\":\"A page of no account\"}]}");

    var checked =
        check(
            saying(leading, text, "event: end\ndata: {}"),
            "--only",
            "LW001,LW003,LW004,LW010,LW011",
            "--readers",
            "3");

    assertThat(checked.exitCode()).as(checked.out() + checked.err()).isZero();
    assertThat(checked.verdict("LW004")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.detail("LW010")).contains("all ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data: {\"type\":\"sources\",\"documents\":[{\"title\":\"A page of no account\"}]}",
        "event: status\ndata: looking around",
        "data: {\"type\":\"RUN_STARTED\",\"threadId\":\"t\"}",
        "data: {\"thinking\":\"what could be meant by that\"}",
        "data: {\"conversation_id\":\"c-1\",\"title\":\"Something\"}",
      })
  void givenEventsAheadOfTheText_whenReadersLeaveHalfWay_thenARightApplicationIsNotAccused(
      String leading) throws Exception {
    var many = Collections.nCopies(9, leading);

    var checked =
        check(saying(many, "data: {\"delta\":\"TEXT\"}", "data: [DONE]"), "--only", "LW004");

    assertThat(checked.verdict("LW004")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.json().path("text").asString()).contains("/delta, in 8 of 18 events");
  }

  @Test
  void givenTypesThatAreOtherOnesInEachRun_whenChecked_thenTheTextIsFoundAllTheSame()
      throws Exception {
    Script named =
        exchange -> {
          exchange.open();
          for (int i = 0; i < WORDS; i++) {
            exchange.chunk(
                "event: reply " + exchange.id + "\ndata: " + Scripts.word(exchange, i) + "\n\n");
          }
          exchange.save(answer(exchange));
          exchange.event("[DONE]");
          exchange.end();
        };

    var checked = check(named, "--only", "LW001,LW003,LW011", "--readers", "3");

    assertThat(checked.exitCode()).as(checked.out() + checked.err()).isZero();
    assertThat(checked.verdict("LW011")).isEqualTo("pass");
  }

  @Test
  void givenThoughtsAndToolsBesideTheText_whenTheySharePlaces_thenTheTextIsToldFromThem()
      throws Exception {
    Script mixed =
        exchange -> {
          exchange.open();
          exchange.event("{\"kind\":\"thought\",\"body\":\"Let me think about that first.\"}");
          for (int i = 0; i < WORDS; i++) {
            exchange.event("{\"kind\":\"answer\",\"body\":\"" + Scripts.word(exchange, i) + "\"}");
            exchange.event("{\"kind\":\"note\",\"body\":\"asked another one\"}");
          }
          exchange.save(answer(exchange));
          exchange.event("{\"usage\":{\"tokens\":12}}");
          exchange.event("{\"kind\":\"over\"}");
          exchange.end();
        };

    var checked = check(mixed, "--only", "LW003,LW010,LW011", "--readers", "3");

    assertThat(checked.exitCode()).as(checked.out() + checked.err()).isZero();
    assertThat(checked.json().path("text").asString()).startsWith("json:/kind=answer /body");
  }

  /** Thinks ahead of every answer but the calm run's, at the place of the answer's text. */
  private static Script thinksNowAndThen() {
    var chats = new AtomicInteger();
    Set<String> stopped = ConcurrentHashMap.newKeySet();
    return exchange -> {
      if (exchange.path.startsWith("/stop/")) {
        stopped.add(exchange.path.substring("/stop/".length()));
        exchange.reply(204, "text/plain", "");
        return;
      }
      var said = new StringBuilder();
      exchange.open();
      try {
        if (chats.incrementAndGet() > 1) {
          exchange.event("{\"voice\":\"thought\",\"body\":\"Let me think about that first. \"}");
        }
        for (int i = 0; i < WORDS && !stopped.contains(exchange.id); i++) {
          var word = Scripts.word(exchange, i);
          said.append(word);
          exchange.event("{\"voice\":\"answer\",\"body\":\"" + word + "\"}");
          Thread.sleep(20); // a model's pace
        }
      } catch (IOException e) {
        // the work goes on without its reader
      }
      exchange.save(stopped.contains(exchange.id) ? said.toString() : answer(exchange));
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  @Test
  void givenThoughtsThatTheCalmRunHadNot_whenTheAnswerIsSavedWithoutThem_thenNobodyIsAccused()
      throws Exception {
    try (var endpoint = new Endpoint(thinksNowAndThen())) {
      var checked =
          Checked.endpoint(
              endpoint,
              "--only",
              "LW001,LW003,LW006,LW018",
              "--runs",
              "2",
              "--stop",
              endpoint.url("/stop/{{header:x-message-id}}"));

      assertThat(checked.verdict("LW018")).as(checked.out()).isNotIn("fail", "pass");
      for (var code : List.of("LW001", "LW003", "LW006")) {
        assertThat(checked.verdict(code)).as(code + checked.out()).isEqualTo("inconclusive");
        assertThat(checked.detail(code)).contains("other events with text than the calm run");
      }
    }
  }

  @Test
  void givenAnAnswerOfTwoPieces_whenANoteSharesTheirPlace_thenLw010DoesNotAccuseIt()
      throws Exception {
    Script few =
        exchange -> {
          var first = "the river carries it slowly, " + Scripts.word(exchange, 0);
          var second = "and under the winter light " + Scripts.word(exchange, 1);
          exchange.open();
          exchange.event("{\"xylo\":\"quix\",\"v\":{\"zed\":\"" + first + "\"}}");
          exchange.event("{\"xylo\":\"blip\",\"v\":{\"zed\":\"not a word of it. \"}}");
          exchange.event("{\"xylo\":\"quix\",\"v\":{\"zed\":\"" + second + "\"}}");
          exchange.save(first + second);
          exchange.event("{\"type\":\"done\"}");
          exchange.end();
        };

    var checked = check(few, "--only", "LW003,LW010");

    assertThat(checked.exitCode()).as(checked.out() + checked.err()).isNotEqualTo(1);
    assertThat(checked.json().path("text").asString()).startsWith("json:/xylo=quix /v/zed");
  }

  @Test
  void givenEachEventBringsAllSoFar_whenChecked_thenTheLastOneIsTheText() throws Exception {
    Script soFar =
        exchange -> {
          exchange.open();
          var text = new StringBuilder();
          for (int i = 0; i < WORDS; i++) {
            text.append(Scripts.word(exchange, i));
            exchange.event("{\"message\":\"" + text + "\"}");
          }
          exchange.save(text.toString());
          exchange.event("{\"type\":\"done\"}");
          exchange.end();
        };

    var checked = check(soFar, "--only", "LW003,LW010");

    assertThat(checked.verdict("LW010")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.verdict("LW003")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenTheSameTextAtTwoPlacesOfAChunk_whenItIsSavedOnce_thenLw010DoesNotAccuseIt()
      throws Exception {
    Script doubled =
        exchange -> {
          exchange.open();
          for (int i = 0; i < WORDS; i++) {
            var word = Scripts.word(exchange, i);
            exchange.event(
                "{\"choices\":[{\"index\":0,\"text\":\"%s\",\"delta\":{\"content\":\"%s\"},\"finish_reason\":null}]}"
                    .formatted(word, word));
          }
          exchange.save(answer(exchange));
          exchange.event(
              "{\"choices\":[{\"index\":0,\"text\":\"\",\"delta\":{},\"finish_reason\":\"stop\"}]}");
          exchange.event("[DONE]");
          exchange.end();
        };

    var checked = check(doubled, "--only", "LW010");

    assertThat(checked.verdict("LW010")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenNothingOfItIsSaved_whenChecked_thenThePlacesOfTheTextAreNamedReadyToUse()
      throws Exception {
    Script saysTwoThings =
        exchange -> {
          exchange.save("{\"note\":\"elsewhere\"}");
          exchange.open();
          for (int i = 0; i < WORDS; i++) {
            exchange.event("{\"a\":\"left " + i + " \",\"b\":\"right " + i + " \"}");
          }
          exchange.event("[DONE]");
          exchange.end();
        };

    var checked = check(saysTwoThings);

    assertThat(checked.exitCode()).as(checked.out()).isEqualTo(2);
    assertThat(checked.json().path("problem").asString())
        .contains("--text '/a' ('left 0 left 1", "--text '/b' ('right 0 right 1");
  }

  @Test
  void givenARuleForTheText_whenItNamesEventsAndPlace_thenTheTextIsReadThere() throws Exception {
    Script script =
        exchange -> {
          exchange.save("{\"answer\":\"hello there\"}");
          exchange.open();
          exchange.chunk("event: bit\ndata: {\"kind\":\"x\",\"v\":\"not \"}\n\n");
          exchange.chunk("event: bit\ndata: {\"kind\":\"y\",\"v\":\"hello\"}\n\n");
          exchange.chunk("event: bit\ndata: {\"kind\":\"y\",\"v\":\" there\"}\n\n");
          exchange.chunk("event: over\ndata: {}\n\n");
          exchange.end();
        };

    var right = check(script, "--text", "event:bit json:/kind=y /v", "--only", "LW003");
    var wrong = check(script, "--text", "kind:y", "--only", "LW003");

    assertThat(right.verdict("LW003")).as(right.out()).isEqualTo("pass");
    assertThat(wrong.exitCode()).isEqualTo(2);
    assertThat(wrong.err()).contains("--text 'kind:y' is none of");
  }

  @Test
  void givenLinesOfJson_whenChecked_thenEachLineIsAnEvent() throws Exception {
    Script lines =
        exchange -> {
          exchange.raw(
              "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nX-Message-Id: "
                  + exchange.id
                  + "\r\nTransfer-Encoding: chunked\r\n\r\n");
          for (int i = 0; i < WORDS; i++) {
            exchange.chunk("{\"response\":\"" + Scripts.word(exchange, i) + "\",\"done\":false}\n");
            Thread.sleep(2); // a model's pace
          }
          exchange.chunk("{\"response\":\"\",\"done\":true}\n");
          if (exchange.readerStays(40)) {
            exchange.save(answer(exchange));
            exchange.end();
          }
        };
    Script document =
        exchange -> exchange.reply(200, "application/json", "{\n  \"answer\": \"hello\"\n}");

    var checked = check(lines, "--only", "LW001,LW010,LW013,LW014");
    var refused = check(document, "--only", "LW014");

    assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.verdict("LW010")).isEqualTo("pass");
    assertThat(checked.verdict("LW013")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.verdict("LW014")).isEqualTo("pass");
    assertThat(refused.exitCode()).as(refused.out()).isEqualTo(2);
    assertThat(refused.json().path("problem").asString()).contains("no event stream but JSON");
  }
}
