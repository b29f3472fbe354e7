package dev.lastword.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.library.Lastword;
import dev.lastword.library.Saver;
import dev.lastword.springai.LastwordAdvisor;
import dev.lastword.stream.Owner;
import dev.lastword.stream.StreamQuery;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatGenerationMetadata;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** The starter and Spring AI's advisors in one application: one question is one answer. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class SpringAiTest {
  private static final String CHAT = "chat-1";

  @TempDir Path dir;

  enum Stack {
    MVC(WebApplicationType.SERVLET, OfMvc.class),
    WEBFLUX(WebApplicationType.REACTIVE, OfWebFlux.class);

    private final WebApplicationType type;
    private final Class<?> application;

    Stack(WebApplicationType type, Class<?> application) {
      this.type = type;
      this.application = application;
    }

    ConfigurableApplicationContext run(Path dir, Client client) {
      return StackContract.run(application, type, dir, true, "client=" + client);
    }
  }

  /** How the application has come by its client. */
  enum Client {
    /** By a builder that was given the advisor. */
    ADVISED,
    /** By the builder that is injected, and no line of Lastword. */
    INJECTED,
    /** By {@code ChatClient.create}, which knows nothing of Lastword: the edge keeps its answer. */
    CREATED
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import({Answering.class, Chat.class})
  static class OfMvc {
    @Bean
    SecurityFilterChain security(HttpSecurity http) {
      return http.authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
          .csrf(csrf -> csrf.disable())
          .build();
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import({Answering.class, Chat.class})
  static class OfWebFlux {
    @Bean
    SecurityWebFilterChain security(ServerHttpSecurity http) {
      return http.authorizeExchange(requests -> requests.anyExchange().permitAll())
          .csrf(csrf -> csrf.disable())
          .build();
    }
  }

  /** What was saved. */
  record Saves(List<String> texts) {}

  @Configuration(proxyBeanMethods = false)
  static class Answering {
    @Bean
    Talker talker() {
      return new Talker();
    }

    @Bean
    Saves saves() {
      return new Saves(new CopyOnWriteArrayList<>());
    }

    @Bean
    Saver saver(Saves saves) {
      return saved -> saves.texts().add(saved.text());
    }

    @Bean
    ChatMemory memory() {
      return MessageWindowChatMemory.builder().build();
    }

    @Bean
    ChatClient client(
        Talker talker,
        ChatMemory memory,
        Lastword lastword,
        ChatClient.Builder injected,
        @Value("${client}") Client client) {
      var builder =
          switch (client) {
            case ADVISED ->
                ChatClient.builder(talker).defaultAdvisors(LastwordAdvisor.of(lastword));
            case INJECTED -> injected;
            case CREATED -> ChatClient.create(talker).mutate();
          };
      return builder.defaultAdvisors(MessageChatMemoryAdvisor.builder(memory).build()).build();
    }
  }

  @RestController
  static class Chat {
    private final ChatClient client;
    private final LastwordSse sse;

    Chat(ChatClient client, LastwordSse sse) {
      this.client = client;
      this.sse = sse;
    }

    private ChatClient.ChatClientRequestSpec asked() {
      return client.prompt("hi").advisors(a -> a.param(ChatMemory.CONVERSATION_ID, CHAT));
    }

    @GetMapping(path = "/ai/flux", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> flux() {
      return asked().stream().content();
    }

    @GetMapping("/ai/entity")
    ResponseEntity<Flux<String>> entity() {
      return ResponseEntity.ok()
          .contentType(MediaType.TEXT_EVENT_STREAM)
          .body(asked().stream().content());
    }

    @GetMapping("/ai/sse")
    SseAnswer sse() {
      return sse.sse(asked().stream().content());
    }

    @GetMapping(path = "/ai/named", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> named() {
      return asked()
          .advisors(a -> a.param(LastwordAdvisor.ANSWER_ID, "an-answer-of-mine-1"))
          .stream()
          .content();
    }
  }

  /** A model that says hello, and then what it is told to. */
  static final class Talker implements ChatModel {
    final AtomicInteger calls = new AtomicInteger();
    final CountDownLatch cancelled = new CountDownLatch(1);
    final CountDownLatch more = new CountDownLatch(1);
    volatile boolean silent;
    volatile boolean halting;

    @Override
    public ChatOptions getOptions() {
      return ToolCallingChatOptions.builder().build();
    }

    @Override
    public ChatResponse call(Prompt prompt) {
      throw new IllegalStateException("nobody has streamed");
    }

    @Override
    public Flux<ChatResponse> stream(Prompt prompt) {
      calls.incrementAndGet();
      return Flux.just(chunk("Hel", null))
          .concatWith(silent ? Flux.never() : Flux.defer(this::rest))
          .subscribeOn(Schedulers.boundedElastic())
          .doOnCancel(cancelled::countDown);
    }

    private Flux<ChatResponse> rest() {
      try {
        if (halting && !more.await(60, TimeUnit.SECONDS)) {
          return Flux.error(new IllegalStateException("nobody let it go on"));
        }
      } catch (InterruptedException e) {
        return Flux.error(e);
      }
      return Flux.just(chunk("lo", null), chunk("", "STOP"));
    }

    private static ChatResponse chunk(String text, @Nullable String reason) {
      return new ChatResponse(
          List.of(
              new Generation(
                  AssistantMessage.builder().content(text).build(),
                  ChatGenerationMetadata.builder().finishReason(reason).build())));
    }
  }

  private static List<String> said(ConfigurableApplicationContext application) {
    return application.getBean(ChatMemory.class).get(CHAT).stream()
        .map(message -> message.getMessageType() + ": " + message.getText())
        .toList();
  }

  private static int answers(ConfigurableApplicationContext application) {
    var all = new StreamQuery(null, null, null, null, null, 10);
    return application.getBean(Lastword.class).list(Owner.ALL, all).size();
  }

  @ParameterizedTest
  @CsvSource({
    "MVC,/ai/flux,ADVISED",
    "MVC,/ai/entity,ADVISED",
    "MVC,/ai/sse,ADVISED",
    "MVC,/ai/flux,INJECTED",
    "MVC,/ai/flux,CREATED",
    "WEBFLUX,/ai/flux,ADVISED",
    "WEBFLUX,/ai/entity,ADVISED",
    "WEBFLUX,/ai/sse,ADVISED",
    "WEBFLUX,/ai/flux,INJECTED",
    "WEBFLUX,/ai/flux,CREATED"
  })
  void aQuestionIsKeptAndSavedOnce(Stack stack, String path, Client client) throws Exception {
    try (var application = stack.run(dir, client)) {
      try (var reader = RawReader.ask(StackContract.port(application), "GET", path)) {
        assertThat(reader.toEnd()).contains("Hel", "lo");
        assertThat(reader.isWhole()).isTrue();
      }
      assertThat(application.getBean(Saves.class).texts()).hasSize(1);
      assertThat(answers(application)).isEqualTo(1);
      assertThat(said(application)).containsExactly("USER: hi", "ASSISTANT: Hello");
      assertThat(application.getBean(Talker.class).calls).hasValue(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "MVC,/ai/flux,ADVISED",
    "MVC,/ai/sse,ADVISED",
    "MVC,/ai/flux,INJECTED",
    "MVC,/ai/flux,CREATED",
    "WEBFLUX,/ai/flux,ADVISED",
    "WEBFLUX,/ai/sse,ADVISED",
    "WEBFLUX,/ai/flux,INJECTED",
    "WEBFLUX,/ai/flux,CREATED"
  })
  void whoeverLeavesItTheMemoryHasTheAnswer(Stack stack, String path, Client client)
      throws Exception {
    try (var application = stack.run(dir, client)) {
      var talker = application.getBean(Talker.class);
      talker.halting = true;
      try (var reader = RawReader.ask(StackContract.port(application), "GET", path)) {
        reader.until("Hel");
      }
      talker.more.countDown();
      await()
          .atMost(StackContract.PATIENCE)
          .until(() -> application.getBean(Saves.class).texts().size() == 1);
      assertThat(said(application)).containsExactly("USER: hi", "ASSISTANT: Hello");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "MVC,/ai/flux,ADVISED",
    "MVC,/ai/sse,ADVISED",
    "MVC,/ai/flux,INJECTED",
    "WEBFLUX,/ai/flux,ADVISED",
    "WEBFLUX,/ai/sse,ADVISED",
    "WEBFLUX,/ai/flux,INJECTED"
  })
  void whoeverStopsItByTheIdOfItsHeadStopsTheModel(Stack stack, String path, Client client)
      throws Exception {
    try (var application = stack.run(dir, client)) {
      var talker = application.getBean(Talker.class);
      talker.silent = true;
      int port = StackContract.port(application);
      try (var reader = RawReader.ask(port, "GET", path)) {
        reader.until("Hel");
        var stream = reader.header("Lastword-Stream");
        try (var stop = RawReader.ask(port, "POST", "/lastword/streams/" + stream + "/cancel")) {
          stop.toEnd();
          assertThat(stop.status()).isEqualTo(200);
        }
        assertThat(talker.cancelled.await(60, TimeUnit.SECONDS)).isTrue();
      }
      await()
          .atMost(StackContract.PATIENCE)
          .untilAsserted(
              () -> assertThat(said(application)).containsExactly("USER: hi", "ASSISTANT: Hel"));
    }
  }

  /** Nobody would find it. */
  @ParameterizedTest
  @EnumSource
  void anIdOfItsOwnIsRefused(Stack stack) throws Exception {
    try (var application = stack.run(dir, Client.INJECTED)) {
      try (var reader = RawReader.ask(StackContract.port(application), "GET", "/ai/named")) {
        reader.toEnd();
        assertThat(reader.status()).isEqualTo(500);
      }
      assertThat(application.getBean(Talker.class).calls).hasValue(0);
    }
  }
}
