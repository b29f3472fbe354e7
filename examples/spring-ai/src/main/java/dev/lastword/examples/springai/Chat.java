package dev.lastword.examples.springai;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.slf4j.LoggerFactory;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A chat on loopback, as the documentation of Spring AI suggests it. Its memory is the save: who
 * has read an answer to its end finds it there, and so does who has left before.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class Chat {
  Chat() {}

  /** Starts it. */
  public static void main(String[] arguments) {
    SpringApplication.run(Chat.class, arguments);
  }

  @Bean
  ChatModel model(@Value("${chat.pace}") Duration pace) {
    return new ByHeart(pace);
  }

  @Bean
  ChatMemory memory() {
    return MessageWindowChatMemory.builder().build();
  }

  @Bean
  ApplicationRunner hello(Environment environment) {
    return arguments ->
        LoggerFactory.getLogger(Chat.class)
            .info("ask http://127.0.0.1:{}/chats/1", environment.getProperty("local.server.port"));
  }

  record Token(String text) {}

  record Said(String role, String text) {}

  @RestController
  static class Answers {
    private final ChatClient client;
    private final ChatMemory memory;

    Answers(ChatClient.Builder builder, ChatMemory memory) {
      this.client =
          builder.defaultAdvisors(MessageChatMemoryAdvisor.builder(memory).build()).build();
      this.memory = memory;
    }

    @PostMapping(path = "/chats/{chat}", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<ServerSentEvent<Token>> ask(@PathVariable String chat, @RequestBody String question) {
      return client
          .prompt(question)
          .advisors(advisors -> advisors.param(ChatMemory.CONVERSATION_ID, chat))
          .stream()
          .content()
          .map(text -> ServerSentEvent.builder(new Token(text)).build())
          .concatWith(Mono.just(ServerSentEvent.builder(new Token("")).event("done").build()));
    }

    @GetMapping("/chats/{chat}")
    List<Said> said(@PathVariable String chat) {
      return memory.get(chat).stream()
          .map(
              message ->
                  new Said(
                      message.getMessageType().getValue(),
                      Objects.requireNonNullElse(message.getText(), "")))
          .toList();
    }
  }
}
