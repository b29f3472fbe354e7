package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** The rule without any shortcut: every event is parsed whole into maps and lists. */
final class ReferenceDetector implements EndingDetector {
  private final Set<Integer> met = new HashSet<>();
  private final Set<Integer> open = new HashSet<>();
  private boolean ended;

  ReferenceDetector(int choices) {
    for (int i = 0; i < choices; i++) {
      met.add(i);
      open.add(i);
    }
  }

  @Override
  public Sign observe(SseEvent event) {
    var data = event.data();
    var sign = event.type().equals("error") ? Sign.ERROR : sign(data);
    if (sign != Sign.ERROR && sign != Sign.TAIL) {
      ended = sign != Sign.CONTENT;
    }
    return sign;
  }

  @Override
  public boolean endOfBodyCompletes() {
    return false;
  }

  private Sign sign(String data) {
    if (data.replaceFirst("^[ \t\r\n]+", "").startsWith("[DONE]")) {
      return Sign.TERMINAL;
    }
    var nothing = ended ? Sign.TAIL : Sign.CONTENT;
    if (!(parse(data) instanceof Map<?, ?> chunk)) {
      return nothing;
    }
    if (truthy(chunk.get("error"))
        || (chunk.get("choices") instanceof List<?> all
            && all.stream().anyMatch(ReferenceDetector::fails))) {
      return Sign.ERROR;
    }
    return chunk.get("choices") instanceof List<?> choices ? judge(choices) : nothing;
  }

  private static boolean fails(@Nullable Object element) {
    return element instanceof Map<?, ?> choice
        && (truthy(choice.get("error"))
            || Objects.equals(choice.get("finish_reason"), "error")
            || Objects.equals(choice.get("finish_reason"), "insufficient_system_resource"));
  }

  private Sign judge(List<?> choices) {
    boolean finished = false;
    boolean goesOn = false;
    for (var element : choices) {
      if (element instanceof Map<?, ?> choice) {
        int index = index(choice.get("index"));
        boolean counts = index >= 0 && index < ChunkDetector.CHOICES_MAX;
        if (counts && met.add(index)) {
          open.add(index);
          goesOn = true;
        }
        if (speaks(choice)) {
          goesOn = true;
          if (ended && counts) {
            open.add(index);
          }
        }
      }
    }
    for (var element : choices) {
      if (element instanceof Map<?, ?> choice && truthy(choice.get("finish_reason"))) {
        int index = index(choice.get("index"));
        open.remove(index);
        finished |= index >= 0;
      }
    }
    if (ended && !goesOn) {
      return Sign.TAIL;
    }
    return finished && open.isEmpty() ? Sign.ENDING : Sign.CONTENT;
  }

  private static boolean speaks(Map<?, ?> choice) {
    return holds(choice.get("text"))
        || (choice.get("delta") instanceof Map<?, ?> delta
            && delta.entrySet().stream()
                .anyMatch(member -> !member.getKey().equals("role") && holds(member.getValue())));
  }

  private static boolean holds(@Nullable Object value) {
    return switch (value) {
      case null -> false;
      case String text -> !text.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      case List<?> list -> !list.isEmpty();
      default -> false;
    };
  }

  private record Whole(String digits) {}

  private static int index(@Nullable Object value) {
    if (!(value instanceof Whole(String digits))) {
      return 0;
    }
    return digits.length() > 9 || digits.startsWith("-") ? -1 : Integer.parseInt(digits);
  }

  private static boolean truthy(@Nullable Object value) {
    return switch (value) {
      case null -> false;
      case Boolean bool -> bool;
      case String text -> !text.isEmpty() && !text.equals("null");
      case Whole(String digits) -> Double.parseDouble(digits) != 0;
      case Double number -> number != 0;
      default -> true;
    };
  }

  private static @Nullable Object parse(String data) {
    try (var parser = Json.parser(data)) {
      parser.nextToken();
      var value = value(parser);
      return parser.nextToken() == null ? value : null;
    } catch (JacksonException e) {
      return null;
    }
  }

  private static @Nullable Object value(JsonParser parser) {
    return switch (parser.currentToken()) {
      case null -> null;
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT -> new Whole(parser.getString());
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case START_OBJECT -> {
        var map = new HashMap<String, @Nullable Object>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          var name = parser.currentName();
          parser.nextToken();
          map.put(name, value(parser));
        }
        yield map;
      }
      case START_ARRAY -> {
        var list = new ArrayList<@Nullable Object>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser));
        }
        yield list;
      }
      default -> null;
    };
  }
}
