package dev.lastword.springai;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatGenerationMetadata;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** A model that says what it was told to, on a thread of its own, and counts its calls. */
final class ScriptedModel implements ChatModel {
  final AtomicInteger calls = new AtomicInteger();
  final CountDownLatch cancelled = new CountDownLatch(1);

  /** Opened for what stands behind a pause. */
  final CountDownLatch go = new CountDownLatch(1);

  private final List<List<Object>> rounds = new ArrayList<>();

  private enum Step {
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

  static Object pause() {
    return Step.PAUSE;
  }

  /** What follows is said by a thread that was interrupted. */
  static Object interrupted() {
    return Step.INTERRUPTED;
  }

  static ChatResponse finish(String reason) {
    return chunk(AssistantMessage.builder().content("").build(), reason);
  }

  static ChatResponse usage(int in, int out) {
    return new ChatResponse(
        List.of(), ChatResponseMetadata.builder().usage(new DefaultUsage(in, out)).build());
  }

  static ChatResponse toolCall(String name, String arguments) {
    var call = new AssistantMessage.ToolCall("call-1", "function", name, arguments);
    return chunk(
        AssistantMessage.builder().content("").toolCalls(List.of(call)).build(), "TOOL_CALLS");
  }

  private static ChatResponse chunk(AssistantMessage message, String reason) {
    return new ChatResponse(
        List.of(
            new Generation(
                message, ChatGenerationMetadata.builder().finishReason(reason).build())));
  }

  @Override
  public ChatOptions getOptions() {
    return ToolCallingChatOptions.builder().build();
  }

  @Override
  public ChatResponse call(Prompt prompt) {
    calls.incrementAndGet();
    return chunk(AssistantMessage.builder().content("called").build(), "STOP");
  }

  @Override
  public Flux<ChatResponse> stream(Prompt prompt) {
    int round = calls.getAndIncrement();
    var steps = rounds.get(Math.min(round, rounds.size() - 1));
    return Flux.fromIterable(steps)
        .concatMap(this::said)
        .subscribeOn(Schedulers.boundedElastic())
        .doOnCancel(cancelled::countDown);
  }

  private Flux<ChatResponse> said(Object step) {
    return switch (step) {
      case String text ->
          Flux.just(
              new ChatResponse(
                  List.of(new Generation(AssistantMessage.builder().content(text).build()))));
      case ChatResponse chunk -> Flux.just(chunk);
      case RuntimeException failure -> Flux.error(failure);
      case Duration silence -> Flux.<ChatResponse>empty().delaySubscription(silence);
      case Step.INTERRUPTED -> {
        yield Flux.defer(
            () -> {
              Thread.currentThread().interrupt();
              return Flux.empty();
            });
      }
      case Step.PAUSE ->
          Flux.<ChatResponse>create(
                  sink ->
                      Thread.ofVirtual()
                          .start(
                              () -> {
                                try {
                                  if (go.await(60, TimeUnit.SECONDS)) {
                                    sink.complete();
                                  }
                                } catch (InterruptedException e) {
                                  sink.error(e);
                                }
                              }))
              .timeout(Duration.ofSeconds(60));
      default -> throw new IllegalArgumentException("step " + step);
    };
  }
}
