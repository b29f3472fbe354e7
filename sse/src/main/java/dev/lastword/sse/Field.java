package dev.lastword.sse;

/** The fields that a parser acts on (WHATWG HTML §9.2.6); comments are among the ignored. */
enum Field {
  DATA("data"),
  EVENT("event"),
  ID("id"),
  RETRY("retry"),
  IGNORED("");

  /**
   * Bytes of a line after which its field and the start of its value are known: the longest name, a
   * colon and a space.
   */
  static final int DECIDED_BYTES = 7;

  private final String name;

  Field(String name) {
    this.name = name;
  }

  /** The field of a line that is not empty. */
  static Field of(byte[] bytes, int from, int to) {
    return switch (bytes[from]) {
      case 'd' -> DATA.ifNamed(bytes, from, to);
      case 'e' -> EVENT.ifNamed(bytes, from, to);
      case 'i' -> ID.ifNamed(bytes, from, to);
      case 'r' -> RETRY.ifNamed(bytes, from, to);
      default -> IGNORED;
    };
  }

  /** Where the value starts in a line of this field: after the colon and one space, if there. */
  int valueStart(byte[] bytes, int from, int to) {
    int colon = from + name.length();
    if (colon >= to) {
      return to;
    }
    int start = colon + 1;
    return start < to && bytes[start] == ' ' ? start + 1 : start;
  }

  private Field ifNamed(byte[] bytes, int from, int to) {
    int end = from + name.length();
    if (end > to || (end < to && bytes[end] != ':')) {
      return IGNORED;
    }
    for (int i = 1; i < name.length(); i++) {
      if (bytes[from + i] != name.charAt(i)) {
        return IGNORED;
      }
    }
    return this;
  }
}
