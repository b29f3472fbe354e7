package dev.lastword.springai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.library.Lastword;
import dev.lastword.stream.Owner;
import dev.lastword.stream.StreamQuery;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** What an application of Spring Boot gets by the dependency. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class AutoConfigurationTest {
  private static final Owner ANN = Owner.of("ann");

  @TempDir Path dir;

  private ApplicationContextRunner application() {
    return new ApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                ChatClientAutoConfiguration.class, LastwordSpringAiAutoConfiguration.class))
        .withBean(
            ChatModel.class, () -> ScriptedModel.saying("Hello", ScriptedModel.finish("STOP")));
  }

  private static void ask(ChatClient client) {
    assertThat(
            client.prompt("hi").advisors(a -> a.param(LastwordAdvisor.OWNER, ANN)).stream()
                .content()
                .blockLast(Duration.ofSeconds(60)))
        .isEqualTo("Hello");
  }

  private static int answers(Lastword lastword) {
    return lastword.list(ANN, new StreamQuery(null, null, null, null, null, 10)).size();
  }

  @Test
  void everyBuilderOfTheApplicationKeepsItsAnswers() {
    application()
        .withBean(Lastword.class, () -> Lastword.embedded(dir))
        .run(
            context -> {
              ask(context.getBean(ChatClient.Builder.class).build());
              ask(context.getBean(ChatClient.Builder.class).build());
              assertThat(answers(context.getBean(Lastword.class))).isEqualTo(2);
            });
  }

  @Test
  void aClientThatIsMadePastTheBuilderDoesNot() {
    application()
        .withBean(Lastword.class, () -> Lastword.embedded(dir))
        .run(
            context -> {
              ask(ChatClient.create(context.getBean(ChatModel.class)));
              assertThat(answers(context.getBean(Lastword.class))).isZero();
            });
  }

  @Test
  void aPropertyTurnsItOff() {
    application()
        .withBean(Lastword.class, () -> Lastword.embedded(dir))
        .withPropertyValues("lastword.spring-ai.enabled=false")
        .run(
            context -> {
              ask(context.getBean(ChatClient.Builder.class).build());
              assertThat(answers(context.getBean(Lastword.class))).isZero();
            });
  }

  @Test
  void withoutALastwordTheApplicationStartsAndIsWarned() {
    application()
        .run(
            context -> {
              ask(context.getBean(ChatClient.Builder.class).build());
              assertThat(context).hasSingleBean(LastwordSpringAiAutoConfiguration.NotKept.class);
            });
  }
}
