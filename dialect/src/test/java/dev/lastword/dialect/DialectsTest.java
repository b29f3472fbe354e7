package dev.lastword.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DialectsTest {
  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions, openai-chat",
    "/openai/deployments/x/chat/completions, openai-chat",
    "/v1/completions, openai-completions",
    "/v1/messages, anthropic",
    "/v1/messages/count_tokens, plain",
    "/v1/responses, openai-responses",
    "/chat/completions/, plain",
    "/events, plain",
    "'', plain",
  })
  void givenAPath_whenAsked_thenItsDialectIsFound(String path, String name) {
    assertThat(Dialects.ofPath(path).name()).isEqualTo(name);
  }

  @Test
  void givenTheirNames_whenAsked_thenTheDialectsAreFound() {
    for (var dialect : Dialects.all()) {
      assertThat(Dialects.named(dialect.name())).containsSame(dialect);
    }
    assertThat(Dialects.named("CHAT")).isEmpty();
    assertThat(Dialects.all().getLast().name()).isEqualTo("plain");
  }
}
