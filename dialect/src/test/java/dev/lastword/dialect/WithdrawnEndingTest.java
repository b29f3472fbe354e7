package dev.lastword.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What may follow an ending in each dialect, and whether the answer goes on with it. */
final class WithdrawnEndingTest {
  /** Signs of the events in each line, which are separated by blanks between braces. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // A finish reason in the first chunk, and in every chunk.
        "openai-chat|{'choices':[{'delta':{'role':'assistant'},'finish_reason':'stop'}]} {'choices':[{'delta':{'content':'a'}}]} {'choices':[{'delta':{'content':'b'}}]} [DONE]|ENDING CONTENT CONTENT TERMINAL",
        "openai-chat|{'choices':[{'delta':{'content':'a'},'finish_reason':'stop'}]} {'choices':[{'delta':{'content':'b'},'finish_reason':'stop'}]} {'choices':[],'usage':{}}|ENDING ENDING TAIL",
        "openai-completions|{'choices':[{'text':'a','finish_reason':'stop'}]} {'choices':[{'text':'b','finish_reason':'stop'}]} {'choices':[{'text':'','finish_reason':'stop'}]}|ENDING ENDING TAIL",
        // A tool turn of the proxy's own, and what comes between it and the answer.
        "openai-chat|{'choices':[{'delta':{},'finish_reason':'tool_calls'}]} {'choices':[{'delta':{'role':'assistant','content':''}}]} {'choices':[{'delta':{'content':null,'tool_calls':[],'audio':{}}}]} {'choices':[{'delta':{'reasoning_content':'x'}}]} {'choices':[{'delta':{},'finish_reason':'stop'}]}|ENDING TAIL TAIL CONTENT ENDING",
        "openai-chat|{'choices':[{'delta':{},'finish_reason':'stop'}]} {'choices':[{'delta':{'content':'x'} ping {'choices':[{'index':1,'delta':{}}]} {'choices':[{'index':1,'finish_reason':'stop'}]}|ENDING TAIL TAIL CONTENT ENDING",
        "openai-chat|{'choices':[{'finish_reason':'stop'}]} {'object':'chat.completion','choices':[{'finish_reason':'stop','message':{'content':'a'}}]} [DONE]|ENDING TAIL TERMINAL",
        // Two lifecycles in one body.
        "openai-responses|{'type':'response.completed'} {'type':'response.created'} {'type':'response.completed'} [DONE]|ENDING CONTENT ENDING TERMINAL",
        "openai-responses|{'type':'response.done','response':{'status':'completed'}} {'type':'response.completed'} {'type':'keepalive'} {'type':'response.output_item.done'}|ENDING TAIL TAIL TAIL",
        "openai-responses|{'type':'response.done','response':{'status':'failed'}}|ERROR",
        "openai-responses|{'type':'response.completed','response':{'status':'cancelled'}}|ERROR",
        "openai-responses|{'type':'response.incomplete'} {'type':'response.output_text.delta'}|ENDING CONTENT",
        // A message behind the last one.
        "anthropic|{'type':'message_delta','delta':{'stop_reason':'tool_use'}} {'type':'message_stop'} {'type':'ping'} {'type':'message_start'} {'type':'message_delta','delta':{'stop_reason':'end_turn'}} {'type':'message_stop'}|ENDING TERMINAL TAIL CONTENT ENDING TERMINAL",
        "anthropic|{'type':'message_delta','delta':{'stop_reason':'end_turn'}} {'type':'content_block_stop'} {'type':'content_block_delta'} {'type':'message_delta','delta':{'stop_reason':null}}|ENDING TAIL CONTENT CONTENT",
        "anthropic|{'type':'message_delta','delta':{'stop_reason':'end_turn'}} {'type':'message_delta','delta':{'stop_reason':'end_turn'}}|ENDING TAIL",
        "gemini|{'candidates':[{'content':{'parts':[{'text':'a'}]},'finishReason':'STOP'}]} {'candidates':[{'content':{'parts':[{'text':'b'}]},'finishReason':'STOP'}]} {'candidates':[{'content':{'parts':[{'text':''}]},'finishReason':'STOP'}],'usageMetadata':{}} {'candidates':[{'content':{'parts':[{'functionCall':{}}]}}]}|ENDING ENDING TAIL CONTENT",
        "gemini|{'candidates':[{'finishReason':'STOP'}]} {'candidates':[{'index':1,'content':{}}]} {'candidates':[{'finishReason':'STOP'}]} {'candidates':[{'index':1,'finishReason':'STOP'}]}|ENDING CONTENT CONTENT ENDING",
        "ai-sdk-ui|{'type':'finish'} {'type':'data-usage'} {'type':'message-metadata'} {'type':'finish'} {'type':'text-start'} {'type':'finish'} [DONE] {'type':'text-delta'}|ENDING TAIL TAIL TAIL CONTENT ENDING TERMINAL CONTENT",
        "ai-sdk-ui|{'type':'finish'} {'type':'text-end'} {'type':'tool-output-available'}|ENDING TAIL CONTENT",
      })
  void givenAnEnding_whenEventsFollow_thenWhatGoesOnWithTheAnswerWithdrawsIt(
      String dialect, String events, String signs) {
    var detector = Dialects.named(dialect).orElseThrow().detector(RequestFacts.NONE);

    var seen = new ArrayList<Sign>();
    for (var event : List.of(events.replace('\'', '"').split(" "))) {
      seen.add(detector.observe(SseEvent.of(event)));
    }

    assertThat(seen)
        .containsExactly(
            List.of(signs.split(" ")).stream().map(Sign::valueOf).toArray(Sign[]::new));
  }

  @Test
  void givenAnEventTypeThatSaysCompleted_whenItsJsonIsBroken_thenItIsNoSuccess() {
    var detector = ResponsesDialect.RESPONSES.detector(RequestFacts.NONE);

    assertThat(detector.observe(SseEvent.of("response.completed", "{\"type\":\"response.comp")))
        .isEqualTo(Sign.CONTENT);
    assertThat(detector.observe(SseEvent.of("response.completed", "{\"response\":{}}")))
        .isEqualTo(Sign.ENDING);
  }

  @Test
  void givenAStopInTheFirstChunk_whenTheAnswerFollowsWithoutAnother_thenACleanEndIsNoSuccess() {
    var detector = OpenAiDialect.CHAT.detector(RequestFacts.NONE);
    detector.observe(SseEvent.of("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}"));

    for (int i = 0; i < 10; i++) {
      assertThat(
              detector.observe(
                  SseEvent.of("{\"choices\":[{\"delta\":{\"content\":\"%d\"}}]}".formatted(i))))
          .isEqualTo(Sign.CONTENT);
    }
    assertThat(detector.endOfBodyCompletes()).isFalse();
  }
}
