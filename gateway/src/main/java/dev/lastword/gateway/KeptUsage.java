package dev.lastword.gateway;

import dev.lastword.stream.Attributes;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What an answer that is one JSON object says for the ledger.
 *
 * @param usage its usage object, as JSON text
 */
record KeptUsage(Optional<String> model, Optional<String> usage) {
  private static final JsonFactory JSON = new JsonFactory();
  private static final KeptUsage NONE = new KeptUsage(Optional.empty(), Optional.empty());
  private static final int MODEL_LENGTH_MAX = 1_000;
  private static final int USAGE_LENGTH_MAX = 16 << 10;

  /** Whether a body is JSON as it stands. */
  static boolean isReadable(HttpHeaders headers) {
    return Unsaved.essence(headers).endsWith("json")
        && !headers.contains(HttpHeaderNames.CONTENT_ENCODING);
  }

  static KeptUsage of(byte[] body) {
    var text = new String(body, StandardCharsets.UTF_8);
    try (var json = JSON.createParser(ObjectReadContext.empty(), text)) {
      return json.nextToken() == JsonToken.START_OBJECT ? read(json, text) : NONE;
    } catch (JacksonException e) {
      return NONE; // not JSON
    }
  }

  private static KeptUsage read(JsonParser json, String text) {
    Optional<String> model = Optional.empty();
    Optional<String> usage = Optional.empty();
    for (var name = json.nextName(); name != null; name = json.nextName()) {
      var value = json.nextToken();
      boolean counts = name.equals("usage") || name.equals("usageMetadata");
      if (name.equals("model") && value == JsonToken.VALUE_STRING) {
        model = Optional.of(json.getString());
      } else if (counts && value == JsonToken.START_OBJECT) {
        int start = (int) json.currentTokenLocation().getCharOffset();
        json.skipChildren();
        usage = Optional.of(text.substring(start, (int) json.currentLocation().getCharOffset()));
      } else {
        json.skipChildren();
      }
    }
    return new KeptUsage(
        model.filter(name -> name.length() <= MODEL_LENGTH_MAX),
        usage.filter(said -> said.length() <= USAGE_LENGTH_MAX));
  }

  void writeTo(Map<String, String> attributes) {
    model.ifPresent(name -> attributes.put(Attributes.MODEL, name));
    usage.ifPresent(said -> attributes.put(Attributes.USAGE, said));
  }
}
