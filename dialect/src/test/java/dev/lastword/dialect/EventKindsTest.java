package dev.lastword.dialect;

import static dev.lastword.dialect.Sign.CONTENT;
import static dev.lastword.dialect.Sign.ENDING;
import static dev.lastword.dialect.Sign.ERROR;
import static dev.lastword.dialect.Sign.TAIL;
import static dev.lastword.dialect.Sign.TERMINAL;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The dialects whose events name their kind: what each recorded stream says, and what it becomes.
 */
final class EventKindsTest {
  private static final byte[] NOTHING = {};

  /** Every stream, with the signs of its events: the last of them, all before are content. */
  private static final Map<String, List<Sign>> STREAMS =
      Map.ofEntries(
          Map.entry("openai-responses-text", List.of(ENDING)),
          Map.entry("openai-responses-tools", List.of(ENDING)),
          Map.entry("openai-responses-incomplete", List.of(ENDING)),
          Map.entry("openai-responses-failed", List.of(ERROR)),
          Map.entry("openai-responses-cancelled", List.of(ERROR)),
          Map.entry("openai-responses-error", List.of(ERROR)),
          Map.entry("openai-responses-traps", List.of(ENDING)),
          Map.entry("openai-responses-truncated", List.of(CONTENT)),
          Map.entry("gemini-text", List.of(ENDING)),
          Map.entry("gemini-tools", List.of(ENDING, TAIL)),
          Map.entry("gemini-blocked", List.of(ENDING)),
          Map.entry("gemini-error", List.of(ERROR)),
          Map.entry("gemini-traps", List.of(ENDING)),
          Map.entry("gemini-truncated", List.of(CONTENT)),
          Map.entry("ai-sdk-ui-text", List.of(ENDING, TERMINAL)),
          Map.entry("ai-sdk-ui-tools", List.of(ENDING, TERMINAL)),
          Map.entry("ai-sdk-ui-abort", List.of(ERROR)),
          Map.entry("ai-sdk-ui-error", List.of(ERROR)),
          Map.entry("ai-sdk-ui-traps", List.of(ENDING, TERMINAL)),
          Map.entry("ai-sdk-ui-truncated", List.of(CONTENT)),
          Map.entry("ag-ui-text", List.of(ENDING)),
          Map.entry("ag-ui-tools", List.of(ENDING)),
          Map.entry("ag-ui-chunks", List.of(ENDING)),
          Map.entry("ag-ui-two-runs", List.of(ENDING, CONTENT, CONTENT, CONTENT, ENDING, TAIL)),
          Map.entry("ag-ui-cancelled", List.of(ERROR)),
          Map.entry("ag-ui-error", List.of(ERROR)),
          Map.entry("ag-ui-truncated", List.of(CONTENT)),
          Map.entry("cohere-text", List.of(ENDING)),
          Map.entry("cohere-tools", List.of(ENDING)),
          Map.entry("cohere-error", List.of(ERROR)),
          Map.entry("ollama-chat", List.of(ENDING)),
          Map.entry("ollama-generate", List.of(ENDING)),
          Map.entry("ollama-error", List.of(ERROR)),
          Map.entry("openai-transcription-text", List.of(ENDING)),
          Map.entry("openai-transcription-truncated", List.of(CONTENT)),
          Map.entry("openai-speech-audio", List.of(ENDING)),
          Map.entry("openai-images-two", List.of(ENDING, CONTENT, ENDING)),
          Map.entry("openai-assistants-text", List.of(ENDING, TERMINAL)),
          Map.entry("openai-assistants-failed", List.of(ERROR)),
          Map.entry("mcp-tool", List.of(TERMINAL)),
          Map.entry("mcp-error", List.of(ERROR)),
          Map.entry("mcp-traps", List.of(TERMINAL)),
          Map.entry("anthropic-text", List.of(ENDING, TERMINAL)),
          Map.entry("anthropic-thinking-tools", List.of(ENDING, TERMINAL)),
          Map.entry("anthropic-traps", List.of(ENDING, TERMINAL)),
          Map.entry("anthropic-error", List.of(ERROR)),
          Map.entry("anthropic-truncated", List.of(CONTENT)));

  static Stream<String> streams() {
    return STREAMS.keySet().stream().sorted();
  }

  private static Dialect dialectOf(String stream) {
    return Dialects.all().stream()
        .filter(dialect -> stream.startsWith(dialect.name() + "-"))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("streams")
  void givenARecordedStream_whenObserved_thenOnlyItsLastEventsSayTheEnd(String stream) {
    var events = Fixture.events(stream);
    var last = Objects.requireNonNull(STREAMS.get(stream));

    var signs = Fixture.signs(dialectOf(stream), RequestFacts.NONE, events);

    assertThat(signs).endsWith(last.toArray(Sign[]::new));
    assertThat(signs.subList(0, signs.size() - last.size())).allMatch(CONTENT::equals);
  }

  @ParameterizedTest
  @MethodSource("streams")
  void givenARecordedStream_whenAssembled_thenTheFinalObjectIsWhatNoStreamWouldHaveAnswered(
      String stream) {
    var assembled = Fixture.assemble(dialectOf(stream), Fixture.events(stream));

    assertThat(assembled.json()).isEqualTo(Fixture.text(stream + ".json").strip());
  }

  @ParameterizedTest
  @MethodSource("streams")
  void givenNamesInDisguise_whenObserved_thenTheSignsAreTheSame(String stream) {
    var dialect = dialectOf(stream);
    var events = Fixture.events(stream);
    long seed = Long.getLong("lastword.seed", new Random().nextLong());
    var random = new Random(seed);

    var disguised = events.stream().map(event -> disguise(event, random)).toList();

    assertThat(Fixture.signs(dialect, RequestFacts.NONE, disguised))
        .as("seed %d", seed)
        .isEqualTo(Fixture.signs(dialect, RequestFacts.NONE, events));
  }

  @ParameterizedTest
  @MethodSource("streams")
  void givenDamagedEvents_whenObservedAndAssembled_thenNothingIsThrown(String stream) {
    var dialect = dialectOf(stream);
    var events = Fixture.events(stream);
    long seed = Long.getLong("lastword.seed", new Random().nextLong());
    var random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      var damaged = events.stream().map(event -> damage(event, random)).toList();
      var signs = Fixture.signs(dialect, RequestFacts.NONE, damaged);
      assertThat(signs.stream().takeWhile(sign -> sign == CONTENT || sign == TAIL))
          .as("seed %d: nothing belongs to an end that is not there", seed)
          .doesNotContain(TAIL);
      var json = Fixture.assemble(dialect, damaged).json();
      assertThat(Piece.read(json)).as("seed %d: %s", seed, json).isPresent();
      assertThat(Fixture.namesThatStandTwice(json)).as("seed %d: %s", seed, json).isEmpty();
    }
  }

  @Test
  void givenEveryDialect_whenItSaysAnError_thenItsOwnDetectorReadsOne() {
    for (var dialect : Dialects.all()) {
      var error = dialect.error("upstream_truncated", "The \"upstream\" broke\r\noff.");

      assertThat(Fixture.signs(dialect, RequestFacts.NONE, List.of(error)))
          .as(dialect.name())
          .containsExactly(ERROR);
    }
  }

  @Test
  void givenEveryDialectThatHasOne_whenItsTerminalIsSynthesised_thenItsDetectorReadsIt() {
    for (var dialect : Dialects.all()) {
      dialect
          .missingTerminal()
          .ifPresent(
              terminal ->
                  assertThat(Fixture.signs(dialect, RequestFacts.NONE, List.of(terminal)))
                      .as(dialect.name())
                      .containsExactly(TERMINAL));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "anthropic-error, anthropic, ''",
    "anthropic-text, anthropic, '{\"input_tokens\":25,\"cache_creation_input_tokens\":0,"
        + "\"cache_read_input_tokens\":0,\"output_tokens\":15,\"service_tier\":\"standard\"}'",
  })
  void givenUsage_whenAssembled_thenTheLastWordOfEachMemberCounts(
      String stream, String dialect, String usage) {
    var assembled = Fixture.assemble(Dialects.named(dialect).orElseThrow(), Fixture.events(stream));

    assertThat(assembled.usage()).contains(usage.isEmpty() ? "input_tokens" : usage);
  }

  /** The same JSON with a letter of its strings written as an escape, most of the time. */
  private static SseEvent disguise(SseEvent event, Random random) {
    var data = event.data();
    var letters = new ArrayList<Integer>();
    boolean inString = false;
    for (int i = 0; i < data.length(); i++) {
      char c = data.charAt(i);
      if (inString && c == '\\') {
        i += data.charAt(Math.min(i + 1, data.length() - 1)) == 'u' ? 5 : 1;
      } else if (c == '"') {
        inString = !inString;
      } else if (inString
          && (Character.isLetter(c) || c == '_' || c == '.' || c == '-')
          && c < 128) {
        letters.add(i);
      }
    }
    if (letters.isEmpty() || !data.startsWith("{")) {
      return event;
    }
    var out = new StringBuilder(data);
    int at = letters.get(random.nextInt(letters.size()));
    out.replace(at, at + 1, "\\u%04x".formatted((int) data.charAt(at)));
    return new SseEvent(event.typeBytes(), utf8(out.toString()), NOTHING);
  }

  private static SseEvent damage(SseEvent event, Random random) {
    var data = event.dataBytes().clone();
    if (data.length > 0 && random.nextInt(3) == 0) {
      data[random.nextInt(data.length)] = (byte) "\"{}[],:n0\\ \u0000".charAt(random.nextInt(12));
    }
    var text = new String(data, StandardCharsets.UTF_8);
    if (random.nextInt(4) == 0) {
      text = text.replace("{", random.nextBoolean() ? "[" : "{\"index\":null,");
    }
    return new SseEvent(event.typeBytes(), utf8(text), NOTHING);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
