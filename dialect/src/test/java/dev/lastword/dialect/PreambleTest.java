package dev.lastword.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.sse.SseEvent;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every dialect says before its answer, and what already shows something of it. */
class PreambleTest {
  /** Dialect, whether the event is preamble, the event's type, its data. */
  private static final String TABLE =
      """
      openai-chat | true | | {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}
      openai-chat | true | | {"choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":null,"tool_calls":[]},"logprobs":null}]}
      openai-chat | true | | {"choices":[],"prompt_filter_results":[{"prompt_index":0}]}
      openai-chat | true | | {"choices":[{"index":0,"delta":{}}],"usage":null}
      openai-chat | false | | {"choices":[{"index":0,"delta":{"content":" "}}]}
      openai-chat | false | | {"choices":[{"index":0,"delta":{"role":"assistant"}},{"index":1,"delta":{"content":"a"}}]}
      openai-chat | false | | {"choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"Hm"}}]}
      openai-chat | false | | {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"f"}}]}}]}
      openai-chat | false | | {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}
      openai-chat | false | | {"status":"thinking"}
      openai-chat | false | | not json
      openai-completions | true | | {"object":"text_completion","choices":[{"index":0,"text":"","finish_reason":null}]}
      openai-completions | false | | {"object":"text_completion","choices":[{"index":0,"text":"a"}]}
      openai-responses | true | response.created | {"type":"response.created","response":{"id":"r","output":[]}}
      openai-responses | true | response.in_progress | {"type":"response.in_progress","response":{}}
      openai-responses | true | response.queued | {"type":"response.queued","response":{}}
      openai-responses | true | keepalive | {"type":"keepalive","sequence_number":3}
      openai-responses | true | response.output_item.added | {"type":"response.output_item.added","item":{"type":"message","role":"assistant","content":[]}}
      openai-responses | true | response.output_item.added | {"type":"response.output_item.added","item":{"type":"reasoning","summary":[]}}
      openai-responses | true | response.content_part.added | {"type":"response.content_part.added","part":{"type":"output_text","text":"","annotations":[]}}
      openai-responses | false | response.output_item.added | {"type":"response.output_item.added","item":{"type":"function_call","name":"f","arguments":""}}
      openai-responses | false | response.output_text.delta | {"type":"response.output_text.delta","delta":"a"}
      openai-responses | false | response.content_part.added | {"type":"response.content_part.added","part":{"type":"output_text","text":"a"}}
      anthropic | true | message_start | {"type":"message_start","message":{"role":"assistant","content":[],"usage":{"input_tokens":3}}}
      anthropic | true | ping | {"type":"ping"}
      anthropic | true | content_block_start | {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}
      anthropic | true | content_block_start | {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}
      anthropic | false | content_block_start | {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}
      anthropic | false | content_block_start | {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}
      anthropic | false | content_block_delta | {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}
      gemini | true | | {"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"index":0}],"usageMetadata":{}}
      gemini | true | | {"usageMetadata":{"promptTokenCount":3},"modelVersion":"g"}
      gemini | true | | {"response":{"candidates":[{"content":{"role":"model"}}]}}
      gemini | false | | {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}
      gemini | false | | {"candidates":[{"content":{"parts":[{"text":"","functionCall":{"name":"f"}}]}}]}
      gemini | false | | {"candidates":[{"finishReason":"STOP"}]}
      gemini | false | | {"promptFeedback":{}}
      ai-sdk-ui | true | | {"type":"start","messageId":"m"}
      ai-sdk-ui | true | | {"type":"start-step"}
      ai-sdk-ui | true | | {"type":"text-start","id":"0"}
      ai-sdk-ui | false | | {"type":"text-delta","id":"0","delta":"a"}
      ai-sdk-ui | false | | {"type":"tool-input-start","toolCallId":"c","toolName":"f"}
      ai-sdk-ui | false | | {"type":"data-weather","data":{}}
      ag-ui | true | | {"type":"RUN_STARTED","threadId":"t","runId":"r"}
      ag-ui | true | | {"type":"TEXT_MESSAGE_START","messageId":"m","role":"assistant"}
      ag-ui | false | | {"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"a"}
      ag-ui | false | | {"type":"TOOL_CALL_START","toolCallId":"c","toolCallName":"f"}
      ag-ui | false | | {"type":"STATE_SNAPSHOT","snapshot":{}}
      cohere | true | message-start | {"type":"message-start","delta":{"message":{"role":"assistant","content":[]}}}
      cohere | true | content-start | {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}
      cohere | false | content-delta | {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"a"}}}}
      cohere | false | tool-call-start | {"type":"tool-call-start","index":0}
      ollama | true | | {"model":"m","message":{"role":"assistant","content":""},"done":false}
      ollama | true | | {"model":"m","response":"","done":false}
      ollama | false | | {"model":"m","message":{"role":"assistant","content":"a"},"done":false}
      ollama | false | | {"model":"m","message":{"role":"assistant","content":"","thinking":"Hm"},"done":false}
      ollama | false | | {"model":"m","response":"a","done":false}
      openai-transcription | false | | {"type":"transcript.text.delta","delta":"a"}
      openai-speech | false | | {"type":"speech.audio.delta","audio":"YQ=="}
      openai-images | false | | {"type":"image_generation.partial_image"}
      openai-assistants | true | thread.run.created | {"id":"run_1"}
      openai-assistants | true | thread.message.in_progress | {"id":"msg_1"}
      openai-assistants | false | thread.message.delta | {"id":"msg_1","delta":{}}
      mcp | false | message | {"jsonrpc":"2.0","method":"notifications/progress"}
      a2a | false | | {"jsonrpc":"2.0","id":1,"result":{"kind":"task"}}
      json-rpc | false | | {"jsonrpc":"2.0","id":1,"result":{}}
      plain | true | ping | now
      plain | true | heartbeat |
      plain | true | |
      plain | false | | a
      plain | false | token | a
      """;

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = TABLE)
  void givenAnEventAtTheBeginning_thenItIsPreambleIfItShowsNothingOfTheAnswer(
      String dialect, boolean preamble, String type, String data) {
    var event = SseEvent.of(type == null ? "" : type, data == null ? "" : data);

    assertThat(Dialects.named(dialect).orElseThrow().isPreamble(event)).isEqualTo(preamble);
  }

  @Test
  void givenEveryDialect_thenTheTableAsksIt() {
    var asked =
        TABLE.lines().map(line -> line.substring(0, line.indexOf(' '))).collect(Collectors.toSet());

    assertThat(asked)
        .containsExactlyInAnyOrderElementsOf(
            Dialects.all().stream().map(Dialect::name).collect(Collectors.toSet()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          openai-chat | | {"error":{"message":"m","type":"server_error","code":null}} | 500
          openai-chat | | {"error":{"message":"m","type":"tokens","code":"rate_limit_exceeded"}} | 429
          openai-chat | | {"error":{"message":"m","code":502}} | 502
          openai-chat | | {"error":{"message":"m","code":"503"}} | 503
          openai-chat | | {"error":{"message":"m","type":"invalid_request_error","code":"model_not_found"}} | 404
          openai-chat | | {"error":"m"} | 502
          openai-chat | | {"error":{"message":"m","code":200}} | 502
          openai-chat | | {"choices":[{"index":0,"error":{"code":429,"message":"m"}}]} | 429
          openai-chat | error | m | 502
          openai-completions | | {"error":{"message":"m","type":"BadRequestError","code":400}} | 400
          openai-responses | error | {"type":"error","code":"rate_limit_exceeded","message":"m"} | 429
          openai-responses | response.failed | {"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"m"}}} | 500
          openai-responses | response.cancelled | {"type":"response.cancelled","response":{"status":"cancelled"}} | 0
          anthropic | error | {"type":"error","error":{"type":"overloaded_error","message":"m"}} | 529
          anthropic | error | {"type":"error","error":{"type":"rate_limit_error","message":"m"}} | 429
          gemini | | {"error":{"code":503,"message":"m","status":"UNAVAILABLE"}} | 503
          gemini | | {"error":{"message":"m","status":"RESOURCE_EXHAUSTED"}} | 429
          ai-sdk-ui | | {"type":"error","errorText":"m"} | 502
          ai-sdk-ui | | {"type":"abort"} | 0
          ag-ui | | {"type":"RUN_ERROR","message":"m","code":"rate_limit_exceeded"} | 429
          ag-ui | | {"type":"RUN_FINISHED","outcome":"cancelled"} | 0
          cohere | message-end | {"type":"message-end","delta":{"finish_reason":"TIMEOUT","error":"m"}} | 504
          ollama | | {"error":"m"} | 502
          openai-transcription | error | {"error":{"message":"m","code":"server_error"}} | 500
          openai-speech | error | {"error":{"message":"m","code":"server_error"}} | 500
          openai-images | error | {"type":"error","error":{"message":"m","code":"server_error"}} | 500
          openai-assistants | thread.run.failed | {"status":"failed","last_error":{"code":"rate_limit_exceeded","message":"m"}} | 429
          openai-assistants | thread.run.expired | {"status":"expired"} | 0
          mcp | message | {"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"m"}} | 0
          a2a | | {"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"m"}} | 0
          json-rpc | | {"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"m"}} | 0
          plain | error | {"status":503,"message":"m"} | 503
          plain | error | m | 502
          """)
  void givenAnErrorAtTheBeginning_thenItHasTheStatusThatItSays_or502_orNoneIfItIsNoFailure(
      String dialect, String type, String data, int status) {
    var event = SseEvent.of(type == null ? "" : type, data);
    var spoken = Dialects.named(dialect).orElseThrow();

    assertThat(spoken.detector(RequestFacts.NONE).observe(event)).isEqualTo(Sign.ERROR);
    assertThat(spoken.failure(event).map(UpstreamError::status).orElse(0)).isEqualTo(status);
    spoken
        .failure(event)
        .ifPresent(
            error -> {
              var body = JsonTree.object(error.json()).orElseThrow();
              assertThat(body).containsKey("error");
              assertThat(error.json()).contains("\"m\"");
              assertThat(error.toString()).doesNotContain("\"m\"");
            });
  }

  @Test
  void givenAnErrorThatIsOneAlready_thenItsBodyIsWhatTheUpstreamSaid() {
    var said =
        "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"a\\u00e9\"},\"n\":1.50}";

    var json = UpstreamError.of(SseEvent.of("error", said)).json();

    assertThat(JsonTree.object(json)).isEqualTo(JsonTree.object(said));
  }

  @Test
  void givenNoDialectIsKnown_thenThePlainOnesPreambleIsIts() {
    var undecided = Dialects.undecided(new PlainDialect());

    assertThat(Stream.of("a", "").map(data -> undecided.isPreamble(SseEvent.of(data))))
        .containsExactly(false, true);
  }
}
