package census;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;

@SpringBootApplication
@RestController
public class App {
  private final ChatMemory memory = MessageWindowChatMemory.builder().build();
  private final ChatClient chat =
      ChatClient.builder(new Scripted()).defaultAdvisors(MessageChatMemoryAdvisor.builder(memory).build()).build();

  public static void main(String[] arguments) {
    var application = new SpringApplication(App.class);
    application.setDefaultProperties(
        Map.of("server.port", Turn.port(), "server.address", "127.0.0.1", "spring.main.banner-mode", "off", "logging.level.root", "error"));
    application.run(arguments);
  }

  private Flux<String> answer(Turn.Question question) {
    return chat.prompt()
        .user(question.message())
        .advisors(advisors -> advisors.param(ChatMemory.CONVERSATION_ID, question.id()))
        .stream()
        .content()
        .map(Turn::json)
        .concatWithValues("[DONE]");
  }

  @PostMapping(path = "/naive", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  Flux<String> naive(@RequestBody Turn.Question question) {
    return answer(question);
  }

  @PostMapping(path = "/right", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  Flux<String> right(@RequestBody Turn.Question question) {
    var answer = answer(question).cache();
    answer.subscribe(); // belongs to no reader
    return answer;
  }

  @GetMapping("/messages/{id}")
  List<Map<String, String>> message(@PathVariable String id) {
    return memory.get(id).stream().map(App::shown).toList();
  }

  private static Map<String, String> shown(Message message) {
    return Map.of("role", message.getMessageType().getValue(), "text", message.getText());
  }

  private record Scripted() implements ChatModel {
    @Override
    public ChatResponse call(Prompt prompt) {
      return response(String.join("", Turn.pieces(prompt.getUserMessage().getText())));
    }

    @Override
    public Flux<ChatResponse> stream(Prompt prompt) {
      return Flux.fromIterable(Turn.pieces(prompt.getUserMessage().getText()))
          .delayElements(Duration.ofMillis(Turn.PAUSE_MS))
          .map(Scripted::response);
    }

    private static ChatResponse response(String text) {
      return new ChatResponse(List.of(new Generation(new AssistantMessage(text))));
    }
  }
}
