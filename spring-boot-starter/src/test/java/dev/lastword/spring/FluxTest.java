package dev.lastword.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.Outcome;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.userdetails.MapReactiveUserDetailsService;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** WebFlux on a real Netty. */
final class FluxTest extends StackContract {

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import(Chat.class)
  static class Application {
    @Bean
    Model model() {
      return new Model();
    }

    /** Those of the process end with the first context that is closed, and others have them too. */
    @Bean
    ReactorResourceFactory loops() {
      var own = new ReactorResourceFactory();
      own.setUseGlobalResources(false);
      return own;
    }

    @Bean
    RouterFunction<ServerResponse> function() {
      return RouterFunctions.route(
          RequestPredicates.GET("/function"),
          request ->
              ServerResponse.ok()
                  .contentType(MediaType.TEXT_EVENT_STREAM)
                  .body(Flux.fromIterable(Model.PIECES), String.class));
    }

    /** Whoever shows a name has it; nobody has to. */
    @Bean
    SecurityWebFilterChain security(ServerHttpSecurity http) {
      return http.authorizeExchange(requests -> requests.anyExchange().permitAll())
          .httpBasic(basic -> {})
          .anonymous(anonymous -> {}) // who has not, has a name all the same
          .csrf(csrf -> csrf.disable())
          .build();
    }

    @Bean
    MapReactiveUserDetailsService users() {
      return new MapReactiveUserDetailsService(
          User.withUsername("ann").password("{noop}pw").build(),
          User.withUsername("bob").password("{noop}pw").build());
    }
  }

  private static final NettyDataBufferFactory FACTORY =
      new NettyDataBufferFactory(UnpooledByteBufAllocator.DEFAULT);

  private static final Queue<ByteBuf> given = new ConcurrentLinkedQueue<>();

  @RestController
  static class Chat extends Pages {
    private final LastwordSse sse;

    Chat(Model model, LastwordSse sse) {
      super(model, sse);
      this.sse = sse;
    }

    @PostMapping("/edge/entity")
    ResponseEntity<Flux<ServerSentEvent<String>>> entity() {
      model.calls.incrementAndGet();
      return ResponseEntity.ok()
          .contentType(MediaType.TEXT_EVENT_STREAM)
          .header("X-Mine", "yes")
          .body(
              words()
                  .concatWith(Mono.just("[DONE]"))
                  .map(word -> ServerSentEvent.builder(word).build())
                  .doFinally(signal -> model.save("entity", signal.toString())));
    }

    /** Loads something first, as most do. */
    @PostMapping("/edge/later")
    Mono<ResponseEntity<Flux<ServerSentEvent<String>>>> later() {
      return Mono.delay(Duration.ofMillis(1)).map(loaded -> entity());
    }

    @PostMapping("/edge/future")
    CompletableFuture<ResponseEntity<Flux<ServerSentEvent<String>>>> future() {
      return CompletableFuture.supplyAsync(this::entity);
    }

    /** Says more than is taken, in buffers that somebody has to give back. */
    @GetMapping("/edge/buffers")
    ResponseEntity<Flux<DataBuffer>> buffers() {
      return ResponseEntity.ok()
          .contentType(MediaType.TEXT_EVENT_STREAM)
          .body(
              Flux.generate(
                  sink -> {
                    var bytes = Unpooled.copiedBuffer("data: x\n\n", StandardCharsets.UTF_8);
                    given.add(bytes);
                    sink.next(FACTORY.wrap(bytes));
                  }));
    }

    @GetMapping("/edge/later-page")
    Mono<ResponseEntity<String>> laterPage() {
      return Mono.just(ResponseEntity.ok().header("X-Mine", "yes").body("hello"));
    }

    @GetMapping("/edge/never")
    Mono<ResponseEntity<Flux<ServerSentEvent<String>>>> never() {
      return Mono.empty();
    }

    @GetMapping("/edge/not-found")
    Mono<ResponseEntity<Flux<ServerSentEvent<String>>>> notFound() {
      return Mono.error(new IllegalArgumentException("no such chat"));
    }

    @GetMapping("/sse/later")
    Mono<SseAnswer> laterBySse() {
      return Mono.just(sse.sse(words()));
    }

    @GetMapping("/sse/later-entity")
    Mono<ResponseEntity<SseAnswer>> laterEntityBySse() {
      return Mono.just(ResponseEntity.ok().header("X-Mine", "yes").body(sse.sse(words())));
    }

    /** Says in whose name it answers, as the security of the request's context does. */
    @GetMapping(path = "/edge/name", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> name() {
      return ReactiveSecurityContextHolder.getContext()
          .map(context -> "by " + Objects.requireNonNull(context.getAuthentication()).getName())
          .flux();
    }

    @GetMapping("/sse/name")
    SseAnswer nameBySse() {
      return sse.sse(name());
    }
  }

  @BeforeAll
  static void start() {
    start(run(dir, true));
  }

  static ConfigurableApplicationContext run(Path dir, boolean edge) {
    return run(Application.class, WebApplicationType.REACTIVE, dir, edge);
  }

  @Override
  ConfigurableApplicationContext another(Path own, String... more) {
    return run(Application.class, WebApplicationType.REACTIVE, own, true, more);
  }

  /** What is done finally is done behind the end, which nobody can wait for; it is done. */
  @Test
  void givenItsReaderLeavesAnEntity_thenItComesToItsOwnEndAndIsNotCancelled() throws Exception {
    model.holdHalf();
    String stream;
    try (var reader = RawReader.ask(port, "POST", "/edge/entity")) {
      reader.until("It");
      stream = reader.header("Lastword-Stream");
      assertThat(reader.header("X-Mine")).isEqualTo("yes");
    }
    model.letHalf();
    try (var again = RawReader.ask(port, "GET", "/lastword/streams/" + stream)) {
      assertThat(again.toEnd()).contains("data: [DONE]");
      assertThat(again.isWhole()).isTrue();
    }
    await().atMost(PATIENCE).until(() -> model.saved.containsKey("entity"));
    assertThat(model.saved).containsEntry("entity", "onComplete");
    assertThat(model.calls).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/edge/later", "/edge/future"})
  void givenAnEntityThatIsPromised_whenItsReaderLeaves_thenItIsKeptAsAnyOther(String path)
      throws Exception {
    model.holdHalf();
    String stream;
    try (var reader = RawReader.ask(port, "POST", path)) {
      reader.until("It");
      stream = reader.header("Lastword-Stream");
      assertThat(stream).isNotEmpty();
      assertThat(reader.header("X-Mine")).isEqualTo("yes");
    }
    model.letHalf();
    try (var again = RawReader.ask(port, "GET", "/lastword/streams/" + stream)) {
      assertThat(again.toEnd()).contains("data: [DONE]");
      assertThat(again.isWhole()).isTrue();
    }
    await().atMost(PATIENCE).until(() -> model.saved.containsKey("entity"));
    assertThat(model.saved).containsEntry("entity", "onComplete");
    assertThat(model.calls).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/sse/later", "/sse/later-entity"})
  void givenAnAnswerThatIsPromised_thenItIsOneAsAnyOther(String path) throws Exception {
    try (var reader = RawReader.ask(port, "GET", path)) {
      assertThat(reader.toEnd()).contains("\" well\"", "[DONE]");
      assertThat(reader.isWhole()).isTrue();
      assertThat(reader.header("X-Mine")).isEqualTo(path.endsWith("entity") ? "yes" : "");
      assertThat(outcome(reader.header("Lastword-Stream"))).isEqualTo(Outcome.COMPLETED);
    }
  }

  @Test
  void givenSomethingElseThatIsPromised_orNothing_thenItIsLeftAsItWas() throws Exception {
    try (var reader = RawReader.ask(port, "GET", "/edge/later-page")) {
      assertThat(reader.toEnd()).contains("hello");
      assertThat(reader.header("X-Mine")).isEqualTo("yes");
      assertThat(reader.header("Lastword-Stream")).isEmpty();
    }
    try (var reader = RawReader.ask(port, "GET", "/edge/never")) {
      reader.toEnd();
      assertThat(reader.status()).isEqualTo(200);
      assertThat(reader.header("Lastword-Stream")).isEmpty();
    }
    try (var reader = RawReader.ask(port, "GET", "/edge/not-found")) {
      assertThat(reader.toEnd()).contains("handled: no such chat");
      assertThat(reader.status()).isEqualTo(502);
    }
  }

  @Test
  void givenItsOwnerCancelsASourceThatIsAhead_thenWhatWaitsIsGivenBack() throws Exception {
    try (var reader = RawReader.ask(port, "GET", "/edge/buffers")) {
      reader.until("data: x");
      var stream = reader.header("Lastword-Stream");
      try (var cancel = RawReader.ask(port, "POST", "/lastword/streams/" + stream + "/cancel")) {
        assertThat(cancel.toEnd()).contains("\"cancelled\"");
      }
    }
    await().atMost(PATIENCE).until(() -> given.stream().allMatch(bytes -> bytes.refCnt() == 0));
    assertThat(given).isNotEmpty();
  }

  @Test
  void givenAFunctionalEndpoint_thenItsEventStreamIsKeptAsWell() throws Exception {
    try (var reader = RawReader.ask(port, "GET", "/function")) {
      assertThat(reader.toEnd()).contains("data: .");
      assertThat(reader.isWhole()).isTrue();
      assertThat(outcome(reader.header("Lastword-Stream"))).isEqualTo(Outcome.COMPLETED);
    }
  }

  @Test
  void givenASourceAsksItsContext_thenItHasThatOfItsRequest() throws Exception {
    try (var reader = RawReader.ask(port, "GET", "/edge/name", basic("ann"))) {
      assertThat(reader.toEnd()).contains("data: by ann");
    }
    try (var reader = RawReader.ask(port, "GET", "/sse/name", basic("ann"))) {
      assertThat(reader.toEnd()).contains("data: \"by ann\"", "[DONE]");
    }
  }

  /** As WebFlux by itself. */
  @Test
  void givenOnlyTheHeadIsAskedFor_thenTheModelIsNot() throws Exception {
    for (var path : new String[] {"/edge/asked", "/sse/asked"}) {
      try (var reader = RawReader.ask(port, "HEAD", path)) {
        assertThat(reader.toEnd()).contains("text/event-stream");
        assertThat(reader.status()).isEqualTo(200);
      }
    }
    assertThat(model.calls).hasValue(0);
  }
}
