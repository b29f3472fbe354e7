package dev.lastword.gateway;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Asks an upstream of OpenAI chat for its usage where the client did not: by {@code
 * stream_options.include_usage} in the body. Every other byte of it stays as it was sent.
 */
final class UsageAsking {
  private static final JsonFactory JSON = new JsonFactory();
  private static final String PATH = "/chat/completions";
  private static final String ASKING = "{\"include_usage\":true}";

  private UsageAsking() {}

  /**
   * Whether a request may be one that has to ask.
   *
   * @param asked the path that the upstream is asked for
   */
  static boolean isFor(RequestHead request, String asked) {
    long length = request.contentLength();
    return asked.endsWith(PATH)
        && length > 0
        && length <= BodyStart.BYTES_MAX
        && RequestUpload.codingOfJson(request).filter(ContentCoding.NONE::equals).isPresent();
  }

  /**
   * The body that asks; empty for one that asks itself, does not want a stream, or is not that of a
   * chat.
   */
  static Optional<byte[]> asking(byte[] body) {
    try (var json = JSON.createParser(ObjectReadContext.empty(), body)) {
      return new Reading(json).change().map(change -> change.in(body));
    } catch (JacksonException e) {
      return Optional.empty(); // the upstream may say what is wrong with it
    }
  }

  /** What takes the place of the bytes from one to before another. */
  private record Change(int from, int to, String text) {
    byte[] in(byte[] body) {
      var changed = new ByteArrayOutputStream(body.length + text.length());
      changed.write(body, 0, from);
      changed.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
      changed.write(body, to, body.length - to);
      return changed.toByteArray();
    }
  }

  /** One reading of a body. */
  private static final class Reading {
    private final JsonParser json;
    private boolean streams;
    private boolean chats;
    private Optional<Change> change = Optional.empty();

    Reading(JsonParser json) {
      this.json = json;
    }

    Optional<Change> change() {
      if (json.nextToken() != JsonToken.START_OBJECT || start() < 0) {
        return Optional.empty(); // no object, or none in UTF-8, whose bytes nobody has counted
      }
      int begin = start() + 1;
      change = Optional.of(new Change(begin, begin, "\"stream_options\":" + ASKING + ","));
      for (var name = json.nextName(); name != null; name = json.nextName()) {
        var value = json.nextToken();
        switch (name) {
          case "stream" -> streams = value == JsonToken.VALUE_TRUE;
          case "messages" -> chats = value == JsonToken.START_ARRAY;
          case "stream_options" -> change = options(value);
          default -> {}
        }
        if (!name.equals("stream_options")) {
          json.skipChildren();
        }
      }
      return json.nextToken() == null && streams && chats ? change : Optional.empty();
    }

    /** Stands on the value, and on its end after. */
    private Optional<Change> options(JsonToken value) {
      if (value == JsonToken.VALUE_NULL) {
        return Optional.of(instead(ASKING));
      }
      if (value != JsonToken.START_OBJECT) {
        json.skipChildren();
        return Optional.empty();
      }
      int begin = start() + 1;
      boolean empty = true;
      boolean said = false;
      Optional<Change> changed = Optional.empty();
      for (var name = json.nextName(); name != null; name = json.nextName()) {
        var member = json.nextToken();
        empty = false;
        if (name.equals("include_usage")) {
          said = true;
          boolean no = member == JsonToken.VALUE_FALSE || member == JsonToken.VALUE_NULL;
          changed = no ? Optional.of(instead("true")) : Optional.empty();
        }
        json.skipChildren();
      }
      return said
          ? changed
          : Optional.of(new Change(begin, begin, "\"include_usage\":true" + (empty ? "" : ",")));
    }

    /** In place of the literal on which the parser stands. */
    private Change instead(String text) {
      int from = start();
      return new Change(from, from + json.getString().length(), text);
    }

    private int start() {
      return (int) json.currentTokenLocation().getByteOffset();
    }
  }
}
