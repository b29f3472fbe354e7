package dev.lastword.sse;

import static dev.lastword.sse.LineEnds.CR;
import static dev.lastword.sse.LineEnds.LF;
import static dev.lastword.sse.SseEvent.EMPTY;
import static dev.lastword.sse.SseEvent.NO_ID;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Turns lines of JSON into events. A line ends with LF, and a CR before it belongs to the end; any
 * other CR can only be white space between JSON tokens, and becomes a space. Blank lines are none.
 */
final class LineParser implements EventParser {
  private static final int SCRATCH_BYTES_MAX = 4 * 1024;

  private final int eventBytesMax;
  private final Consumer<SseEvent> events;
  private final ByteBuilder line = new ByteBuilder();
  private byte[] scratch = {};
  private boolean stopped;

  LineParser(int eventBytesMax, Consumer<SseEvent> events) {
    if (eventBytesMax < 1) {
      throw new IllegalArgumentException("eventBytesMax is " + eventBytesMax + ", not positive");
    }
    this.eventBytesMax = eventBytesMax;
    this.events = events;
  }

  @Override
  public void feed(ByteBuffer bytes) {
    if (stopped) {
      throw new IllegalStateException("the parser stopped at an earlier exception");
    }
    stopped = true;
    while (bytes.hasRemaining()) {
      int length = Math.min(bytes.remaining(), SCRATCH_BYTES_MAX);
      if (scratch.length < length) {
        scratch = new byte[Math.max(512, Integer.highestOneBit(2 * length - 1))];
      }
      bytes.get(scratch, 0, length);
      parse(scratch, length);
    }
    stopped = false;
  }

  private void parse(byte[] bytes, int length) {
    int from = 0;
    for (int i = 0; i < length; i++) {
      if (bytes[i] == LF) {
        append(bytes, from, i);
        from = i + 1;
        event().ifPresent(events);
      }
    }
    append(bytes, from, length);
  }

  private void append(byte[] bytes, int from, int to) {
    if (line.length() + (to - from) > eventBytesMax) {
      throw new EventTooLargeException(eventBytesMax);
    }
    line.append(bytes, from, to);
  }

  /** The line so far as an event, and begins the next; empty if there is nothing on it. */
  private Optional<SseEvent> event() {
    var data = line.toArray();
    line.clear();
    boolean blank = true;
    for (int i = 0; i < data.length; i++) {
      data[i] = data[i] == CR ? (byte) ' ' : data[i];
      blank &= data[i] == ' ' || data[i] == '\t';
    }
    return blank
        ? Optional.empty()
        : Optional.of(new SseEvent(EMPTY, withoutSpace(data), NO_ID, 1));
  }

  private static byte[] withoutSpace(byte[] data) {
    int end = data.length;
    while (data[end - 1] == ' ') {
      end--;
    }
    return end == data.length ? data : Arrays.copyOf(data, end);
  }

  @Override
  public Optional<SseEvent> unfinished() {
    stopped = true;
    return event();
  }
}
