package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;

/**
 * What applications say that write their answers themselves: a piece of text is an event of no type
 * whose data is a JSON string, so that line ends, spaces and a model that says {@code [DONE]} come
 * through as they are; {@code data: [DONE]} is the terminal event, an event of type {@code finish}
 * says why the model stopped and belongs to the ending, and one of type {@code error} is a failure.
 * Events of any other type, or with any other data, belong to the answer and not to its text.
 */
public final class TokensDialect implements Dialect {
  /** Its name. */
  public static final String NAME = "tokens";

  /** The only one. */
  public static final TokensDialect TOKENS = new TokensDialect();

  private static final PlainDialect PLAIN = new PlainDialect();
  private static final SseEvent TERMINAL = SseEvent.of("[DONE]");
  private static final byte[] ERROR_TYPE = ChunkScan.ascii("error");

  /** Type of the event that says why the model stopped. */
  private static final String FINISH = "finish";

  private static final byte[] FINISH_TYPE = ChunkScan.ascii(FINISH);

  private TokensDialect() {}

  /**
   * The event that says a piece of text.
   *
   * @param text any characters; a surrogate pair may be cut between two pieces
   */
  public static SseEvent token(String text) {
    var data = new StringBuilder("\"");
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (Character.isSupplementaryCodePoint(text.codePointAt(i))) {
          i++; // a whole pair
        } else {
          data.append(inner(text.substring(from, i)));
          data.append("\\u%04x".formatted((int) text.charAt(i)));
          from = i + 1;
        }
      }
    }
    return SseEvent.of(data.append(inner(text.substring(from))).append('"').toString());
  }

  /**
   * The event that says why the model stopped, and what it took; no reader is shown it before the
   * answer is sealed.
   *
   * @param reason as the model says it, such as {@code STOP}
   * @param tokensIn tokens of the request, or null where that is not known
   * @param tokensOut tokens of the response, or null where that is not known
   */
  public static SseEvent finish(String reason, @Nullable Long tokensIn, @Nullable Long tokensOut) {
    return SseEvent.of(
        FINISH,
        Json.write(
            out -> {
              out.writeStartObject();
              out.writeStringProperty("reason", Json.wellFormed(reason));
              if (tokensIn != null || tokensOut != null) {
                out.writeObjectPropertyStart("usage");
                if (tokensIn != null) {
                  out.writeNumberProperty("input_tokens", tokensIn);
                }
                if (tokensOut != null) {
                  out.writeNumberProperty("output_tokens", tokensOut);
                }
                out.writeEndObject();
              }
              out.writeEndObject();
            }));
  }

  /** A JSON string without its quotes. */
  private static String inner(String text) {
    var quoted = Json.write(out -> out.writeString(text));
    return quoted.substring(1, quoted.length() - 1);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return new Detector();
  }

  @Override
  public ResponseAssembler assembler() {
    return new Assembler();
  }

  /** Nothing: there is no request that is known. */
  @Override
  public RequestFacts facts(byte[] body) {
    return RequestFacts.NONE;
  }

  @Override
  public SseEvent error(String code, String message) {
    return PLAIN.error(code, message);
  }

  @Override
  public Optional<SseEvent> missingTerminal() {
    return Optional.of(TERMINAL);
  }

  @Override
  public String toString() {
    return name();
  }

  private static boolean isTerminal(SseEvent event) {
    return event.typeBytes().length == 0 && Arrays.equals(event.dataBytes(), TERMINAL.dataBytes());
  }

  private static boolean isError(SseEvent event) {
    return Arrays.equals(event.typeBytes(), ERROR_TYPE);
  }

  private static boolean isFinish(SseEvent event) {
    return Arrays.equals(event.typeBytes(), FINISH_TYPE);
  }

  private static final class Detector implements EndingDetector {
    private boolean ended;

    @Override
    public Sign observe(SseEvent event) {
      if (isError(event)) {
        return Sign.ERROR;
      }
      if (ended) {
        return Sign.TAIL;
      }
      ended = isTerminal(event);
      if (ended) {
        return Sign.TERMINAL;
      }
      return isFinish(event) ? Sign.ENDING : Sign.CONTENT;
    }

    @Override
    public boolean endOfBodyCompletes() {
      return false;
    }
  }

  /**
   * The final object is {@code {"text": …, "events": …}} with the number of the answer's events,
   * and what the last {@code finish} has said as {@code "finish"}.
   */
  private static final class Assembler implements ResponseAssembler {
    private final StringBuilder text = new StringBuilder();
    private int events;
    private @Nullable Finish finish;

    @Override
    public void accept(SseEvent event) {
      if (isTerminal(event) || isError(event)) {
        return;
      }
      events++;
      if (event.typeBytes().length == 0) {
        var token = string(event.data());
        if (token != null) {
          text.append(token);
        }
      } else if (isFinish(event)) {
        finish = Finish.of(event.data());
      }
    }

    private static @Nullable String string(String data) {
      try (var parser = Json.parser(data)) {
        if (parser.nextToken() == JsonToken.VALUE_STRING) {
          var value = parser.getString();
          return parser.nextToken() == null ? value : null;
        }
      } catch (JacksonException e) {
        // Not JSON: an event of the application's own.
      }
      return null;
    }

    @Override
    public AssembledResponse assemble() {
      var joined = Json.wellFormed(text);
      var said = finish;
      var reason = said == null ? null : said.reason();
      var usage = said == null ? null : said.usage();
      var choice = new AssembledResponse.Choice(0, joined, null, List.of(), reason);
      var json =
          Json.write(
              out -> {
                out.writeStartObject();
                out.writeStringProperty("text", joined);
                out.writeNumberProperty("events", events);
                if (reason != null) {
                  out.writeStringProperty("finish", reason);
                }
                out.writeEndObject();
              });
      return new AssembledResponse(joined, List.of(choice), usage, json);
    }
  }

  /**
   * What a {@code finish} says.
   *
   * @param usage the usage object as JSON text
   */
  private record Finish(@Nullable String reason, @Nullable String usage) {
    static Finish of(String data) {
      String reason = null;
      String usage = null;
      try (var parser = Json.parser(data)) {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
          return new Finish(null, null);
        }
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
          var name = parser.currentName();
          parser.nextToken();
          if (name.equals("reason")) {
            reason = Json.stringOrNull(parser);
          } else if (name.equals("usage") && parser.currentToken() == JsonToken.START_OBJECT) {
            usage = Json.write(out -> out.copyCurrentStructure(parser));
          }
          parser.skipChildren();
        }
      } catch (JacksonException e) {
        // Not JSON: the application's own, which says no more than that it has ended.
      }
      return new Finish(reason, usage);
    }
  }
}
