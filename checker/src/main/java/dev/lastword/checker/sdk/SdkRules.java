package dev.lastword.checker.sdk;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is known of SDKs, by dialect. */
public final class SdkRules {
  private static final Map<String, Manners> BY_DIALECT =
      Map.of(
          "openai-chat", new OpenAiManners(true),
          "openai-completions", new OpenAiManners(true),
          "openai-responses", new OpenAiManners(false),
          "anthropic", new AnthropicManners(),
          "gemini", new GeminiManners(),
          "ai-sdk-ui", new UiStreamManners());

  private SdkRules() {}

  /** What of all of a stream's bytes the SDKs of a dialect do not survive, each once. */
  public static Optional<List<Hazard>> hazards(String dialect, byte[] bytes) {
    return hazards(dialect, bytes, true);
  }

  /**
   * What of these bytes the SDKs of a dialect do not survive, each once.
   *
   * @param whole whether they are all of the stream, so that what is not there never came
   * @return empty if the dialect has no SDKs
   */
  public static Optional<List<Hazard>> hazards(String dialect, byte[] bytes, boolean whole) {
    return Optional.ofNullable(BY_DIALECT.get(dialect))
        .map(manners -> manners.hazards(Blocks.of(bytes), whole).stream().distinct().toList());
  }
}
