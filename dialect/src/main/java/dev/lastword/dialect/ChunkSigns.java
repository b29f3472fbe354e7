package dev.lastword.dialect;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * What one chunk says of the end, read exactly. Of members that stand twice the last one counts, as
 * in every client.
 *
 * @param error there is an {@code error} that says something, of the chunk or of a choice, or a
 *     finish reason that is one
 * @param choices the choices in the chunk
 */
record ChunkSigns(boolean error, List<Choice> choices) {
  /** Finish reasons of answers that broke off: proxies say the first, DeepSeek the second. */
  private static final Set<String> FAILURES = Set.of("error", "insufficient_system_resource");

  /**
   * One choice of the chunk.
   *
   * @param index its number, 0 where the chunk gives none, -1 where it is out of every range
   * @param failed its {@code error} says something, or its finish reason is one of a failure
   * @param finished its finish reason says something
   * @param speaks it brings something of the answer: a text, or anything in its delta but a role
   */
  record Choice(int index, boolean failed, boolean finished, boolean speaks) {}

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
    return new ChunkSigns(error || choices.stream().anyMatch(Choice::failed), choices);
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
    boolean error = false;
    boolean failure = false;
    boolean finished = false;
    boolean text = false;
    boolean delta = false;
    for (var name = parser.nextName(); name != null; name = parser.nextName()) {
      parser.nextToken();
      switch (name) {
        case "index" -> index = Json.index(parser);
        case "error" -> error = Json.says(parser);
        case "finish_reason" -> {
          finished = Json.says(parser);
          failure = FAILURES.contains(String.valueOf(Json.stringOrNull(parser)));
        }
        case "text" -> text = holds(parser);
        case "delta" -> delta = deltaSpeaks(parser);
        default -> {}
      }
      parser.skipChildren();
    }
    return new Choice(index, error || failure, finished, text || delta);
  }

  private static boolean deltaSpeaks(JsonParser parser) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      return false;
    }
    var speaking = new HashSet<String>(2);
    for (var name = parser.nextName(); name != null; name = parser.nextName()) {
      parser.nextToken();
      if (holds(parser) && !name.equals("role")) {
        speaking.add(name);
      } else {
        speaking.remove(name); // the last of its name counts
      }
    }
    return !speaking.isEmpty();
  }

  /** Whether the value at hand is a text or a structure with something in it. Reads all of it. */
  private static boolean holds(JsonParser parser) {
    return switch (parser.currentToken()) {
      case VALUE_STRING -> parser.getStringLength() > 0;
      case START_OBJECT, START_ARRAY -> {
        int tokens = 0;
        for (int depth = 1; depth > 0; tokens++) {
          var token = parser.nextToken();
          depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        }
        yield tokens > 1;
      }
      default -> false;
    };
  }
}
