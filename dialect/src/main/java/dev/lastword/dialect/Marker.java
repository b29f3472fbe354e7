package dev.lastword.dialect;

import java.util.List;

/**
 * A rule that tells the event by which a plain SSE endpoint says that it has answered.
 *
 * <p>Written as {@code event=close}, {@code data=[DONE]} or {@code /status=done}; several with
 * semicolons between them, which is why none holds one.
 */
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

  /**
   * Reads markers as they are configured; blank text is none.
   *
   * @throws IllegalArgumentException if one is malformed; the message names it
   */
  static List<Marker> parse(String text) {
    return List.of(text.split(";", -1)).stream()
        .map(String::strip)
        .filter(marker -> !marker.isEmpty())
        .map(Marker::parseOne)
        .toList();
  }

  private static Marker parseOne(String marker) {
    int equals = marker.indexOf('=');
    var name = equals < 0 ? "" : marker.substring(0, equals).strip();
    var value = marker.substring(equals + 1).strip();
    if (name.startsWith("/")) {
      return new Value(name, value);
    }
    if (value.isEmpty() || !(name.equals("event") || name.equals("data"))) {
      throw new IllegalArgumentException(
          "'" + marker + "' is none of event=TYPE, data=TEXT and /JSON/POINTER=VALUE");
    }
    return name.equals("event") ? new Type(value) : new Data(value);
  }

  /** Writes markers as {@link #parse} reads them. */
  static String format(List<Marker> markers) {
    return String.join("; ", markers.stream().map(Marker::formatOne).toList());
  }

  private static String formatOne(Marker marker) {
    return switch (marker) {
      case Type(String type) -> "event=" + type;
      case Data(String data) -> "data=" + data.strip();
      case Value(String pointer, String value) -> pointer + "=" + value;
    };
  }
}
