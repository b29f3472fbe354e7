package dev.lastword.stream;

import dev.lastword.dialect.TokenUsage;
import dev.lastword.sse.SseEvent;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The chunk by which an OpenAI chat stream says its usage, where the client did not ask for it: no
 * choices, and a usage object. It goes into the journal as what is never sent, so that its reader's
 * events are numbered without it.
 */
final class HiddenUsage {
  private static final JsonFactory JSON = new JsonFactory();

  /** A larger chunk is shown like any other. */
  private static final int BYTES_MAX = 16 << 10;

  private HiddenUsage() {}

  /** The usage object of such a chunk, as JSON text; empty for any other event. */
  static Optional<String> of(SseEvent event) {
    if (event.dataBytes().length > BYTES_MAX) {
      return Optional.empty();
    }
    try {
      return usage(event.data());
    } catch (JacksonException e) {
      return Optional.empty(); // no JSON
    }
  }

  private static Optional<String> usage(String data) {
    Optional<String> usage = Optional.empty();
    boolean bare = false;
    try (var json = JSON.createParser(ObjectReadContext.empty(), data)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      for (var name = json.nextName(); name != null; name = json.nextName()) {
        var value = json.nextToken();
        if (name.equals("choices") && value == JsonToken.START_ARRAY) {
          bare = json.nextToken() == JsonToken.END_ARRAY;
          if (!bare) {
            return Optional.empty();
          }
        } else if (name.equals("usage") && value == JsonToken.START_OBJECT) {
          int start = (int) json.currentTokenLocation().getCharOffset();
          json.skipChildren();
          usage = Optional.of(data.substring(start, (int) json.currentLocation().getCharOffset()));
        } else {
          json.skipChildren();
        }
      }
    }
    return bare
        ? usage.filter(said -> !TokenUsage.of(said).equals(TokenUsage.UNKNOWN))
        : Optional.empty();
  }

  /** The chunk again, for whoever puts the response together. */
  static SseEvent chunk(String usage) {
    return SseEvent.of("{\"choices\":[],\"usage\":" + usage + "}");
  }
}
