package dev.lastword.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TokensDialectTest {
  private static final Dialect TOKENS = TokensDialect.TOKENS;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "Hel",
        "a\r\nb\rc\n",
        "[DONE]",
        "\"{}\\",
        "\u0000\u2028",
        "é漢\uD83D\uDE00"
      })
  void whatIsSaidIsWhatIsRead(String text) {
    var event = TokensDialect.token(text);
    var onTheWire = EncodedEvents.of(List.of(event)).decode().getFirst();

    assertThat(TOKENS.detector(RequestFacts.NONE).observe(onTheWire)).isEqualTo(Sign.CONTENT);
    assertThat(Fixture.assemble(TOKENS, List.of(onTheWire)).text()).isEqualTo(text);
  }

  @Test
  void aPairThatIsCutBetweenTwoTokensIsWholeAgain() {
    var events =
        Stream.of("a\uD83D", "\uDE00b\uDE00", "\uD83D\uD83D")
            .map(TokensDialect::token)
            .map(event -> EncodedEvents.of(List.of(event)).decode().getFirst())
            .toList();

    assertThat(Fixture.assemble(TOKENS, events).text())
        .isEqualTo("a\uD83D\uDE00b\uFFFD\uFFFD\uFFFD");
  }

  @Test
  void onlyTheMarkerEndsItAndOnlyTokensAreText() {
    var events =
        List.of(
            TokensDialect.token("one "),
            SseEvent.of("source", "{\"url\":\"https://example.org\"}"),
            SseEvent.of("{\"no\":\"text\"}"),
            SseEvent.of("\"no\" text"),
            TokensDialect.token("two"),
            SseEvent.of("[DONE]"),
            SseEvent.of("late"));

    assertThat(Fixture.signs(TOKENS, RequestFacts.NONE, events))
        .containsExactly(
            Sign.CONTENT,
            Sign.CONTENT,
            Sign.CONTENT,
            Sign.CONTENT,
            Sign.CONTENT,
            Sign.TERMINAL,
            Sign.TAIL);
    var assembled = Fixture.assemble(TOKENS, events.subList(0, 6));
    assertThat(assembled.text()).isEqualTo("one two");
    assertThat(assembled.json()).isEqualTo("{\"text\":\"one two\",\"events\":5}");
  }

  @Test
  void whyTheModelStoppedBelongsToTheEndingUnlessTheAnswerGoesOn() {
    var events =
        List.of(
            TokensDialect.token("one "),
            TokensDialect.finish("TOOL_CALLS", null, null),
            TokensDialect.token("two"),
            TokensDialect.finish("STOP", 12L, 3L),
            SseEvent.of("[DONE]"));

    assertThat(Fixture.signs(TOKENS, RequestFacts.NONE, events))
        .containsExactly(Sign.CONTENT, Sign.ENDING, Sign.CONTENT, Sign.ENDING, Sign.TERMINAL);
    var assembled = Fixture.assemble(TOKENS, events);
    assertThat(assembled.json())
        .isEqualTo("{\"text\":\"one two\",\"events\":4,\"finish\":\"STOP\"}");
    assertThat(assembled.choices().getFirst().finishReason()).isEqualTo("STOP");
    assertThat(TokenUsage.of(assembled.usage())).isEqualTo(new TokenUsage(12L, 3L, null, null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "stop", "[1]", "{\"reason\":1,\"usage\":2}", "{\"usage\":{"})
  void aFinishOfTheApplicationsOwnSaysNoMoreThanThat(String data) {
    var assembled = Fixture.assemble(TOKENS, List.of(SseEvent.of("finish", data)));

    assertThat(assembled.choices().getFirst().finishReason()).isNull();
    assertThat(assembled.usage()).isNull();
  }

  @Test
  void anAnswerWithoutTheMarkerIsCutOff() {
    var detector = TOKENS.detector(RequestFacts.NONE);
    detector.observe(TokensDialect.token("one"));

    assertThat(detector.endOfBodyCompletes()).isFalse();
    assertThat(TOKENS.missingTerminal()).contains(SseEvent.of("[DONE]"));
    assertThat(detector.observe(TOKENS.error("cancelled", "The response was cancelled.")))
        .isEqualTo(Sign.ERROR);
  }

  @Test
  void itsNameIsEnoughToReadAStreamAgain() {
    assertThat(Dialects.named("tokens")).containsSame(TOKENS);
  }
}
