package dev.lastword.dialect;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * A piece of one chunk's JSON: opened as far as deltas are joined inside it, everything deeper left
 * as the text it is.
 */
sealed interface Piece {
  /** An object; of names that stand twice the last one counts. */
  record Members(Map<String, Piece> byName) implements Piece {
    static final Members NONE = new Members(Map.of());
    private static final Set<String> SAYS_NOTHING = Set.of("null", "false", "0", "0.0");

    /** The member {@code index}, empty if there is none that numbers anything. */
    OptionalInt index() {
      return index("index");
    }

    /** A member that numbers something, empty if it does not. */
    OptionalInt index(String name) {
      return byName.get(name) instanceof Raw(String json) && isIndex(json)
          ? OptionalInt.of(Integer.parseInt(json))
          : OptionalInt.empty();
    }

    private static boolean isIndex(String json) {
      return !json.isEmpty()
          && json.length() <= 9
          && json.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** The member, null of JSON if it is not there. */
    Piece get(String name) {
      return byName.getOrDefault(name, Raw.NULL);
    }

    /** The member if it was opened as an object, an empty one otherwise. */
    Members members(String name) {
      return byName.get(name) instanceof Members inside ? inside : NONE;
    }

    /** The member says something: it is there, and is not null, false, 0 or empty. */
    boolean says(String name) {
      return switch (byName.get(name)) {
        case null -> false;
        case Text(String value) -> Json.says(value);
        case Raw(String json) -> !SAYS_NOTHING.contains(json);
        case Members inside -> true;
        case Elements elements -> true;
      };
    }

    /** The member's text, {@code ""} if it is not there or is no string. */
    String text(String name) {
      return byName.get(name) instanceof Text(String value) ? value : "";
    }
  }

  /** An array. */
  record Elements(List<Piece> list) implements Piece {}

  /** A string, decoded. */
  record Text(String value) implements Piece {}

  /** Anything else, as it was written: a number, true, false, null, or a whole structure. */
  record Raw(String json) implements Piece {
    static final Raw NULL = new Raw("null");
  }

  /** Which structures inside an event are opened; the others stay text. */
  @FunctionalInterface
  interface Opening {
    /** An OpenAI chunk: its choices, as far as deltas are joined inside them. */
    Opening CHUNK = Reader::opensOfChunk;

    /** The event's own members and nothing inside them. */
    Opening SURFACE = (name, level, array) -> false;

    /**
     * Whether a structure is opened.
     *
     * @param name of the member, or of the one whose array it is an element of
     * @param level 1 for a member of the event's own, one more for each structure around it
     * @param array an array, not an object
     */
    boolean opens(String name, int level, boolean array);

    /** Objects of these names among the event's own members. */
    static Opening members(Set<String> names) {
      return (name, level, array) -> level == 1 && !array && names.contains(name);
    }
  }

  /** Reads an OpenAI chunk; empty if the text is not one JSON object within bounds. */
  static Optional<Members> read(String text) {
    return read(text, Opening.CHUNK);
  }

  /** Reads an event; empty if the text is not one JSON object within bounds. */
  static Optional<Members> read(String text, Opening opening) {
    try (var parser = Json.parser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      var chunk = new Reader(parser, text, opening).members(0);
      return parser.nextToken() == null ? Optional.of(chunk) : Optional.empty();
    } catch (JacksonException e) {
      return Optional.empty(); // not of the dialect
    }
  }

  /** Reads one chunk. */
  final class Reader {
    /** The root is 0, a tool call's function 6. */
    private static final int LEVEL_MAX = 6;

    /** Members of an object and elements of an array that are read; more are passed over. */
    private static final int SIZE_MAX = 1_024;

    private final JsonParser parser;
    private final String source;
    private final Opening opening;

    private Reader(JsonParser parser, String source, Opening opening) {
      this.parser = parser;
      this.source = source;
      this.opening = opening;
    }

    private Members members(int level) {
      var byName = LinkedHashMap.<String, Piece>newLinkedHashMap(8);
      for (var name = parser.nextName(); name != null; name = parser.nextName()) {
        parser.nextToken();
        if (byName.size() < SIZE_MAX || byName.containsKey(name)) {
          byName.put(name, piece(name, level + 1));
        } else {
          parser.skipChildren();
        }
      }
      return new Members(byName);
    }

    private Elements elements(String name, int level) {
      var list = new ArrayList<Piece>(1);
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (list.size() < SIZE_MAX) {
          list.add(piece(name, level + 1));
        } else {
          parser.skipChildren();
        }
      }
      return new Elements(list);
    }

    private Piece piece(String name, int level) {
      return switch (parser.currentToken()) {
        case VALUE_STRING -> new Text(parser.getString());
        case VALUE_NULL -> Raw.NULL;
        case VALUE_NUMBER_FLOAT -> parser.isNaN() ? Raw.NULL : new Raw(parser.getString());
        case START_OBJECT -> opening.opens(name, level, false) ? members(level) : raw();
        case START_ARRAY -> opening.opens(name, level, true) ? elements(name, level) : raw();
        default -> new Raw(parser.getString());
      };
    }

    private static boolean opensOfChunk(String name, int level, boolean array) {
      if (!array) {
        return level > 1 && level <= LEVEL_MAX;
      }
      return switch (name) {
        case "choices" -> level == 1;
        case "tool_calls" -> level == 4;
        default -> false;
      };
    }

    /**
     * The structure at hand as it is written, unless a name stands twice in one of its objects:
     * then the last counts, as for clients, and only it is kept. Null if it holds what JSON does
     * not know.
     */
    private Raw raw() {
      int begin = offset(parser.currentTokenLocation().getCharOffset());
      boolean json = true;
      var names = new Names(parser.currentToken() == JsonToken.START_OBJECT);
      for (int depth = 1; depth > 0; ) {
        var token = parser.nextToken();
        switch (token) {
          case START_OBJECT, START_ARRAY -> {
            depth++;
            names.begin(token == JsonToken.START_OBJECT);
          }
          case END_OBJECT, END_ARRAY -> {
            depth--;
            names.end(token == JsonToken.END_OBJECT);
          }
          case PROPERTY_NAME -> names.add(parser.currentName());
          case VALUE_NUMBER_FLOAT -> json &= !parser.isNaN();
          default -> {}
        }
      }
      int end = offset(parser.currentLocation().getCharOffset());
      if (!json) {
        return Raw.NULL;
      }
      var text = source.substring(begin, end);
      return new Raw(names.mayRepeat() ? withoutRepeats(text) : text);
    }

    private static String withoutRepeats(String json) {
      return JsonTree.read(json)
          .map(tree -> Json.write(out -> JsonTree.write(out, tree)))
          .orElseThrow(
              () -> new IllegalStateException("parsed once already, as part of its event"));
    }

    /** The names in the objects that are open, to see whether one stands twice. */
    private static final class Names {
      /** Names of one object that are compared; of one that has more nothing is known. */
      private static final int COMPARED_MAX = 64;

      private final ArrayList<String> open = new ArrayList<>(8);
      private final ArrayDeque<Integer> starts = new ArrayDeque<>(4);
      private int start;
      private boolean repeats;

      Names(boolean object) {
        begin(object);
      }

      void begin(boolean object) {
        if (object) {
          starts.push(start);
          start = open.size();
        }
      }

      void end(boolean object) {
        if (object) {
          open.subList(start, open.size()).clear();
          start = starts.pop();
        }
      }

      void add(String name) {
        if (repeats || open.size() - start == COMPARED_MAX) {
          repeats = true;
          return;
        }
        for (int i = start; i < open.size(); i++) {
          repeats |= open.get(i).equals(name);
        }
        open.add(name);
      }

      boolean mayRepeat() {
        return repeats;
      }
    }

    private static int offset(long charOffset) {
      return Math.toIntExact(charOffset);
    }
  }
}
