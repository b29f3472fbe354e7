package dev.lastword.sse;

/** The fields that a parser acts on (WHATWG HTML §9.2.6); comments are among the ignored. */
enum Field {
  DATA(4),
  EVENT(5),
  ID(2),
  RETRY(5),

  /** No field of the specification: how llama.cpp's server says that it failed. */
  ERROR(5),
  IGNORED(0);

  /**
   * Bytes of a line after which its field and the start of its value are known: the longest name, a
   * colon and a space.
   */
  static final int DECIDED_BYTES = 7;

  private final int nameBytes;

  Field(int nameBytes) {
    this.nameBytes = nameBytes;
  }

  /**
   * The field of a line that is not empty.
   *
   * @param errors whether {@link #ERROR} is one
   */
  static Field of(byte[] b, int from, int to, boolean errors) {
    var field =
        switch (b[from]) {
          case 'd' -> DATA;
          case 'e' -> errors && from + 1 < to && b[from + 1] == 'r' ? ERROR : EVENT;
          case 'i' -> ID;
          case 'r' -> RETRY;
          default -> IGNORED;
        };
    int end = from + field.nameBytes;
    boolean nameEnds = end == to || (end < to && b[end] == ':');
    return nameEnds && field.isNameAt(b, from) ? field : IGNORED;
  }

  /** Compares what follows the first byte of the name; there are as many bytes as the name has. */
  private boolean isNameAt(byte[] b, int at) {
    return switch (this) {
      case DATA -> b[at + 1] == 'a' && b[at + 2] == 't' && b[at + 3] == 'a';
      case EVENT -> b[at + 1] == 'v' && b[at + 2] == 'e' && b[at + 3] == 'n' && b[at + 4] == 't';
      case ID -> b[at + 1] == 'd';
      case RETRY -> b[at + 1] == 'e' && b[at + 2] == 't' && b[at + 3] == 'r' && b[at + 4] == 'y';
      case ERROR -> b[at + 1] == 'r' && b[at + 2] == 'r' && b[at + 3] == 'o' && b[at + 4] == 'r';
      case IGNORED -> true;
    };
  }

  /** Where the value starts in a line of this field: after the colon and one space, if there. */
  int valueStart(byte[] b, int from, int to) {
    int colon = from + nameBytes;
    if (colon >= to) {
      return to;
    }
    int start = colon + 1;
    return start < to && b[start] == ' ' ? start + 1 : start;
  }
}
