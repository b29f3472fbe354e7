package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.Locale;

/// Reads HTTP/1.1 responses with a chunked body, one after the other, from bytes that may be cut
/// anywhere.
///
/// Only what a load needs: status, header fields as text, and the pieces of the body without a
/// copy.
final class ResponseReader {
  private static final int HEAD_BYTES_MAX = 16 << 10;

  /// Takes what is read. A response that is not 200 or not chunked has no body here: the caller
  /// gives up on the connection.
  interface Sink {
    void head(int status, String fields);

    void body(byte[] bytes, int from, int to);

    void end();
  }

  private enum At {
    HEAD,
    SIZE,
    DATA,
    DATA_END,
    TRAILER
  }

  private final Sink sink;
  private final ByteArrayOutputStream head = new ByteArrayOutputStream(0);
  private At at = At.HEAD;
  private int matched;
  private long size;
  private boolean extension;

  ResponseReader(Sink sink) {
    this.sink = sink;
  }

  /// The value of a header field in the text that [Sink#head] was given, or `""`.
  static String field(String fields, String name) {
    for (var line : fields.split("\r\n")) {
      int colon = line.indexOf(':');
      if (colon > 0
          && line.substring(0, colon)
              .toLowerCase(Locale.ROOT)
              .equals(name.toLowerCase(Locale.ROOT))) {
        return line.substring(colon + 1).trim();
      }
    }
    return "";
  }

  /// @throws IllegalStateException if this is not HTTP/1.1 with a chunked body
  void accept(byte[] bytes, int from, int to) {
    int next = from;
    while (next < to) {
      next =
          switch (at) {
            case HEAD -> head(bytes, next, to);
            case SIZE -> size(bytes, next);
            case DATA -> data(bytes, next, to);
            case DATA_END -> dataEnd(bytes, next);
            case TRAILER -> trailer(bytes, next);
          };
    }
  }

  private int head(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      head.write(bytes[i]);
      matched =
          bytes[i] == (matched % 2 == 0 ? '\r' : '\n') ? matched + 1 : bytes[i] == '\r' ? 1 : 0;
      if (matched == 4) {
        var text = head.toString(ISO_8859_1);
        head.reset();
        become(At.SIZE);
        sink.head(status(text), text);
        return i + 1;
      }
    }
    if (head.size() > HEAD_BYTES_MAX) {
      throw new IllegalStateException("a response head of more than " + HEAD_BYTES_MAX + " bytes");
    }
    return to;
  }

  private static int status(String head) {
    if (!head.startsWith("HTTP/1.1 ") || head.length() < 12) {
      throw new IllegalStateException("not HTTP/1.1: " + head);
    }
    return Integer.parseInt(head.substring(9, 12));
  }

  private int size(byte[] bytes, int from) {
    byte b = bytes[from];
    int digit = Character.digit(b, 16);
    if (b == '\n') {
      become(size == 0 ? At.TRAILER : At.DATA);
    } else if (b == ';') {
      extension = true;
    } else if (!extension && digit >= 0) {
      size = size * 16 + digit;
    } else if (!extension && b != '\r' && b != ' ') {
      throw new IllegalStateException("not a chunk size: " + (char) b);
    }
    return from + 1;
  }

  private int data(byte[] bytes, int from, int to) {
    int length = (int) Math.min(size, to - from);
    sink.body(bytes, from, from + length);
    size -= length;
    if (size == 0) {
      become(At.DATA_END);
    }
    return from + length;
  }

  private int dataEnd(byte[] bytes, int from) {
    if (bytes[from] == '\n') {
      become(At.SIZE);
    }
    return from + 1;
  }

  // The body ends with the first empty line; `matched` counts the bytes of the line.
  private int trailer(byte[] bytes, int from) {
    if (bytes[from] != '\n') {
      matched += bytes[from] == '\r' ? 0 : 1;
    } else if (matched > 0) {
      matched = 0;
    } else {
      become(At.HEAD);
      sink.end();
    }
    return from + 1;
  }

  private void become(At next) {
    at = next;
    matched = 0;
    extension = false;
    if (next == At.SIZE) {
      size = 0;
    }
  }
}
