package dev.lastword.examples.langchain4j;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.time.Duration;

/**
 * A model that knows its text by heart, so that the example needs no key. It says it on a thread of
 * its own, as others do.
 *
 * @param pace between two words
 */
record ByHeart(Duration pace) implements StreamingChatModel {
  @Override
  public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
    Thread.ofVirtual().start(() -> say(text(request), handler));
  }

  private void say(String text, StreamingChatResponseHandler handler) {
    try {
      for (var word : text.split("(?<= )")) {
        Thread.sleep(pace);
        handler.onPartialResponse(word);
      }
      handler.onCompleteResponse(ChatResponse.builder().aiMessage(AiMessage.from(text)).build());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      handler.onError(e);
    }
  }

  private static String text(ChatRequest request) {
    var question = (UserMessage) request.messages().getLast();
    return "You asked: \""
        + question.singleText()
        + "\". I answer word by word, and you may leave at any of them. "
        + "The answer goes on, the memory has it, and only then its end is said. "
        + "Come back, and it is there.";
  }
}
