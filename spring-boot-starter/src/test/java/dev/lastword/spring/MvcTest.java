package dev.lastword.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.lastword.journal.Outcome;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.async.WebAsyncManager;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import reactor.core.publisher.Flux;

/** Spring MVC on a real Tomcat. */
final class MvcTest extends StackContract {

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import(Chat.class)
  static class Application {
    @Bean
    Model model() {
      return new Model();
    }

    /** Writes a header on its way out, as Spring Security's filters do. */
    @Bean
    FilterRegistrationBean<Filter> late() {
      var registration =
          new FilterRegistrationBean<Filter>(
              (request, response, chain) -> {
                chain.doFilter(request, response);
                LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
                ((HttpServletResponse) response).setHeader("X-Late", "yes");
              });
      registration.addUrlPatterns("/sse/written");
      return registration;
    }

    /** Whoever shows a name has it; nobody has to. */
    @Bean
    SecurityFilterChain security(HttpSecurity http) {
      return http.authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
          .httpBasic(basic -> {})
          .csrf(csrf -> csrf.disable())
          .build();
    }

    @Bean
    UserDetailsService users() {
      return new InMemoryUserDetailsManager(
          User.withUsername("ann").password("{noop}pw").build(),
          User.withUsername("bob").password("{noop}pw").build());
    }
  }

  @RestController
  static class Chat extends Pages {
    Chat(Model model, LastwordSse sse) {
      super(model, sse);
    }

    /** Whose request a test asks whether the container has taken it back. */
    @GetMapping(path = "/edge/request", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> request(HttpServletRequest request) {
      asked = request;
      return words();
    }

    /** Its thread is told to stop, as by a pool that is shut down, and answers all the same. */
    @PostMapping("/edge/interrupted")
    SseEmitter interrupted() {
      model.calls.incrementAndGet();
      var emitter = new SseEmitter();
      Thread.startVirtualThread(
          () -> {
            try {
              emitter.send("It");
              model.awaitHalf(); // what is sent before there is a connection, another thread writes
              Thread.currentThread().interrupt();
              for (int i = 0; i < 20; i++) {
                emitter.send("x".repeat(512 << 10)); // more than may wait for the disk
              }
              emitter.send("[DONE]");
              if (Thread.interrupted()) { // it is still told
                model.save("interrupted", "It is well.");
              }
              emitter.complete();
            } catch (Exception e) {
              emitter.completeWithError(e);
            }
          });
      return emitter;
    }

    /** Written by hand: has more to say behind its ending, and saves behind that. */
    @PostMapping("/edge/by-hand")
    SseEmitter byHand() {
      model.calls.incrementAndGet();
      var emitter = new SseEmitter();
      Thread.startVirtualThread(
          () -> {
            try {
              for (var piece : Model.PIECES) {
                emitter.send(piece);
              }
              emitter.send("[DONE]");
              while (model.isHalfHeld()) {
                emitter.send(SseEmitter.event().name("title").data("Of you"));
                LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
              }
              model.save("by-hand", "It is well.");
              emitter.complete();
            } catch (Exception e) {
              model.cancelled();
              emitter.completeWithError(e);
            }
          });
      return emitter;
    }

    @PostMapping("/edge/emitter")
    ResponseEntity<SseEmitter> emitter() {
      model.calls.incrementAndGet();
      var emitter = new SseEmitter(1L); // a connection's bound, which is none of the answer's
      emitter.onCompletion(() -> model.save("emitter", "It is well."));
      Thread.startVirtualThread(
          () -> {
            try {
              for (var piece : Model.PIECES) {
                emitter.send(" " + piece);
                if (piece.equals(" is")) {
                  model.awaitHalf();
                }
              }
              emitter.send("[DONE]");
              emitter.complete();
            } catch (Exception e) {
              emitter.completeWithError(e);
            }
          });
      return ResponseEntity.ok().header("X-Mine", "yes").body(emitter);
    }
  }

  @BeforeAll
  static void start() {
    start(run(dir, true));
  }

  private static volatile @Nullable HttpServletRequest asked;

  private static boolean isTakenBack() {
    try {
      return asked != null && asked.getRequestURI() == null;
    } catch (IllegalStateException e) {
      return true;
    }
  }

  /** Spring says more of a request in its log then, and the container has none any more. */
  @Test
  void givenTheLogSaysAll_whenASourceEndsBehindItsReader_thenItIsSealedAllTheSame()
      throws Exception {
    var logger = (Logger) LoggerFactory.getLogger(WebAsyncManager.class);
    var before = logger.getLevel();
    logger.setLevel(Level.DEBUG);
    try {
      model.holdHalf();
      String stream;
      try (var reader = RawReader.ask(port, "GET", "/edge/request")) {
        reader.until("It");
        stream = reader.header("Lastword-Stream");
      }
      await().atMost(PATIENCE).until(MvcTest::isTakenBack);
      model.letHalf();
      assertThat(outcome(stream)).isEqualTo(Outcome.COMPLETED);
    } finally {
      logger.setLevel(before);
    }
  }

  @Test
  void givenTheServletHasAPath_thenPatternsAreBelowIt_andTheLinkLeadsToTheAnswer(@TempDir Path own)
      throws Exception {
    try (var other =
        run(
            Application.class,
            WebApplicationType.SERVLET,
            own,
            true,
            "spring.mvc.servlet.path=/api",
            "server.servlet.context-path=/app")) {
      int there = port(other);
      try (var reader = RawReader.ask(there, "GET", "/app/api/excluded/flux")) {
        assertThat(reader.toEnd()).contains("well");
        assertThat(reader.header("Lastword-Stream")).isEmpty();
      }
      try (var reader = RawReader.ask(there, "GET", "/app/api/edge/flux")) {
        assertThat(reader.toEnd()).contains("[DONE]");
        var stream = reader.header("Lastword-Stream");
        assertThat(reader.header("Link"))
            .isEqualTo("</app/api/lastword/streams/" + stream + ">; rel=\"alternate\"");
        try (var again = RawReader.ask(there, "GET", "/app/api/lastword/streams/" + stream)) {
          assertThat(again.toEnd()).contains("[DONE]");
          assertThat(again.status()).isEqualTo(200);
        }
      }
    }
  }

  static ConfigurableApplicationContext run(Path dir, boolean edge) {
    return run(Application.class, WebApplicationType.SERVLET, dir, edge);
  }

  @Override
  ConfigurableApplicationContext another(Path own, String... more) {
    return run(Application.class, WebApplicationType.SERVLET, own, true, more);
  }

  @Override
  void assertHead(RawReader reader) {
    assertThat(reader.header("X-Late")).isEqualTo("yes");
  }

  @Test
  void givenAnEmitterOutlivesItsReaderAndItsTimeout_thenItsCompletionSavesBeforeItsEnding()
      throws Exception {
    model.holdHalf();
    model.holdSave();
    String stream;
    try (var reader = RawReader.ask(port, "POST", "/edge/emitter")) {
      reader.until("It");
      stream = reader.header("Lastword-Stream");
      assertThat(reader.header("X-Mine")).isEqualTo("yes");
    }
    model.letHalf();
    try (var again = RawReader.ask(port, "GET", "/lastword/streams/" + stream)) {
      again.until("data: .");
      again.until(": hb");
      assertThat(again.all()).doesNotContain("[DONE]");
      model.letSave();
      again.toEnd();
      assertThat(again.all()).contains("data: [DONE]");
      assertThat(again.isWhole()).isTrue();
    }
    assertThat(model.saved).containsKey("emitter");
    assertThat(model.calls).hasValue(1);
  }

  @Test
  void givenTheApplicationsThreadIsInterrupted_whileTheDiskIsBehind_thenNothingIsMissing()
      throws Exception {
    model.holdHalf();
    try (var reader = RawReader.ask(port, "POST", "/edge/interrupted")) {
      reader.until("data: It");
      model.letHalf();
      var all = reader.toEnd();
      assertThat(reader.isWhole()).isTrue();
      assertThat(all.lines().filter(line -> line.startsWith("data: x")).count()).isEqualTo(20);
      assertThat(all).contains("data: [DONE]").doesNotContain("event: error");
      assertThat(outcome(reader.header("Lastword-Stream"))).isEqualTo(Outcome.COMPLETED);
    }
    assertThat(model.saved).containsKey("interrupted");
    assertThat(model.calls).hasValue(1);
  }

  /** {@link WithoutTheEdgeTest} has it without: a write behind its ending throws. */
  @Test
  void givenAnEmitterIsWrittenByHand_whenItsReaderLeaves_thenItComesToItsSave() throws Exception {
    model.holdHalf();
    String stream;
    try (var reader = RawReader.ask(port, "POST", "/edge/by-hand")) {
      reader.until("data: .");
      reader.until(": hb"); // it has said its ending, and is not at its end
      assertThat(reader.all()).doesNotContain("[DONE]");
      stream = reader.header("Lastword-Stream");
    }
    model.letHalf();
    assertThat(outcome(stream)).isEqualTo(Outcome.COMPLETED);
    assertThat(model.saved).containsEntry("by-hand", "It is well.");
    assertThat(model.isCancelled()).isFalse();
    assertThat(model.calls).hasValue(1);
  }
}
