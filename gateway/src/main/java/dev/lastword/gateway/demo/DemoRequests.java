package dev.lastword.gateway.demo;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Optional;

/**
 * What a client says on one connection, cut into requests as far as it takes to see which of them
 * are the balancer's own. What is not understood, such as HTTP/2, is passed on as it comes.
 */
final class DemoRequests {
  private static final int HEAD_BYTES_MAX = 64 << 10;
  private static final int PART_BYTES = 16 << 10;

  private final InputStream in;

  DemoRequests(InputStream in) {
    this.in = new BufferedInputStream(in, PART_BYTES);
  }

  /**
   * A request's line and fields.
   *
   * @param text as it came, a character for each byte, with the empty line where there is one
   */
  record Head(String text) {
    private String[] lines() {
      return text.split("\r\n", -1);
    }

    private byte[] bytes() {
      return text.getBytes(ISO_8859_1);
    }

    private String word(int number) {
      var words = lines()[0].split(" ", -1);
      return words.length == 3 ? words[number] : "";
    }

    String method() {
      return word(0);
    }

    String target() {
      return word(1);
    }

    Optional<String> field(String name) {
      for (var line : lines()) {
        int colon = line.indexOf(':');
        if (colon > 0 && line.substring(0, colon).toLowerCase(Locale.ROOT).equals(name)) {
          return Optional.of(line.substring(colon + 1).strip());
        }
      }
      return Optional.empty();
    }

    /** Whether what follows has a length that is said, or none. */
    private boolean isPlain() {
      return word(2).equals("HTTP/1.1")
          && field("transfer-encoding").isEmpty()
          && field("upgrade").isEmpty()
          && field("content-length").orElse("0").matches("\\d{1,18}");
    }

    private long bodyBytes() {
      return Long.parseLong(field("content-length").orElse("0"));
    }
  }

  /** The next request's head; nothing at the end of the connection. Blocks. */
  Optional<Head> next() throws IOException {
    var bytes = new ByteArrayOutputStream();
    int matched = 0;
    while (matched < 4 && bytes.size() < HEAD_BYTES_MAX) {
      int next = in.read();
      if (next < 0) {
        break;
      }
      bytes.write(next);
      matched = next == "\r\n\r\n".charAt(matched) ? matched + 1 : next == '\r' ? 1 : 0;
    }
    return bytes.size() == 0 ? Optional.empty() : Optional.of(new Head(bytes.toString(ISO_8859_1)));
  }

  /** Passes a request on, with its body; all that comes after it as well where it is not plain. */
  void pass(Head head, OutputStream to) throws IOException {
    to.write(head.bytes());
    long left = head.isPlain() ? head.bodyBytes() : Long.MAX_VALUE;
    var part = new byte[PART_BYTES];
    while (left > 0) {
      int read = in.read(part, 0, (int) Math.min(left, part.length));
      if (read < 0) {
        return;
      }
      to.write(part, 0, read);
      left -= read;
    }
  }
}
