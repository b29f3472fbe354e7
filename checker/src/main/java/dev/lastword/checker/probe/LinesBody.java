package dev.lastword.checker.probe;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.sse.EventTooLargeException;
import dev.lastword.sse.SseEvent;
import java.io.ByteArrayOutputStream;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Lines of JSON, as NDJSON, JSON Lines and JSON text sequences (RFC 7464) have them: each line is
 * an event. Blank ones keep a connection alive and say nothing.
 */
final class LinesBody implements BodyParser {
  private static final Pattern TYPES =
      Pattern.compile("ndjson|jsonl|json-?lines|json-seq|stream\\+json|json-stream|jsonstream");
  private static final char RECORD_SEPARATOR = 0x1E;

  private final int eventBytesMax;
  private final Consumer<SseEvent> events;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  LinesBody(int eventBytesMax, Consumer<SseEvent> events) {
    this.eventBytesMax = eventBytesMax;
    this.events = events;
  }

  /** Whether a body is lines of JSON by its content-type. */
  static boolean isNamedBy(Head head) {
    return head.first("content-type")
        .filter(type -> TYPES.matcher(type.toLowerCase(Locale.ROOT)).find())
        .isPresent();
  }

  /** Whether a body that is no event stream may be lines of JSON, by its first bytes. */
  static boolean mayBegin(byte[] bytes, int length) {
    for (int i = 0; i < length; i++) {
      if (!Character.isWhitespace(bytes[i])) {
        return bytes[i] == '{' || bytes[i] == '[' || bytes[i] == RECORD_SEPARATOR;
      }
    }
    return false;
  }

  @Override
  public void feed(byte[] bytes, int length) {
    int from = 0;
    for (int i = 0; i < length; i++) {
      if (bytes[i] == '\n') {
        line.write(bytes, from, i - from);
        dispatch();
        from = i + 1;
      }
    }
    line.write(bytes, from, length - from);
    if (line.size() > eventBytesMax) {
      throw new EventTooLargeException(eventBytesMax);
    }
  }

  private void dispatch() {
    var text = line.toString(UTF_8).replace(String.valueOf(RECORD_SEPARATOR), "").strip();
    line.reset();
    if (!text.isEmpty()) {
      events.accept(SseEvent.of(text));
    }
  }

  @Override
  public void end() {
    dispatch(); // the last line needs no end
  }

  @Override
  public String lastEventId() {
    return "";
  }
}
