package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the preambles of the dialects have in common: JSON in which nothing of an answer stands. */
final class Preamble {
  private static final Set<String> SILENT = Set.of("null", "false");

  private Preamble() {}

  /** What an event calls itself: its member {@code type}, else the event's type. */
  static String kind(SseEvent event, Map<String, Object> members) {
    var type = JsonTree.text(members, "type");
    return type.isEmpty() ? event.type() : type;
  }

  /** Whether a value is nothing: absent, null, false, or empty. */
  static boolean isNothing(@Nullable Object value) {
    return switch (value) {
      case null -> true;
      case CharSequence text -> text.isEmpty();
      case List<?> list -> list.isEmpty();
      case Map<?, ?> map -> map.isEmpty();
      case JsonTree.Literal(String json) -> SILENT.contains(json);
      default -> false;
    };
  }

  /** Whether of an object's members none says anything but those of these names. */
  static boolean isNothingBut(Map<String, Object> members, Set<String> names) {
    return members.entrySet().stream()
        .allMatch(member -> names.contains(member.getKey()) || isNothing(member.getValue()));
  }
}
