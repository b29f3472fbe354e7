package dev.lastword.examples.springai;

import java.time.Duration;
import java.util.List;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatGenerationMetadata;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A model that knows its text by heart, so that the example needs no key. Any other takes its place
 * by its own starter.
 *
 * @param pace between two words
 */
record ByHeart(Duration pace) implements ChatModel {
  private static final ChatGenerationMetadata STOP =
      ChatGenerationMetadata.builder().finishReason("STOP").build();

  @Override
  public ChatResponse call(Prompt prompt) {
    return said(text(prompt), STOP);
  }

  @Override
  public Flux<ChatResponse> stream(Prompt prompt) {
    return Flux.fromArray(text(prompt).split("(?<= )"))
        .delayElements(pace)
        .map(word -> said(word, ChatGenerationMetadata.NULL))
        .concatWith(Mono.just(said("", STOP)));
  }

  private static String text(Prompt prompt) {
    return "You asked: \""
        + prompt.getUserMessage().getText()
        + "\". I answer word by word, and you may leave at any of them. "
        + "The answer goes on, the memory has it, and only then its end is said. "
        + "Come back, and it is there.";
  }

  private static ChatResponse said(String text, ChatGenerationMetadata finish) {
    return new ChatResponse(List.of(new Generation(new AssistantMessage(text), finish)));
  }
}
