package dev.lastword.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.sse.SseEvent;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of a tool's input, which comes as text of which nobody has made sure. */
final class AnthropicAssemblyTest {
  private static AssembledResponse usingATool(String input) {
    var inQuotes = input.replace("\\", "\\\\").replace("\"", "\\\"");
    return Fixture.assemble(
        Dialects.named("anthropic").orElseThrow(),
        List.of(
            event("message_start", "\"message\":{\"id\":\"m\",\"role\":\"assistant\"}"),
            event(
                "content_block_start",
                "\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}"),
            event(
                "content_block_delta",
                "\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"%s\"}"
                    .formatted(inQuotes)),
            event("message_stop", "\"n\":1")));
  }

  private static SseEvent event(String type, String members) {
    return SseEvent.of(type, "{\"type\":\"" + type + "\"," + members + "}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"x\":1.50} | {\"x\":1.50}",
        "{\"x\":NaN,\"y\":[-Infinity,2.50]} | {\"x\":null,\"y\":[null,2.50]}",
        "NaN | null",
        "{\"x\":NaN | \"{\\\"x\\\":NaN\"",
        "{} {} | \"{} {}\"",
      })
  void givenNumbersThatJsonDoesNotKnow_whenAssembled_thenTheFinalObjectIsJson(
      String input, String written) {
    assertThat(usingATool(input).json()).contains("\"input\":" + written);
  }
}
