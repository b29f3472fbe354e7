package census;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.MemoryId;
import dev.langchain4j.service.TokenStream;
import dev.langchain4j.store.memory.chat.ChatMemoryStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

@SpringBootApplication
@RestController
public class App {
  private interface Assistant {
    TokenStream chat(@MemoryId String id, @dev.langchain4j.service.UserMessage String message);
  }

  private final Assistant remembering =
      AiServices.builder(Assistant.class)
          .streamingChatModel(new Scripted())
          .chatMemoryProvider(id -> MessageWindowChatMemory.builder().id(id).maxMessages(20).chatMemoryStore(new Store()).build())
          .build();

  private final Assistant forgetful =
      AiServices.builder(Assistant.class)
          .streamingChatModel(new Scripted())
          .chatMemoryProvider(id -> MessageWindowChatMemory.withMaxMessages(20))
          .build();

  public static void main(String[] arguments) {
    var application = new SpringApplication(App.class);
    application.setDefaultProperties(
        Map.of("server.port", Turn.port(), "server.address", "127.0.0.1", "spring.main.banner-mode", "off", "logging.level.root", "off"));
    application.run(arguments);
  }

  @PostMapping("/memory")
  SseEmitter memory(@RequestBody Turn.Question question) {
    return sending(remembering, question, App::send, (emitter, response) -> end(emitter));
  }

  @PostMapping("/save-on-complete")
  SseEmitter saveOnComplete(@RequestBody Turn.Question question) {
    return sending(
        forgetful,
        question,
        App::send,
        (emitter, response) -> {
          end(emitter);
          Turn.save(question.id(), response.aiMessage().text(), "complete");
        });
  }

  @PostMapping("/goes-on-alone")
  SseEmitter goesOnAlone(@RequestBody Turn.Question question) {
    return sending(remembering, question, App::sendIfThere, (emitter, response) -> end(emitter));
  }

  private static SseEmitter sending(
      Assistant assistant, Turn.Question question, BiConsumer<SseEmitter, String> piece, BiConsumer<SseEmitter, ChatResponse> complete) {
    var emitter = new SseEmitter(0L);
    assistant.chat(question.id(), question.message())
        .onPartialResponse(text -> piece.accept(emitter, Turn.json(text)))
        .onCompleteResponse(response -> complete.accept(emitter, response))
        .onError(emitter::completeWithError)
        .start();
    return emitter;
  }

  private static void send(SseEmitter emitter, String data) {
    try {
      emitter.send(data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void sendIfThere(SseEmitter emitter, String data) {
    try {
      emitter.send(data);
    } catch (IOException | IllegalStateException gone) {
      // the answer is made all the same
    }
  }

  private static void end(SseEmitter emitter) {
    send(emitter, "[DONE]");
    emitter.complete();
  }

  @GetMapping("/messages/{id}")
  ResponseEntity<Turn.Message> message(@PathVariable String id) {
    return ResponseEntity.of(Turn.find(id));
  }

  /** Where the memory's messages are kept. */
  private record Store() implements ChatMemoryStore {
    @Override
    public List<ChatMessage> getMessages(Object id) {
      return List.of();
    }

    @Override
    public void updateMessages(Object id, List<ChatMessage> messages) {
      if (messages.getLast() instanceof AiMessage answer) Turn.save(id.toString(), answer.text(), "complete");
    }

    @Override
    public void deleteMessages(Object id) {}
  }

  private record Scripted() implements StreamingChatModel {
    @Override
    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
      var question = ((UserMessage) request.messages().getLast()).singleText();
      Thread.startVirtualThread(
          () -> {
            try {
              var text = Turn.model(question, handler::onPartialResponse);
              handler.onCompleteResponse(ChatResponse.builder().aiMessage(AiMessage.from(text)).build());
            } catch (RuntimeException e) {
              handler.onError(e);
            }
          });
    }
  }
}
