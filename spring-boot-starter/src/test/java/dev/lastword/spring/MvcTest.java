package dev.lastword.spring;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.ResponseEntity;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

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

  static ConfigurableApplicationContext run(Path dir, boolean edge) {
    return run(Application.class, WebApplicationType.SERVLET, dir, edge);
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
}
