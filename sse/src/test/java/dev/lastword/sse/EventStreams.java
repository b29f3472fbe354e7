package dev.lastword.sse;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The cases of {@code event-streams.txt}. */
final class EventStreams {
  /** One case; the input is escaped as in the file. */
  record Case(String name, String input, List<Seen> events, String lastEventId, long retryMs) {
    byte[] bytes() {
      return unescape(input);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private EventStreams() {}

  static List<Case> all() {
    var cases = new ArrayList<Case>();
    for (var block : text().split("(?m)^== ", -1)) {
      if (!block.startsWith("#")) {
        cases.add(read(block));
      }
    }
    return cases;
  }

  private static String text() {
    try (var in = EventStreams.class.getResourceAsStream("event-streams.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("reading event-streams.txt", e);
    }
  }

  private static Case read(String block) {
    var lines = block.lines().toList();
    var input = new StringBuilder();
    var events = new ArrayList<Seen>();
    var lastEventId = "";
    long retryMs = -1;
    for (var line : lines.subList(1, lines.size())) {
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      var value = line.substring(2);
      switch (line.substring(0, 2)) {
        case "< " -> input.append(value);
        case "> " -> events.add(seen(value));
        case "$ " -> lastEventId = string(value);
        case "~ " -> retryMs = Long.parseLong(value);
        default -> throw new IllegalStateException("not a line of a case: " + line);
      }
    }
    return new Case(lines.getFirst(), input.toString(), events, lastEventId, retryMs);
  }

  private static Seen seen(String value) {
    var parts = value.split("\\|", -1);
    if (parts.length != 3) {
      throw new IllegalStateException("not type|data|last event ID: " + value);
    }
    return new Seen(string(parts[0]), string(parts[1]), string(parts[2]));
  }

  private static String string(String escaped) {
    return new String(unescape(escaped), UTF_8);
  }

  static byte[] unescape(String escaped) {
    var bytes = new ByteArrayOutputStream();
    var text = new StringBuilder();
    int at = 0;
    while (at < escaped.length()) {
      char c = escaped.charAt(at++);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      char kind = escaped.charAt(at++);
      switch (kind) {
        case 'n' -> text.append('\n');
        case 'r' -> text.append('\r');
        case 't' -> text.append('\t');
        case '\\' -> text.append('\\');
        case 'u' -> {
          text.append((char) Integer.parseInt(escaped, at, at + 4, 16));
          at += 4;
        }
        case 'x' -> {
          bytes.writeBytes(text.toString().getBytes(UTF_8));
          text.setLength(0);
          bytes.write(Integer.parseInt(escaped, at, at + 2, 16));
          at += 2;
        }
        default -> throw new IllegalStateException("no such escape: \\" + kind);
      }
    }
    bytes.writeBytes(text.toString().getBytes(UTF_8));
    return bytes.toByteArray();
  }
}
