package dev.lastword.dialect;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an upstream says of the tokens that a response took; null where it does not, or says what
 * nobody counts: less than 0, more than 2^53, or no whole number. Each is what the upstream calls
 * so: OpenAI's input holds what was cached, Anthropic's does not, and so on.
 *
 * @param in tokens of the request
 * @param out tokens of the response
 * @param cached of the request, read from a cache
 * @param reasoning of what the model thought
 */
public record TokenUsage(
    @Nullable Long in, @Nullable Long out, @Nullable Long cached, @Nullable Long reasoning) {
  private static final long MAX = 1L << 53;
  private static final Pattern WHOLE = Pattern.compile("[0-9]{1,16}(\\.0{1,9})?");

  /** OpenAI chat; Responses, Anthropic and AG-UI; AI SDK; Gemini; Ollama; Cohere. */
  private static final List<String> IN =
      List.of(
          "prompt_tokens",
          "input_tokens",
          "inputTokens",
          "promptTokenCount",
          "prompt_eval_count",
          "tokens.input_tokens",
          "promptTokens");

  private static final List<String> OUT =
      List.of(
          "completion_tokens",
          "output_tokens",
          "outputTokens",
          "candidatesTokenCount",
          "eval_count",
          "tokens.output_tokens",
          "completionTokens");

  private static final List<String> CACHED =
      List.of(
          "prompt_tokens_details.cached_tokens",
          "input_tokens_details.cached_tokens",
          "cache_read_input_tokens",
          "cachedContentTokenCount",
          "cachedInputTokens",
          "inputTokenDetails.cacheReadTokens",
          "prompt_cache_hit_tokens",
          "cached_tokens");

  private static final List<String> REASONING =
      List.of(
          "completion_tokens_details.reasoning_tokens",
          "output_tokens_details.reasoning_tokens",
          "thoughtsTokenCount",
          "reasoningTokens",
          "outputTokenDetails.reasoningTokens",
          "reasoning_tokens");

  /** Nothing is said. */
  public static final TokenUsage UNKNOWN = new TokenUsage(null, null, null, null);

  /**
   * Reads the usage object of a response.
   *
   * @param json {@link AssembledResponse#usage}
   */
  public static TokenUsage of(@Nullable String json) {
    if (json == null) {
      return UNKNOWN;
    }
    return JsonTree.object(json)
        .map(
            said ->
                new TokenUsage(
                    first(said, IN), first(said, OUT), first(said, CACHED), first(said, REASONING)))
        .orElse(UNKNOWN);
  }

  /** The first of these that is a number of tokens. */
  private static @Nullable Long first(Map<String, Object> usage, List<String> paths) {
    for (var path : paths) {
      int dot = path.indexOf('.');
      var inner =
          dot < 0 ? usage : JsonTree.members(usage.getOrDefault(path.substring(0, dot), ""));
      var count = tokens(inner.get(path.substring(dot + 1)));
      if (count != null) {
        return count;
      }
    }
    return null;
  }

  private static @Nullable Long tokens(@Nullable Object value) {
    if (!(value instanceof JsonTree.Literal(String json)) || !WHOLE.matcher(json).matches()) {
      return null;
    }
    long count = Long.parseLong(json.substring(0, (json + ".").indexOf('.')));
    return count <= MAX ? count : null;
  }
}
