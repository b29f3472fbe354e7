package dev.lastword.dialect;

import static dev.lastword.dialect.Sign.CONTENT;
import static dev.lastword.dialect.Sign.ENDING;
import static dev.lastword.dialect.Sign.ERROR;
import static dev.lastword.dialect.Sign.TAIL;
import static dev.lastword.dialect.Sign.TERMINAL;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class OpenAiEndingTest {
  private static final Dialect CHAT = OpenAiDialect.CHAT;

  @ParameterizedTest
  @CsvSource({
    "openai-text, 7, 9",
    "openai-tools, 7, 8",
    "openai-refusal, 3, 4",
    "openai-length, 2, 3",
    "openai-function-call, 3, 4",
    "openai-logprobs, 3, 4",
    "openai-audio, 5, 6",
    "azure-content-filter, 3, 4",
    "mistral-text-in-finish, 2, 3",
    "empty-finish-reason, 2, 3",
    "deepseek-reasoning, 4, 5",
    "gemini-tools-without-index, 2, 3",
    "tools-all-index-zero, 2, 3",
    "completions, 3, 4",
  })
  void givenARealStream_whenObserved_thenItEndsAtTheFinishReasonAndTerminatesAtDone(
      String fixture, int ending, int terminal) {
    var signs = Fixture.signs(CHAT, RequestFacts.NONE, Fixture.events(fixture));

    assertThat(signs).hasSize(terminal + 1).containsOnlyOnce(ENDING).containsOnlyOnce(TERMINAL);
    assertThat(signs.indexOf(ENDING)).isEqualTo(ending);
    assertThat(signs.indexOf(TERMINAL)).isEqualTo(terminal);
  }

  @Test
  void givenTextThatQuotesEndings_whenObserved_thenOnlyTheRealOneCounts() {
    var events = Fixture.events("traps");

    var signs = Fixture.signs(CHAT, RequestFacts.NONE, events);

    assertThat(signs.indexOf(ENDING)).isEqualTo(events.size() - 2);
    assertThat(signs.subList(0, events.size() - 2)).containsOnly(CONTENT);
    assertThat(signs.getLast()).isEqualTo(TERMINAL);
  }

  @Test
  void givenTwoChoicesAskedFor_whenOneFinishes_thenTheResponseIsStillOpen() {
    var facts = CHAT.facts(utf8("{\"n\":2,\"messages\":[]}"));

    var signs = Fixture.signs(CHAT, facts, Fixture.events("openai-two-choices"));

    assertThat(signs)
        .containsExactly(
            CONTENT, CONTENT, CONTENT, CONTENT, CONTENT, CONTENT, CONTENT, ENDING, TERMINAL);
  }

  @Test
  void givenTwoChoicesNobodyAskedFor_whenOneFinishes_thenTheSeenOneIsStillOpen() {
    var signs = Fixture.signs(CHAT, RequestFacts.NONE, Fixture.events("openai-two-choices"));

    assertThat(signs.indexOf(ENDING)).isEqualTo(7);
  }

  @Test
  void givenAChoiceThatWasNeverSeen_whenAllOthersFinish_thenOnlyDoneEnds() {
    var detector = CHAT.detector(new RequestFacts(3, null, null));

    assertThat(detector.observe(finish(0))).isEqualTo(CONTENT);
    assertThat(detector.observe(finish(1))).isEqualTo(CONTENT);
    assertThat(detector.observe(SseEvent.of("[DONE]"))).isEqualTo(TERMINAL);
  }

  @Test
  void givenTwoChoicesInOneChunk_whenBothFinish_thenItIsTheEnding() {
    var detector = CHAT.detector(new RequestFacts(2, null, null));

    var sign =
        detector.observe(
            SseEvent.of(
                """
                {"choices":[{"index":0,"finish_reason":"stop"},
                            {"index":1,"finish_reason":"stop"}]}"""));

    assertThat(sign).isEqualTo(ENDING);
  }

  @Test
  void givenAnUpstreamError_whenObserved_thenItIsAnErrorEvenBesideAFinishReason() {
    assertThat(Fixture.signs(CHAT, RequestFacts.NONE, Fixture.events("error-mid-stream")))
        .containsExactly(CONTENT, ERROR);
    assertThat(Fixture.signs(CHAT, RequestFacts.NONE, Fixture.events("error-alone")))
        .containsExactly(CONTENT, ERROR);
    assertThat(CHAT.detector(RequestFacts.NONE).observe(SseEvent.of("error", "overloaded")))
        .isEqualTo(ERROR);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}",
        "{\"choices\":[{\"finish_reason\":\"insufficient_system_resource\"}]}",
        "{\"choices\":[{\"index\":1,\"error\":{\"code\":502}},{\"finish_reason\":\"stop\"}]}",
      })
  void givenAFailureInTheChoice_whenObserved_thenItIsNoEnding(String data) {
    assertThat(CHAT.detector(RequestFacts.NONE).observe(SseEvent.of(data))).isEqualTo(ERROR);
  }

  @Test
  void givenNoFinishReason_whenDoneComes_thenItIsTheTerminalOneAndNothingEndsAfterIt() {
    var detector = CHAT.detector(RequestFacts.NONE);

    var signs =
        Stream.concat(Fixture.events("done-without-finish-reason").stream(), Stream.of(finish(0)))
            .map(detector::observe)
            .toList();

    assertThat(signs).containsExactly(CONTENT, TERMINAL, TAIL);
  }

  @Test
  void givenASecondFinishReason_whenItBringsNothing_thenItBelongsToTheEnd() {
    var detector = CHAT.detector(RequestFacts.NONE);

    assertThat(detector.observe(finish(0))).isEqualTo(ENDING);
    assertThat(detector.observe(finish(0))).isEqualTo(TAIL);
    assertThat(detector.observe(SseEvent.of("{\"error\":{}}"))).isEqualTo(ERROR);
  }

  @Test
  void givenABodyWithoutEnding_whenItEnds_thenItWasTruncated() {
    var detector = CHAT.detector(RequestFacts.NONE);
    Fixture.events("openai-truncated").forEach(detector::observe);

    assertThat(detector.endOfBodyCompletes()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}",
        "{\"choices\":[{\"index\":0,\"finish_reason\":\"anything\"}]}",
        "{\"choices\":[{\"finish_reason\" : \"stop\"}]}",
        "{\"choices\":[{\"finish_reason\"\n:\n\"stop\"}]}",
        " {\"choices\":[{\"finish_reason\":\"stop\"}]} ",
        "{\"choices\":[{\"fin\\u0069sh_reason\":\"stop\"}]}",
        "{\"ch\\u006Fices\":[{\"finish\\u005Freason\":\"st\\u006fp\"}]}",
        "{\"choices\":[{\"finish_reason\":null,\"finish_reason\":\"stop\"}]}",
        "{\"choices\":[],\"choices\":[{\"finish_reason\":\"stop\"}]}",
        "{\"error\":{},\"error\":null,\"choices\":[{\"finish_reason\":\"stop\"}]}",
        "{\"x\":NaN,\"choices\":[{\"finish_reason\":\"stop\"}]}",
        "{\"x\":-Infinity,\"choices\":[{\"finish_reason\":\"stop\"}]}",
        "{\"choices\":[{\"finish_reason\":{\"type\":\"stop\"}}]}",
      })
  void givenAChunkThatFinishes_whenWrittenInAnyWay_thenItIsTheEnding(String chunk) {
    assertThat(CHAT.detector(RequestFacts.NONE).observe(SseEvent.of(chunk))).isEqualTo(ENDING);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "null",
        "DONE",
        "\"[DONE]\"",
        "[\"DONE\"]",
        "[{\"finish_reason\":\"stop\"}]",
        "{\"finish_reason\":\"stop\"}",
        "{\"choices\":{\"finish_reason\":\"stop\"}}",
        "{\"choices\":[[{\"finish_reason\":\"stop\"}]]}",
        "{\"choices\":[{\"delta\":{\"finish_reason\":\"stop\"}}]}",
        "{\"choices\":[{\"finish_reason\":null}]}",
        "{\"choices\":[{\"finish_reason\":\"\"}]}",
        "{\"choices\":[{\"finish_reason\":\"null\"}]}",
        "{\"choices\":[{\"finish_reason\":false}]}",
        "{\"choices\":[{\"finish_reason\":\"stop\",\"finish_reason\":null}]}",
        "{\"choices\":[{\"finish_reason\":\"stop\"}],\"choices\":[]}",
        "{\"choices\":[{\"finish_reason\":\"stop\"}]",
        "{\"choices\":[{\"finish_reason\":\"stop\"}]} trailing",
        "{\"choices\":[{\"finish_reason\":\"stop\"}]}{}",
        "{\"choices\":[{\"index\":-1,\"finish_reason\":\"stop\"}]}",
        "{\"choices\":[{\"index\":99999999999,\"finish_reason\":\"stop\"}]}",
        "{\"choices\":[{\"Finish_reason\":\"stop\"}]}",
        "{\"error\":null}",
        "{\"error\":\"\"}",
        "{\"error\":0}",
        "{\"x\":{\"error\":{\"code\":1}}}",
        "{\"x\":\"error\"}",
      })
  void givenAnEventThatFinishesNothing_whenObserved_thenItIsContent(String data) {
    assertThat(CHAT.detector(RequestFacts.NONE).observe(SseEvent.of(data))).isEqualTo(CONTENT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[DONE]", " [DONE]", "[DONE] ", "\n[DONE]\n", "[DONE]x"})
  void givenDone_whenSurroundedByAnything_thenItIsTerminalAsSdksReadIt(String data) {
    assertThat(CHAT.detector(RequestFacts.NONE).observe(SseEvent.of(data))).isEqualTo(TERMINAL);
  }

  @Test
  void givenBytesThatAreNotUtf8InTheText_whenTheChunkFinishes_thenItIsTheEnding() {
    var chunk = utf8("{\"choices\":[{\"delta\":{\"content\":\"X\"},\"finish_reason\":\"stop\"}]}");
    chunk[List.of(new String(chunk, StandardCharsets.UTF_8).split("")).indexOf("X")] = (byte) 0xFF;

    var sign = CHAT.detector(RequestFacts.NONE).observe(new SseEvent(utf8(""), chunk, utf8("")));

    assertThat(sign).isEqualTo(ENDING);
  }

  @Test
  void givenJsonDeeperThanTheBound_whenObserved_thenItSaysNothingAndNothingIsThrown() {
    var deep = "{\"finish_reason\":\"x\",\"a\":" + "[".repeat(500_000);
    var closed =
        "{\"choices\":[{\"finish_reason\":\"stop\"}],\"a\":%s%s}"
            .formatted("[".repeat(Json.DEPTH_MAX + 1), "]".repeat(Json.DEPTH_MAX + 1));
    var detector = CHAT.detector(RequestFacts.NONE);

    assertThat(detector.observe(SseEvent.of(deep))).isEqualTo(CONTENT);
    assertThat(detector.observe(SseEvent.of(closed))).isEqualTo(CONTENT);
    assertThat(detector.observe(finish(0))).isEqualTo(ENDING);
  }

  @Test
  void givenMoreChoicesThanAnybodyServes_whenTheyAreSeen_thenTheyAreNotCounted() {
    var detector = CHAT.detector(RequestFacts.NONE);

    assertThat(detector.observe(content(ChunkDetector.CHOICES_MAX))).isEqualTo(CONTENT);
    assertThat(detector.observe(finish(0))).isEqualTo(ENDING);
  }

  private static SseEvent finish(int index) {
    return SseEvent.of(
        "{\"choices\":[{\"index\":%d,\"finish_reason\":\"stop\"}]}".formatted(index));
  }

  private static SseEvent content(int index) {
    return SseEvent.of("{\"choices\":[{\"index\":%d,\"finish_reason\":null}]}".formatted(index));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
