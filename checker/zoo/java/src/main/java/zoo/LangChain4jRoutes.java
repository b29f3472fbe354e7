package zoo;

import static zoo.Framing.delta;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.TokenStream;
import dev.langchain4j.store.memory.chat.ChatMemoryStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** LangChain4j's AiServices: a TokenStream into an SseEmitter, the answer kept by its ChatMemory. */
final class LangChain4jRoutes {
  private LangChain4jRoutes() {}

  interface Assistant {
    TokenStream chat(String message);
  }

  /** Saves the model's message under the turn's id. */
  record Store(Turn turn) implements ChatMemoryStore {
    @Override
    public List<ChatMessage> getMessages(Object id) {
      return List.of();
    }

    @Override
    public void updateMessages(Object id, List<ChatMessage> messages) {
      if (messages.getLast() instanceof AiMessage answer) Turn.save(turn.id, answer.text(), "complete");
    }

    @Override
    public void deleteMessages(Object id) {}
  }

  record Model(Turn turn) implements StreamingChatModel {
    @Override
    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
      try {
        turn.words(handler::onPartialResponse);
        var text = String.join("", turn.pieces());
        handler.onCompleteResponse(ChatResponse.builder().aiMessage(AiMessage.from(text)).build());
      } catch (Exception e) {
        handler.onError(e);
      }
    }
  }

  private static AiServices<Assistant> assistant(Turn turn) {
    return AiServices.builder(Assistant.class).streamingChatModel(new Model(turn));
  }

  private static AiServices<Assistant> remembering(Turn turn) {
    var memory = MessageWindowChatMemory.builder().id(turn.id).maxMessages(20).chatMemoryStore(new Store(turn)).build();
    return assistant(turn).chatMemory(memory);
  }

  static void memory(Turn turn, SseEmitter emitter) {
    remembering(turn).build().chat(turn.message)
        .onPartialResponse(piece -> send(emitter, piece))
        .onCompleteResponse(response -> end(emitter))
        .onError(emitter::completeWithError)
        .start();
  }

  static void goesOnAlone(Turn turn, SseEmitter emitter) {
    var reader = new MvcRoutes.Reader(emitter);
    remembering(turn).build().chat(turn.message)
        .onPartialResponse(piece -> reader.send(delta(piece)))
        .onCompleteResponse(response -> end(emitter))
        .onError(emitter::completeWithError)
        .start();
  }

  static void saveOnComplete(Turn turn, SseEmitter emitter) {
    assistant(turn).build().chat(turn.message)
        .onPartialResponse(piece -> send(emitter, piece))
        .onCompleteResponse(
            response -> {
              end(emitter);
              turn.save("complete");
            })
        .onError(emitter::completeWithError)
        .start();
  }

  private static void send(SseEmitter emitter, String piece) {
    try {
      emitter.send(delta(piece));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void end(SseEmitter emitter) {
    try {
      MvcRoutes.end(emitter);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
