package dev.lastword.gateway;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * An upstream's status and fields, kept with its answer for whoever asks the same again. Written as
 * {@code {"status":200,"fields":[["content-type","text/event-stream"], …]}}.
 *
 * @param headers without what concerns one connection or one client alone
 */
record KeptHead(int status, HttpHeaders headers) {
  private static final String ATTRIBUTE = "answer";

  /** What a field takes beside its name and its value. */
  private static final int FIELD_BYTES = 100;

  private static final JsonFactory FACTORY = new JsonFactory();

  /** The head of an answer, without cookies: they are of the client that asked first. */
  static KeptHead of(int status, HttpHeaders upstream) {
    var kept = RelayHeaders.toClient(upstream);
    kept.remove(HttpHeaderNames.SET_COOKIE);
    kept.remove(HttpHeaderNames.CONTENT_LENGTH);
    return new KeptHead(status, kept);
  }

  /** About as many bytes as it takes in memory. */
  long length() {
    long length = 0;
    for (var field : headers) {
      length += FIELD_BYTES + field.getKey().length() + field.getValue().length();
    }
    return length;
  }

  /** What was written down with a stream, if anything was. */
  static Optional<KeptHead> of(Map<String, String> attributes) {
    return Optional.ofNullable(attributes.get(ATTRIBUTE)).map(KeptHead::parse);
  }

  /** Writes it down. */
  void writeTo(Map<String, String> attributes) {
    var json =
        Json.bytes(
            out -> {
              out.writeStartObject();
              out.writeNumberProperty("status", status);
              out.writeArrayPropertyStart("fields");
              headers.forEach(
                  field -> {
                    out.writeStartArray();
                    out.writeString(field.getKey());
                    out.writeString(field.getValue());
                    out.writeEndArray();
                  });
              out.writeEndArray();
              out.writeEndObject();
            });
    attributes.put(ATTRIBUTE, new String(json, StandardCharsets.UTF_8));
  }

  /** Reads what {@link #writeTo} wrote: an object of a number and a list of pairs. */
  private static KeptHead parse(String json) {
    int status = 200;
    var headers = new DefaultHttpHeaders();
    try (var parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
      while (parser.nextToken() != null) {
        if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
          status = parser.getIntValue();
        } else if (parser.currentToken() == JsonToken.VALUE_STRING) {
          var name = parser.getString();
          parser.nextToken();
          headers.add(name, parser.getString());
        }
      }
    }
    return new KeptHead(status, headers);
  }
}
