package dev.lastword.dialect;

import java.util.List;
import java.util.Optional;

/** The dialects that Lastword speaks. */
public final class Dialects {
  private static final Dialect PLAIN = new PlainDialect();
  private static final List<Dialect> ALL =
      List.of(OpenAiDialect.CHAT, OpenAiDialect.COMPLETIONS, ResponsesDialect.RESPONSES, AnthropicDialect.MESSAGES, GeminiDialect.GENERATE, UiStreamDialect.UI_STREAM, PLAIN);

  private Dialects() {}

  /** Every dialect, the plain one last. */
  public static List<Dialect> all() {
    return ALL;
  }

  /** The dialect of a name. */
  public static Optional<Dialect> named(String name) {
    return all().stream().filter(dialect -> dialect.name().equals(name)).findFirst();
  }

  /**
   * The dialect of a request, told from its path; plain SSE when no other fits.
   *
   * @param path path of the request without its query, such as {@code /v1/chat/completions}
   */
  public static Dialect ofPath(String path) {
    if (path.endsWith("/chat/completions")) {
      return OpenAiDialect.CHAT;
    }
    if (path.endsWith("/responses")) {
      return ResponsesDialect.RESPONSES;
    }
    if (path.contains(":streamGenerateContent")) {
      return GeminiDialect.GENERATE;
    }
    if (path.endsWith("/messages")) {
      return AnthropicDialect.MESSAGES;
    }
    return path.endsWith("/completions") ? OpenAiDialect.COMPLETIONS : PLAIN;
  }
}
