package dev.lastword.dialect;

import java.util.List;

/** A rule that tells the event by which a plain SSE endpoint says that it has answered. */
public sealed interface Marker {
  /**
   * An event of this type.
   *
   * @param type as in the {@code event} field
   */
  record Type(String type) implements Marker {}

  /**
   * An event whose data is this, white space around it aside.
   *
   * @param data for example {@code [DONE]}
   */
  record Data(String data) implements Marker {}

  /**
   * An event whose data is JSON that has this value at this place.
   *
   * @param pointer a JSON Pointer (RFC 6901), such as {@code /status} or {@code /choices/0/done}
   * @param value a string's text, or a number, {@code true}, {@code false} or {@code null} as it is
   *     written
   */
  record Value(String pointer, String value) implements Marker {
    /**
     * @throws IllegalArgumentException if the pointer is neither empty nor begins with a slash
     */
    public Value {
      if (!pointer.isEmpty() && !pointer.startsWith("/")) {
        throw new IllegalArgumentException("JSON pointer must begin with a slash: " + pointer);
      }
    }

    /** The names on the way, unescaped. */
    List<String> path() {
      if (pointer.isEmpty()) {
        return List.of();
      }
      return List.of(pointer.substring(1).split("/", -1)).stream()
          .map(name -> name.replace("~1", "/").replace("~0", "~"))
          .toList();
    }
  }
}
