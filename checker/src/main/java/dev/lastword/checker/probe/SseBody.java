package dev.lastword.checker.probe;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.sse.SseEvent;
import dev.lastword.sse.SseParser;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * An event stream. An event that has a type and no data is handed out too, with empty data: an
 * {@code EventSource} passes over it, and the readers that several frameworks bring do not.
 */
final class SseBody implements BodyParser {
  private static final byte[] EMPTY_DATA = "data\n".getBytes(UTF_8);
  private static final byte[] DATA = "data".getBytes(UTF_8);
  private static final byte[] EVENT = "event".getBytes(UTF_8);
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final int NAME_MAX = 6;

  private final SseParser parser;
  private final byte[] name = new byte[NAME_MAX];
  private int column;

  /** Bytes of a byte order mark that have come: it stands ahead of the first line's own. */
  private int marked;

  private boolean afterCr;
  private boolean hasType;
  private boolean hasData;

  /**
   * @param eventBytesMax bound of one event
   */
  SseBody(int eventBytesMax, Consumer<SseEvent> events) {
    this.parser = new SseParser(eventBytesMax, events);
  }

  @Override
  public void feed(byte[] bytes, int length) {
    int fed = 0;
    for (int i = 0; i < length; i++) {
      if (marked < BYTE_ORDER_MARK.length && bytes[i] == BYTE_ORDER_MARK[marked]) {
        marked++;
        continue;
      }
      marked = BYTE_ORDER_MARK.length;
      boolean joined = bytes[i] == '\n' && afterCr; // the second half of one line end
      afterCr = bytes[i] == '\r';
      if (joined) {
        continue;
      }
      if (bytes[i] == '\n' || bytes[i] == '\r') {
        if (column == 0 && hasType && !hasData) {
          parser.feed(bytes, fed, i - fed);
          parser.feed(EMPTY_DATA, 0, EMPTY_DATA.length);
          fed = i;
        }
        lineEnded();
      } else {
        if (column < NAME_MAX) {
          name[column] = bytes[i];
        }
        column++;
      }
    }
    parser.feed(bytes, fed, length - fed);
  }

  private void lineEnded() {
    if (column == 0) {
      hasType = false;
      hasData = false;
    } else {
      hasType |= isField(EVENT);
      hasData |= isField(DATA);
    }
    column = 0;
  }

  private boolean isField(byte[] field) {
    return column >= field.length
        && Arrays.equals(name, 0, field.length, field, 0, field.length)
        && (column == field.length || name[field.length] == ':');
  }

  @Override
  public void end() {
    // What stands behind the last blank line is no event.
  }

  @Override
  public String lastEventId() {
    return parser.lastEventId();
  }
}
