package dev.lastword.langchain4j;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.PartialThinkingContext;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.PartialToolCallContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.lastword.dialect.TokensDialect;
import dev.lastword.sse.SseEvent;

/** What the model says when it is asked once. Nothing of it throws into the model. */
final class Round implements StreamingChatResponseHandler {
  private static final String THINKING = "thinking";

  private final Run run;
  private final StreamingChatResponseHandler handler;

  /** Guarded by itself: the model's thread adds, and whoever tells of a stop reads. */
  private final StringBuilder text = new StringBuilder();

  Round(Run run, StreamingChatResponseHandler handler) {
    this.run = run;
    this.handler = handler;
  }

  StreamingChatResponseHandler handler() {
    return handler;
  }

  /** What it has said so far. */
  String text() {
    synchronized (text) {
      return text.toString();
    }
  }

  @Override
  public void onPartialResponse(String partialResponse) {
    said(new PartialResponse(partialResponse));
  }

  @Override
  public void onPartialResponse(PartialResponse partialResponse, PartialResponseContext context) {
    run.model(context.streamingHandle());
    said(partialResponse);
  }

  private void said(PartialResponse said) {
    if (!run.isStopped() && run.send(said.text())) {
      synchronized (text) {
        text.append(said.text());
      }
      run.part(() -> handler.onPartialResponse(said, new PartialResponseContext(run)));
    }
  }

  @Override
  public void onPartialThinking(PartialThinking partialThinking) {
    thought(partialThinking);
  }

  @Override
  public void onPartialThinking(PartialThinking partialThinking, PartialThinkingContext context) {
    run.model(context.streamingHandle());
    thought(partialThinking);
  }

  /** Beside the text: an event of its own type. */
  private void thought(PartialThinking thought) {
    var event = SseEvent.of(THINKING, TokensDialect.token(thought.text()).data());
    if (!run.isStopped() && run.send(event)) {
      run.part(() -> handler.onPartialThinking(thought, new PartialThinkingContext(run)));
    }
  }

  @Override
  public void onPartialToolCall(PartialToolCall partialToolCall) {
    called(partialToolCall);
  }

  @Override
  public void onPartialToolCall(PartialToolCall partialToolCall, PartialToolCallContext context) {
    run.model(context.streamingHandle());
    called(partialToolCall);
  }

  private void called(PartialToolCall call) {
    if (!run.isStopped()) {
      run.part(() -> handler.onPartialToolCall(call, new PartialToolCallContext(run)));
    }
  }

  @Override
  public void onCompleteToolCall(CompleteToolCall completeToolCall) {
    if (!run.isStopped()) {
      run.work(() -> handler.onCompleteToolCall(completeToolCall));
    }
  }

  @Override
  public void onUnmappedRawEvent(Object rawEvent) {
    if (!run.isStopped()) {
      run.part(() -> handler.onUnmappedRawEvent(rawEvent));
    }
  }

  @Override
  public void onCompleteResponse(ChatResponse completeResponse) {
    if (!run.isStopped()) {
      run.complete(this, completeResponse);
    }
  }

  @Override
  public void onError(Throwable error) {
    run.failed(error);
  }
}
