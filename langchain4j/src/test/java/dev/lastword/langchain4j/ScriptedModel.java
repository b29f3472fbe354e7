package dev.lastword.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A model that says what it was told to, on a thread of its own, and counts its calls. */
final class ScriptedModel implements StreamingChatModel {
  final AtomicInteger calls = new AtomicInteger();
  final CountDownLatch cancelled = new CountDownLatch(1);

  /** Opened once the model has said everything to the end, and nothing was thrown at it. */
  final CountDownLatch through = new CountDownLatch(1);

  /** Opened for what stands behind a pause. */
  final CountDownLatch go = new CountDownLatch(1);

  private final List<List<Object>> rounds = new ArrayList<>();

  enum Step {
    PAUSE,
    INTERRUPTED
  }

  /** The same at every call. */
  static ScriptedModel saying(Object... steps) {
    var model = new ScriptedModel();
    model.rounds.add(List.of(steps));
    return model;
  }

  /** And other steps at the next call. */
  ScriptedModel then(Object... steps) {
    rounds.add(List.of(steps));
    return this;
  }

  @Override
  public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
    int round = calls.getAndIncrement();
    var steps = rounds.get(Math.min(round, rounds.size() - 1));
    Thread.ofVirtual().start(() -> say(steps, handler));
  }

  private void say(List<Object> steps, StreamingChatResponseHandler handler) {
    var handle =
        new StreamingHandle() {
          @Override
          public void cancel() {
            cancelled.countDown();
          }

          @Override
          public boolean isCancelled() {
            return cancelled.getCount() == 0;
          }
        };
    var text = new StringBuilder();
    for (var step : steps) {
      switch (step) {
        case String token -> {
          text.append(token);
          handler.onPartialResponse(new PartialResponse(token), new PartialResponseContext(handle));
        }
        case PartialThinking thought -> handler.onPartialThinking(thought);
        case RuntimeException failure -> {
          handler.onError(failure);
          return;
        }
        case ToolExecutionRequest call -> {
          handler.onCompleteResponse(
              response(AiMessage.from(List.of(call)), FinishReason.TOOL_EXECUTION));
          through.countDown();
          return;
        }
        case Step.INTERRUPTED -> Thread.currentThread().interrupt();
        case Step.PAUSE -> {
          try {
            while (!go.await(5, TimeUnit.MILLISECONDS)) {
              if (handle.isCancelled()) {
                return; // as clients do: nothing more is said
              }
            }
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        }
        default -> throw new IllegalArgumentException("step " + step);
      }
    }
    handler.onCompleteResponse(response(AiMessage.from(text.toString()), FinishReason.STOP));
    through.countDown();
  }

  private static ChatResponse response(AiMessage message, FinishReason reason) {
    return ChatResponse.builder()
        .aiMessage(message)
        .finishReason(reason)
        .tokenUsage(new TokenUsage(12, 4))
        .build();
  }
}
