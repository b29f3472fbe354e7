package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The dialects that Lastword speaks, and which of them a response is in.
 *
 * <p>A name may bring parameters in parentheses, such as {@code mcp(7)}: it says all that is needed
 * to read a recorded stream again.
 */
public final class Dialects {
  private static final PlainDialect PLAIN = new PlainDialect();
  private static final List<Dialect> ALL =
      List.of(
          OpenAiDialect.CHAT,
          OpenAiDialect.COMPLETIONS,
          ResponsesDialect.RESPONSES,
          AnthropicDialect.MESSAGES,
          GeminiDialect.GENERATE,
          UiStreamDialect.UI_STREAM,
          McpDialect.ANY,
          PLAIN);

  private static final String UI_STREAM_HEADER = "x-vercel-ai-ui-message-stream";

  private Dialects() {}

  /** Every dialect without parameters, the plain one last. */
  public static List<Dialect> all() {
    return ALL;
  }

  /** The dialect of a name, with its parameters if it has any. */
  public static Optional<Dialect> named(String name) {
    int open = name.indexOf('(');
    if (open < 0 || !name.endsWith(")")) {
      return all().stream().filter(dialect -> dialect.name().equals(name)).findFirst();
    }
    var parameters = name.substring(open + 1, name.length() - 1);
    return switch (name.substring(0, open)) {
      case McpDialect.NAME -> McpDialect.ofId(parameters);
      case PlainDialect.NAME -> PlainDialect.ofParameters(parameters);
      default -> Optional.empty();
    };
  }

  /**
   * The dialect of a response, told from all that is known when its head is there; empty if it is
   * none of a vendor's. What says most is asked first:
   *
   * <ol>
   *   <li>the header {@code x-vercel-ai-ui-message-stream};
   *   <li>a path that only one vendor has;
   *   <li>a path that may as well be another application's ({@code …/messages}, {@code
   *       …/responses}), if the request names a model;
   *   <li>a body that is a JSON-RPC request with an id.
   * </ol>
   *
   * @param path path of the request without its query
   * @param body the request's body, or its first part; any bytes
   * @param responseHeader the value of a response's header by its name in lower case, or null
   */
  public static Optional<Dialect> recognise(
      String path, byte[] body, Function<String, @Nullable String> responseHeader) {
    if (responseHeader.apply(UI_STREAM_HEADER) != null) {
      return Optional.of(UiStreamDialect.UI_STREAM);
    }
    var byPath = ofPath(path);
    if (!byPath.equals(PLAIN) && (!isCommon(path) || byPath.facts(body).model() != null)) {
      return Optional.of(byPath);
    }
    return McpDialect.ofRequest(new String(body, StandardCharsets.UTF_8));
  }

  /** Whether a vendor's path may be another application's too. */
  private static boolean isCommon(String path) {
    return (path.endsWith("/messages") && !path.endsWith("/v1/messages"))
        || (path.endsWith("/responses") && !path.endsWith("/v1/responses"));
  }

  /**
   * The dialect that a path alone suggests; plain SSE when no other fits.
   *
   * @param path path of the request without its query, such as {@code /v1/chat/completions}
   */
  public static Dialect ofPath(String path) {
    if (path.endsWith("/chat/completions")) {
      return OpenAiDialect.CHAT;
    }
    if (path.endsWith("/completions")) {
      return OpenAiDialect.COMPLETIONS;
    }
    if (path.endsWith("/responses")) {
      return ResponsesDialect.RESPONSES;
    }
    if (path.endsWith("/messages")) {
      return AnthropicDialect.MESSAGES;
    }
    return path.contains(":streamGenerateContent") ? GeminiDialect.GENERATE : PLAIN;
  }

  /**
   * The dialect that the first events show, for one who knows nothing else; empty if they show
   * none.
   *
   * @param first any number of events from the beginning of a stream
   */
  public static Optional<Dialect> ofEvents(List<SseEvent> first) {
    return first.stream().flatMap(event -> ofEvent(event).stream()).findFirst();
  }

  private static Optional<Dialect> ofEvent(SseEvent event) {
    return Piece.read(event.data(), Piece.Opening.SURFACE).flatMap(Dialects::ofMembers);
  }

  private static Optional<Dialect> ofMembers(Piece.Members event) {
    var members = event.byName().keySet();
    if (members.contains("choices")) {
      return Optional.of(
          event.text("object").equals("text_completion")
              ? OpenAiDialect.COMPLETIONS
              : OpenAiDialect.CHAT);
    }
    if (members.contains("candidates") || members.contains("promptFeedback")) {
      return Optional.of(GeminiDialect.GENERATE);
    }
    if (event.text("jsonrpc").equals("2.0")) {
      return Optional.of(McpDialect.ANY);
    }
    var type = event.text("type");
    return switch (type) {
      case "message_start" -> Optional.of(AnthropicDialect.MESSAGES);
      case "start", "start-step", "text-start" -> Optional.of(UiStreamDialect.UI_STREAM);
      default ->
          type.startsWith("response.")
              ? Optional.of(ResponsesDialect.RESPONSES)
              : Optional.<Dialect>empty();
    };
  }
}
