package dev.lastword.checker.sdk;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What SDKs stumble over; the end-to-end tests play the same bytes to the SDKs themselves. */
final class SdkRulesTest {
  private static final String CHUNK = "data: {\"choices\":[]}\n\n";

  @Test
  void givenALineThatIsNotUtf8_whenJudged_thenTheSdksForPythonStumble() {
    var cut = "data: {\"choices\":[],\"note\":\"caf\u00c3\"}\n\n".getBytes(ISO_8859_1);
    var whole = "data: {\"choices\":[],\"note\":\"\ufffd\"}\n\n".getBytes(UTF_8);

    assertThat(SdkRules.hazards("openai-chat", cut).orElseThrow())
        .singleElement()
        .extracting(Hazard::sdk)
        .isEqualTo("openai (Python)");
    assertThat(SdkRules.hazards("openai-chat", whole).orElseThrow()).isEmpty();
    assertThat(SdkRules.hazards("anthropic", cut).orElseThrow())
        .extracting(Hazard::sdk)
        .containsExactly("anthropic (Python)");
    assertThat(SdkRules.hazards("anthropic", whole).orElseThrow()).isEmpty();
  }

  private static List<Hazard> hazards(String dialect, String bytes) {
    return SdkRules.hazards(dialect, bytes.getBytes(UTF_8)).orElseThrow();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "heartbeats|: hb\\n\\n",
        "a comment in a block|: hb\\ndata: {\"choices\":[]}\\n\\n",
        "ids|id: 1\\ndata: {\"choices\":[]}\\n\\n",
        "ids and heartbeats without a blank line|id: 1\\ndata: {\"choices\":[]}\\n\\n: hb\\n",
        "retry inside a block|retry: 5\\ndata: {\"choices\":[]}\\n\\n",
        "an error|data: {\"error\":{\"message\":\"no\"}}\\n\\n",
        "what stands behind the end|data: [DONE]\\n\\ndata: whatever\\n\\n",
        "CRLF|data: {\"choices\":[]}\\r\\n\\r\\n",
        "an event that is not ended|data: cut"
      })
  void givenWhatOpenAisSdksSurvive_whenJudged_thenNothingIsFound(String what, String escaped) {
    var bytes = escaped.replace("\\n", "\n").replace("\\r", "\r");

    assertThat(hazards("openai-chat", CHUNK + bytes)).as(what).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "id: 1\\ndata: {\"choices\":[]}\\n\\n: hb\\n\\n|openai (Python)",
        "id: 1\\n\\n|openai (Python)",
        "retry: 5\\n\\n|openai (Python)",
        "event: ping\\n\\n|openai (Python, Node)",
        "data:\\n\\n|openai (Python, Node)",
        "data: ping\\n\\n|openai (Python, Node)",
        "event: meta\\ndata: {\"a\":1}\\n\\n|openai (Python, Node)",
      })
  void givenWhatTheyDoNotSurvive_whenJudged_thenItIsFoundOnce(String escaped, String sdk) {
    var bytes = escaped.replace("\\n", "\n");

    assertThat(hazards("openai-chat", CHUNK + bytes + bytes))
        .as(bytes)
        .singleElement()
        .extracting(Hazard::sdk)
        .isEqualTo(sdk);
  }

  @Test
  void givenNamedEventsWithoutChoices_whenTheDialectIsResponses_thenTheyAreItsOwn() {
    assertThat(hazards("openai-responses", "event: response.created\ndata: {\"type\":\"x\"}\n\n"))
        .isEmpty();
    assertThat(hazards("openai-responses", "event: keepalive\n\n")).hasSize(1);
  }

  private static String named(String type) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"}\n\n";
  }

  @Test
  void givenAnthropicEvents_whenTheirNamesOrFrameAreMissing_thenItIsFound() {
    var start = named("message_start");
    var delta = named("content_block_delta");
    var stop = named("message_stop");
    var unnamed = "data: {\"type\":\"content_block_delta\"}\n\n";
    var own = "id: 3\nevent: usage\ndata: x\n\n: hb\n\nretry: 4\n\n" + named("ping");

    assertThat(hazards("anthropic", start + delta + own + stop)).isEmpty();
    assertThat(hazards("anthropic", start + unnamed + stop))
        .singleElement()
        .hasToString(
            "@anthropic-ai/sdk, anthropic (Python): a 'content_block_delta' without its event line"
                + " is silently left out");
    assertThat(hazards("anthropic", delta + stop)).hasSize(1);
    assertThat(hazards("anthropic", start + delta)).hasSize(1);
    assertThat(hazards("anthropic", start + "event: message_delta\ndata: no\n\n" + stop))
        .hasSize(1);
  }

  @Test
  void givenGeminiBlocks_whenTheyHoldMoreThanTheirData_thenItIsFound() {
    var data = "data: {\"candidates\":[]}\n\n";

    assertThat(hazards("gemini", data + ": hb\n\n" + data)).isEmpty();
    for (var bytes :
        List.of(
            "id: 1\n" + data,
            "data: {}\nid: 1\n\n",
            ": hb\n" + data,
            "data:{}\n\n",
            "data: [DONE]\n\n")) {
      assertThat(hazards("gemini", data + bytes)).as(bytes).hasSize(1);
    }
  }

  @Test
  void givenUiStreamParts_whenOneIsNone_thenItIsFound() {
    var part = "data: {\"type\":\"text-delta\"}\n\n";

    assertThat(hazards("ai-sdk-ui", part + ": hb\n\nid: 1\n" + part + "event: ping\n\n")).isEmpty();
    assertThat(hazards("ai-sdk-ui", part + "data: [DONE]\n\n")).isEmpty();
    assertThat(hazards("ai-sdk-ui", part + "data: ping\n\n")).hasSize(1);
    assertThat(hazards("ai-sdk-ui", part + "data: {\"a\":1}\n\n")).hasSize(1);
  }

  @Test
  void givenPlainStreams_whenAsked_thenThereAreNoSdks() {
    assertThat(SdkRules.hazards("plain", CHUNK.getBytes(UTF_8))).isEmpty();
  }
}
