package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The dialects that Lastword speaks, and which of them a response is in.
 *
 * <p>A name may bring parameters in parentheses, such as {@code mcp(7)}: it says all that is needed
 * to read a recorded stream again.
 */
public final class Dialects {
  /** First events of a response by which its dialect may be told. */
  public static final int LOOK_MAX = 16;

  private static final PlainDialect PLAIN = new PlainDialect();
  private static final List<Dialect> ALL =
      List.of(
          OpenAiDialect.CHAT,
          OpenAiDialect.COMPLETIONS,
          ResponsesDialect.RESPONSES,
          AnthropicDialect.MESSAGES,
          GeminiDialect.GENERATE,
          UiStreamDialect.UI_STREAM,
          AgUiDialect.RUNS,
          CohereDialect.CHAT,
          OllamaDialect.LINES,
          OpenAiEventsDialect.TRANSCRIPTION,
          OpenAiEventsDialect.SPEECH,
          OpenAiEventsDialect.IMAGES,
          OpenAiEventsDialect.ASSISTANTS,
          JsonRpcDialect.ANY_MCP,
          JsonRpcDialect.ANY_A2A,
          JsonRpcDialect.ANY_OTHER,
          PLAIN);

  /** What only one vendor's paths end with. */
  private record Suffix(String path, Dialect dialect) {}

  private static final List<Suffix> SUFFIXES =
      List.of(
          new Suffix("/chat/completions", OpenAiDialect.CHAT),
          new Suffix("/completions", OpenAiDialect.COMPLETIONS),
          new Suffix("/responses", ResponsesDialect.RESPONSES),
          new Suffix("/messages", AnthropicDialect.MESSAGES),
          new Suffix("/v2/chat", CohereDialect.CHAT),
          new Suffix("/v1/audio/transcriptions", OpenAiEventsDialect.TRANSCRIPTION),
          new Suffix("/v1/audio/speech", OpenAiEventsDialect.SPEECH),
          new Suffix("/v1/images/generations", OpenAiEventsDialect.IMAGES),
          new Suffix("/v1/images/edits", OpenAiEventsDialect.IMAGES));

  /** Other forms of paths that only one vendor has. */
  private record PathForm(Pattern path, Dialect dialect) {
    PathForm(String path, Dialect dialect) {
      this(Pattern.compile(path), dialect);
    }
  }

  private static final List<PathForm> PATTERNS =
      List.of(
          // A response read again, by its id.
          new PathForm("/v1/responses/[^/]+$", ResponsesDialect.RESPONSES),
          // Claude on Vertex; other publishers' models speak otherwise there.
          new PathForm(
              "/publishers/anthropic/models/[^/]+:(streamR|r)awPredict$",
              AnthropicDialect.MESSAGES),
          new PathForm("/v1/threads/runs$", OpenAiEventsDialect.ASSISTANTS),
          new PathForm(
              "/v1/threads/[^/]+/runs(/[^/]+/submit_tool_outputs)?$",
              OpenAiEventsDialect.ASSISTANTS));

  /** Every path of chat completions, and of the older ones those that vendors have. */
  private static final Pattern COMPLETIONS_OF_VENDORS =
      Pattern.compile("(/chat|/v1|/beta|/fim|/(deployments|engines)/[^/]+|^)/completions$");

  private static final String UI_STREAM_HEADER = "x-vercel-ai-ui-message-stream";

  private Dialects() {}

  /**
   * Every dialect without parameters that an upstream may speak, the plain one last. {@link
   * TokensDialect} is none: what speaks it is an application that holds the engine itself.
   */
  public static List<Dialect> all() {
    return ALL;
  }

  /** The dialect of a name, with its parameters if it has any. */
  public static Optional<Dialect> named(String name) {
    int open = name.indexOf('(');
    if (name.equals(TokensDialect.NAME)) {
      return Optional.of(TokensDialect.TOKENS);
    }
    if (open < 0 || !name.endsWith(")")) {
      return all().stream().filter(dialect -> dialect.name().equals(name)).findFirst();
    }
    var parameters = name.substring(open + 1, name.length() - 1);
    var family = name.substring(0, open);
    return switch (family) {
      case PlainDialect.NAME -> PlainDialect.ofParameters(parameters);
      case UndecidedDialect.NAME -> named(parameters).map(UndecidedDialect::new);
      default -> JsonRpcDialect.ofName(family, parameters);
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
    if (!byPath.equals(PLAIN)
        && !isAnybodys(path)
        && (!isCommon(path) || byPath.facts(body).model() != null)) {
      return Optional.of(byPath);
    }
    return JsonRpcDialect.ofRequest(new String(body, StandardCharsets.UTF_8));
  }

  /**
   * The dialect of a response that is to be told by its first events.
   *
   * @param otherwise the dialect if they show none
   */
  public static Dialect undecided(PlainDialect otherwise) {
    return new UndecidedDialect(otherwise);
  }

  /** Whether a vendor's path may be another application's too. */
  private static boolean isCommon(String target) {
    var path = withoutSlash(target);
    return path.equals("/v2/chat")
        || (path.endsWith("/messages") && !path.endsWith("/v1/messages"))
        || (path.endsWith("/responses") && !path.endsWith("/v1/responses"));
  }

  /**
   * Whether a vendor's path is as often another application's, which may name a model too: then it
   * says nothing, and this vendor's first event says all.
   */
  private static boolean isAnybodys(String target) {
    var path = withoutSlash(target);
    return (path.endsWith("/v2/chat") && !path.equals("/v2/chat"))
        || (path.endsWith("/completions") && !COMPLETIONS_OF_VENDORS.matcher(path).find());
  }

  private static String withoutSlash(String path) {
    int end = path.length();
    while (end > 1 && path.charAt(end - 1) == '/') {
      end--;
    }
    return path.substring(0, end);
  }

  /**
   * The dialect that a path alone suggests; plain SSE when no other fits. A slash at its end says
   * nothing.
   *
   * @param path path of the request without its query, such as {@code /v1/chat/completions}
   */
  public static Dialect ofPath(String path) {
    var exact = withoutSlash(path);
    for (var suffix : SUFFIXES) {
      if (exact.endsWith(suffix.path())) {
        return suffix.dialect();
      }
    }
    if (exact.contains(":streamGenerateContent")) {
      return GeminiDialect.GENERATE;
    }
    for (var pattern : PATTERNS) {
      if (pattern.path().matcher(exact).find()) {
        return pattern.dialect();
      }
    }
    return PLAIN;
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
    return Fingerprint.of(event)
        .or(() -> Piece.read(event.data(), Piece.Opening.SURFACE).flatMap(Dialects::resembled));
  }

  /** The dialect that an event resembles, which may be by chance. */
  private static Optional<Dialect> resembled(Piece.Members event) {
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
      return Optional.of(JsonRpcDialect.ANY_MCP);
    }
    return switch (event.text("type")) {
      case "message_start" -> Optional.of(AnthropicDialect.MESSAGES);
      case "start", "start-step", "text-start" -> Optional.of(UiStreamDialect.UI_STREAM);
      case String type when type.startsWith("response.") -> Optional.of(ResponsesDialect.RESPONSES);
      default -> Optional.<Dialect>empty();
    };
  }
}
