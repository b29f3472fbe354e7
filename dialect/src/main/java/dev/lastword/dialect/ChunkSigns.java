package dev.lastword.dialect;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * What one chunk says of the end, read exactly. Of members that stand twice the last one counts, as
 * in every client.
 *
 * @param error there is a top-level {@code error} that says something
 * @param choices the choices in the chunk
 */
record ChunkSigns(boolean error, List<Choice> choices) {
  /**
   * One choice of the chunk.
   *
   * @param index its number, 0 where the chunk gives none, -1 where it is out of every range
   * @param finished its finish reason says something
   */
  record Choice(int index, boolean finished) {}

  /** Reads a chunk; empty if the text is not one JSON object within bounds. */
  static Optional<ChunkSigns> read(String text) {
    try (var parser = Json.parser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      var signs = readObject(parser);
      return parser.nextToken() == null ? Optional.of(signs) : Optional.empty();
    } catch (JacksonException e) {
      return Optional.empty(); // not JSON: no client reads an ending in it
    }
  }

  private static ChunkSigns readObject(JsonParser parser) {
    boolean error = false;
    List<Choice> choices = List.of();
    for (var name = parser.nextName(); name != null; name = parser.nextName()) {
      parser.nextToken();
      switch (name) {
        case "error" -> error = Json.says(parser);
        case "choices" -> {
          choices = readChoices(parser);
          continue;
        }
        default -> {}
      }
      parser.skipChildren();
    }
    return new ChunkSigns(error, choices);
  }

  private static List<Choice> readChoices(JsonParser parser) {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      parser.skipChildren();
      return List.of();
    }
    var choices = new ArrayList<Choice>(1);
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() == JsonToken.START_OBJECT) {
        choices.add(readChoice(parser));
      } else {
        parser.skipChildren();
      }
    }
    return choices;
  }

  private static Choice readChoice(JsonParser parser) {
    int index = 0;
    boolean finished = false;
    for (var name = parser.nextName(); name != null; name = parser.nextName()) {
      parser.nextToken();
      switch (name) {
        case "index" -> index = Json.index(parser);
        case "finish_reason" -> finished = Json.says(parser);
        default -> {}
      }
      parser.skipChildren();
    }
    return new Choice(index, finished);
  }
}
