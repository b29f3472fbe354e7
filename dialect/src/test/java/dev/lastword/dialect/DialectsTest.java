package dev.lastword.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DialectsTest {
  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions, openai-chat",
    "/openai/deployments/x/chat/completions, openai-chat",
    "/v1/completions, openai-completions",
    "/v1/messages, anthropic",
    "/v1/messages/count_tokens, plain",
    "/v1/responses, openai-responses",
    "/chat/completions/, openai-chat",
    "/v1/messages//, anthropic",
    "/v1/responses/resp_1, openai-responses",
    "/v1/responses/resp_1/cancel, plain",
    "/v1/projects/p/locations/l/publishers/anthropic/models/claude:streamRawPredict, anthropic",
    "/v1/projects/p/locations/l/publishers/anthropic/models/claude:rawPredict, anthropic",
    "/v1/projects/p/locations/l/publishers/mistralai/models/m:streamRawPredict, plain",
    "/v1/audio/transcriptions, openai-transcription",
    "/v1/audio/speech, openai-speech",
    "/v1/images/edits, openai-images",
    "/v1/threads/t_1/runs, openai-assistants",
    "/v1/threads/t_1/runs/r_1/submit_tool_outputs, openai-assistants",
    "/v2/chat, cohere",
    "/, plain",
    "/v1beta/models/gemini-2.5-flash:streamGenerateContent, gemini",
    "/events, plain",
    "'', plain",
  })
  void givenAPath_whenAsked_thenItsDialectIsFound(String path, String name) {
    assertThat(Dialects.ofPath(path).name()).isEqualTo(name);
  }

  @Test
  void givenTheirNames_whenAsked_thenTheDialectsAreFound() {
    for (var dialect : Dialects.all()) {
      assertThat(Dialects.named(dialect.name())).containsSame(dialect);
    }
    assertThat(Dialects.named("CHAT")).isEmpty();
    assertThat(Dialects.all().getLast().name()).isEqualTo("plain");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "/v1/messages; {}; anthropic",
        "/chats/5/messages; {\"text\":\"hi\"}; ",
        "/anthropic/messages; {\"model\":\"claude\",\"messages\":[]}; anthropic",
        "/v1/responses; {\"input\":\"hi\"}; openai-responses",
        "/surveys/5/responses; {\"input\":\"hi\"}; ",
        "/openai/responses; {\"model\":\"gpt-5\",\"input\":\"hi\"}; openai-responses",
        "/mcp; {\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\"}; mcp(3)",
        "/chat; {\"model\":\"x\",\"messages\":[]}; ",
        "/v2/chat; {\"model\":\"command\"}; cohere",
        "/v2/chat; {\"message\":\"hi\"}; ",
        "/api/v2/chat; {\"model\":\"x\"}; ",
        "/api/completions; {\"model\":\"x\",\"prompt\":\"hi\"}; ",
        "/v1/completions; {}; openai-completions",
        "/completions; {}; openai-completions",
        "/openai/deployments/d/completions; {}; openai-completions",
        "/v1/fim/completions; {}; openai-completions",
        "/api/chat/completions; {}; openai-chat",
      },
      delimiter = ';')
  void givenARequest_whenAsked_thenPathAndBodyDecide(
      String path, String body, @Nullable String name) {
    var found = Dialects.recognise(path, body.getBytes(StandardCharsets.UTF_8), header -> null);

    assertThat(found.map(Dialect::name)).isEqualTo(Optional.ofNullable(name));
  }

  @Test
  void givenTheHeaderOfAUiStream_whenAsked_thenItDecidesBeforeThePath() {
    var found =
        Dialects.recognise(
            "/api/messages",
            new byte[0],
            header -> header.equals("x-vercel-ai-ui-message-stream") ? "v1" : null);

    assertThat(found.map(Dialect::name)).contains("ai-sdk-ui");
  }

  @ParameterizedTest
  @CsvSource({
    "openai-text, openai-chat",
    "completions, openai-completions",
    "openai-responses-text, openai-responses",
    "anthropic-text, anthropic",
    "gemini-text, gemini",
    "ai-sdk-ui-text, ai-sdk-ui",
    "mcp-tool, mcp",
  })
  void givenTheFirstEvents_whenAsked_thenTheyShowTheDialect(String fixture, String name) {
    var first = Fixture.events(fixture).subList(0, 1);

    assertThat(Dialects.ofEvents(first).map(Dialect::name)).contains(name);
  }

  @ParameterizedTest
  @CsvSource({
    "openai-text, openai-chat",
    "azure-content-filter, openai-chat",
    "completions, openai-completions",
    "openai-responses-text, openai-responses",
    "anthropic-text, anthropic",
    "gemini-text, gemini",
    "gemini-blocked, gemini",
    "ai-sdk-ui-text, ai-sdk-ui",
    "ag-ui-text, ag-ui",
    "cohere-text, cohere",
    "ollama-chat, ollama",
    "ollama-generate, ollama",
    "openai-transcription-text, openai-transcription",
    "openai-speech-audio, openai-speech",
    "openai-images-two, openai-images",
    "openai-assistants-text, openai-assistants",
  })
  void givenAPathThatTellsNothing_whenTheEventsCome_thenTheyDecideInTimeAndAlike(
      String fixture, String name) {
    var undecided = Dialects.undecided(new PlainDialect());
    var told = Dialects.named(name).orElseThrow();
    var events = new ArrayList<>(List.of(SseEvent.of("hello", "{\"conversation\":7}")));
    events.addAll(Fixture.events(fixture));

    var detector = undecided.detector(RequestFacts.NONE);
    var signs = events.stream().map(detector::observe).toList();

    assertThat(detector.settled()).contains(told);
    assertThat(undecided.settledBy(events)).contains(told);
    assertThat(signs).isEqualTo(Fixture.signs(told, RequestFacts.NONE, events));
    assertThat(Fixture.assemble(undecided, events)).isEqualTo(Fixture.assemble(told, events));
    assertThat(Dialects.named(undecided.name())).contains(undecided);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"choices\":[\"yes\",\"no\"]}",
        "{\"choices\":[{\"label\":\"yes\"}],\"question\":1}",
        "{\"candidates\":[{\"name\":\"Ada\"}]}",
        "{\"type\":\"start\"}",
        "{\"type\":\"finish\"}",
        "{\"type\":\"text-start\"}",
        "{\"type\":\"response.ready\"}",
        "{\"type\":\"message_start\"}",
        "{\"model\":\"m\",\"done\":false}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}",
        "{\"error\":{\"message\":\"no\"}}",
        "hello",
      })
  void givenAnEventThatOnlyResemblesAVendors_whenItComes_thenItDecidesNothing(String data) {
    var undecided = Dialects.undecided(new PlainDialect());

    assertThat(undecided.settledBy(List.of(SseEvent.of(data)))).isEmpty();
  }

  @Test
  void givenEventsThatTellNothing_whenTheyHaveGoneBy_thenALaterOneDecidesNoMore() {
    var undecided = Dialects.undecided(new PlainDialect());
    var events = new ArrayList<>(Collections.nCopies(Dialects.LOOK_MAX, SseEvent.of("x")));
    events.addAll(Fixture.events("openai-text"));
    var detector = undecided.detector(RequestFacts.NONE);
    events.forEach(detector::observe);

    assertThat(detector.settled()).isEmpty();
    assertThat(undecided.settledBy(events)).isEmpty();
    assertThat(Fixture.assemble(undecided, events))
        .isEqualTo(Fixture.assemble(new PlainDialect(), events));
  }

  @Test
  void givenPlainEvents_whenAsked_thenTheyShowNothing() {
    assertThat(Dialects.ofEvents(List.of(SseEvent.of("Hel"), SseEvent.of("{\"a\":1}")))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "event=end|plain(event=end)",
        " data = a=b ;/x/0=true ;|plain(data=a=b; /x/0=true)",
        "/status=|plain(/status=)",
        "event=(a)|plain(event=(a))",
      })
  void givenMarkers_whenTheNameIsReadAgain_thenItIsTheSameDialect(String markers, String name) {
    for (var required : List.of(true, false)) {
      var dialect = new PlainDialect(Marker.parse(markers), required);

      var expected = required ? name.substring(0, name.length() - 1) + "; required)" : name;
      assertThat(dialect.name()).isEqualTo(expected);
      assertThat(Dialects.named(expected)).contains(dialect);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"plain(x)", "plain(; required)", "mcp({})", "mcp()", "other(1)", "plain("})
  void givenANameOfNoDialect_whenAsked_thenThereIsNone(String name) {
    assertThat(Dialects.named(name)).isEmpty();
  }
}
