package zoo;

import java.util.List;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.Flux;

/** Spring AI's ChatClient with its MessageChatMemoryAdvisor, the one that saves. */
final class SpringAiRoutes {
  private SpringAiRoutes() {}

  record Model(Turn turn) implements ChatModel {
    @Override
    public ChatResponse call(Prompt prompt) {
      return response(String.join("", turn.pieces()));
    }

    @Override
    public Flux<ChatResponse> stream(Prompt prompt) {
      return FluxRoutes.words(turn).map(Model::response);
    }

    private static ChatResponse response(String text) {
      return new ChatResponse(List.of(new Generation(new AssistantMessage(text))));
    }
  }

  /** Saves the model's message under the turn's id. */
  record Memory(Turn turn) implements ChatMemory {
    @Override
    public void add(String conversation, List<Message> messages) {
      for (var message : messages)
        if (message instanceof AssistantMessage answer) Turn.save(turn.id, answer.getText(), "complete");
    }

    @Override
    public List<Message> get(String conversation) {
      return List.of();
    }

    @Override
    public void clear(String conversation) {}
  }

  static Flux<String> memory(Turn turn) {
    return ChatClient.create(new Model(turn))
        .prompt()
        .user(turn.message)
        .advisors(MessageChatMemoryAdvisor.builder(new Memory(turn)).build())
        .advisors(advisors -> advisors.param(ChatMemory.CONVERSATION_ID, turn.id))
        .stream()
        .content()
        .map(Framing::delta)
        .concatWith(FluxRoutes.END);
  }

  static Flux<String> saveAfterDone(Turn turn) {
    return ChatClient.create(new Model(turn))
        .prompt()
        .user(turn.message)
        .stream()
        .content()
        .map(Framing::delta)
        .concatWith(FluxRoutes.END)
        .concatWith(FluxRoutes.save(turn));
  }
}
