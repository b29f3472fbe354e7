package dev.lastword.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What upstreams say of tokens. */
class TokenUsageTest {
  private static final TokenUsage UNKNOWN = new TokenUsage(null, null, null, null);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'prompt_tokens':1,'completion_tokens':2,'total_tokens':9,'prompt_tokens_details':{'cached_tokens':3},'completion_tokens_details':{'reasoning_tokens':4}}",
        "{'input_tokens':1,'output_tokens':2,'input_tokens_details':{'cached_tokens':3},'output_tokens_details':{'reasoning_tokens':4}}",
        "{'promptTokenCount':1,'candidatesTokenCount':2,'cachedContentTokenCount':3,'thoughtsTokenCount':4}",
        "{'inputTokens':1,'outputTokens':2,'cachedInputTokens':3,'reasoningTokens':4}",
        "{'input_tokens':1.0,'output_tokens':2.00,'cache_read_input_tokens':3,'reasoning_tokens':4}"
      })
  void givenUsage_whenRead_thenItIsWhatTheUpstreamSays(String usage) {
    assertThat(TokenUsage.of(usage.replace('\'', '"'))).isEqualTo(new TokenUsage(1L, 2L, 3L, 4L));
  }

  @Test
  void givenUsageInPart_whenRead_thenTheRestIsUnknown() {
    assertThat(TokenUsage.of("{\"input_tokens\":7,\"cache_read_input_tokens\":0}"))
        .isEqualTo(new TokenUsage(7L, null, 0L, null));
    assertThat(TokenUsage.of("{\"prompt_eval_count\":7,\"eval_count\":9}"))
        .isEqualTo(new TokenUsage(7L, 9L, null, null));
    assertThat(TokenUsage.of("{\"tokens\":{\"input_tokens\":7,\"output_tokens\":9}}"))
        .isEqualTo(new TokenUsage(7L, 9L, null, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "[]",
        "{",
        "",
        "{}",
        "{\"prompt_tokens\":-1}",
        "{\"prompt_tokens\":1.5}",
        "{\"prompt_tokens\":9007199254740993}",
        "{\"prompt_tokens\":99999999999999999999999}",
        "{\"prompt_tokens\":1e3}",
        "{\"prompt_tokens\":\"12\"}",
        "{\"prompt_tokens\":null}",
        "{\"prompt_tokens\":NaN}",
        "{\"prompt_tokens_details\":7,\"completion_tokens_details\":[]}"
      })
  void givenWhatNobodyCounts_whenRead_thenItIsUnknown(String usage) {
    assertThat(TokenUsage.of(usage)).isEqualTo(UNKNOWN);
    assertThat(TokenUsage.of(null)).isEqualTo(UNKNOWN);
  }
}
