package dev.lastword.dialect;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads the body of a request to a model as far as it goes; the names differ from vendor to vendor
 * and mean the same. What was read before the body breaks off counts, but a list of messages only
 * as a whole: the last one of half a list is the wrong one.
 */
final class ChatRequest {
  private int n = 1;
  private int prompts = 1;
  private @Nullable String input;
  private @Nullable String model;

  private ChatRequest() {}

  static RequestFacts facts(byte[] body) {
    var request = new ChatRequest();
    try (var parser = Json.parser(new String(body, StandardCharsets.UTF_8))) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        request.read(parser);
      }
    } catch (JacksonException e) {
      // Cut off or not JSON. The upstream judges the body; here the facts found so far are enough.
    }
    int choices = (int) Math.min((long) request.n * request.prompts, ChunkDetector.CHOICES_MAX);
    return new RequestFacts(choices, request.input, request.model);
  }

  private void read(JsonParser parser) {
    for (var name = parser.nextName(); name != null; name = parser.nextName()) {
      parser.nextToken();
      switch (name) {
        case "n" -> n = Math.max(Json.index(parser), 1);
        case "model" -> model = Json.stringOrNull(parser);
        case "messages", "contents" -> {
          input = lastUserText(parser);
          continue;
        }
        case "input" -> {
          input =
              parser.currentToken() == JsonToken.START_ARRAY
                  ? lastUserText(parser)
                  : Json.stringOrNull(parser);
          if (parser.currentToken() == JsonToken.END_ARRAY) {
            continue;
          }
        }
        case "request" -> { // Code Assist's, around Gemini's own
          if (parser.currentToken() == JsonToken.START_OBJECT) {
            read(parser);
            continue;
          }
        }
        case "generationConfig" -> {
          readGenerationConfig(parser);
          continue;
        }
        case "prompt" -> {
          readPrompt(parser);
          continue;
        }
        default -> {}
      }
      parser.skipChildren();
    }
  }

  private void readGenerationConfig(JsonParser parser) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return;
    }
    for (var name = parser.nextName(); name != null; name = parser.nextName()) {
      parser.nextToken();
      if (name.equals("candidateCount")) {
        n = Math.max(Json.index(parser), 1);
      }
      parser.skipChildren();
    }
  }

  /** A string, token numbers, or an array of prompts, each of which gets {@code n} choices. */
  private void readPrompt(JsonParser parser) {
    prompts = 1;
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      input = ContentParts.text(parser);
      return;
    }
    var texts = new ArrayList<String>();
    int count = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      var text = Json.stringOrNull(parser);
      if (text != null) {
        texts.add(text);
      }
      count += text != null || parser.currentToken() == JsonToken.START_ARRAY ? 1 : 0;
      parser.skipChildren();
    }
    prompts = Math.max(count, 1);
    input = texts.isEmpty() ? null : String.join("\n", texts);
  }

  private static @Nullable String lastUserText(JsonParser parser) {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      parser.skipChildren();
      return null;
    }
    String last = null;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() == JsonToken.START_OBJECT) {
        var text = userText(parser);
        last = text == null ? last : text;
      } else {
        parser.skipChildren();
      }
    }
    return last == null || last.isEmpty() ? null : last;
  }

  /** Text of the message at hand, {@code ""} for none, or null if it is not a user's. */
  private static @Nullable String userText(JsonParser parser) {
    boolean user = false;
    String text = null;
    for (var name = parser.nextName(); name != null; name = parser.nextName()) {
      parser.nextToken();
      switch (name) {
        case "role" -> user = "user".equals(Json.stringOrNull(parser));
        case "content", "parts" -> {
          text = ContentParts.text(parser);
          continue;
        }
        default -> {}
      }
      parser.skipChildren();
    }
    return user ? (text == null ? "" : text) : null;
  }
}
