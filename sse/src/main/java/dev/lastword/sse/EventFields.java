package dev.lastword.sse;

import static dev.lastword.sse.LineEnds.LF;
import static dev.lastword.sse.SseEvent.EMPTY;
import static dev.lastword.sse.SseEvent.NO_ID;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

/** What the fields of a stream have set so far: of the block being read, and beyond it. */
final class EventFields {
  private static final byte[] ERROR_TYPE = {'e', 'r', 'r', 'o', 'r'};

  private final int eventBytesMax;
  private final Consumer<SseEvent> events;

  /** The data lines of the block, joined; empty while {@link #slice} holds the only one. */
  private final ByteBuilder data = new ByteBuilder();

  /**
   * Where the block's only data line lies if {@link #sliced}, so that it is copied once: in memory
   * that is not ours, and therefore only until {@link #keepSlice}.
   */
  private byte[] slice = EMPTY;

  private int sliceFrom;
  private int sliceTo;
  private boolean sliced;

  private int dataLines;
  private byte[] type = EMPTY;

  /** The id set since the event before. */
  private byte[] id = NO_ID;

  /** The id that the next blank line makes the last event ID. */
  private byte[] lastIdBuffer = EMPTY;

  private byte[] lastEventId = EMPTY;
  private long retryMs = -1;
  private final TypeNames types = new TypeNames();

  EventFields(int eventBytesMax, Consumer<SseEvent> events) {
    this.eventBytesMax = eventBytesMax;
    this.events = events;
  }

  byte[] lastEventId() {
    return lastEventId;
  }

  long retryMs() {
    return retryMs;
  }

  /** Takes a field's value; the bytes stay as they are until {@link #keepSlice}. */
  void set(Field field, byte[] bytes, int from, int to) {
    checkSize(field, to - from);
    switch (field) {
      case DATA -> data(bytes, from, to);
      case EVENT -> type = from == to ? EMPTY : types.of(bytes, from, to);
      case ID -> id(bytes, from, to);
      case RETRY -> retry(bytes, from, to);
      case ERROR -> error(bytes, from, to);
      case IGNORED -> {}
    }
  }

  private void data(byte[] bytes, int from, int to) {
    if (dataLines == 0) {
      slice = bytes;
      sliced = true;
      sliceFrom = from;
      sliceTo = to;
    } else {
      keepSlice();
      data.append(LF);
      data.append(bytes, from, to);
    }
    dataLines++;
  }

  private void id(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == 0) {
        return;
      }
    }
    id = from == to ? EMPTY : Arrays.copyOfRange(bytes, from, to);
    lastIdBuffer = id;
  }

  private void retry(byte[] bytes, int from, int to) {
    long value = from == to ? -1 : 0;
    for (int i = from; i < to; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        return;
      }
      value = value > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : 10 * value + digit;
    }
    retryMs = value < 0 ? retryMs : value;
  }

  /** Dispatches an event of its own if the value is a JSON object, after what is in the block. */
  private void error(byte[] bytes, int from, int to) {
    if (from < to && bytes[from] == '{') {
      dispatch();
      events.accept(new SseEvent(ERROR_TYPE, Arrays.copyOfRange(bytes, from, to), NO_ID, 1));
    }
  }

  /** Ends the block, and dispatches an event if it had data. */
  void dispatch() {
    lastEventId = lastIdBuffer;
    if (dataLines == 0) {
      type = EMPTY;
      return;
    }
    events.accept(take());
  }

  /** The block as an event, if it has data; it begins anew. */
  Optional<SseEvent> unfinished() {
    return dataLines == 0 ? Optional.empty() : Optional.of(take());
  }

  private SseEvent take() {
    byte[] bytes = sliced ? Arrays.copyOfRange(slice, sliceFrom, sliceTo) : data.toArray();
    var event = new SseEvent(type, bytes, id, dataLines);
    sliced = false;
    data.clear();
    dataLines = 0;
    type = EMPTY;
    id = NO_ID;
    return event;
  }

  /** Copies what is only pointed at: the memory is about to change. */
  void keepSlice() {
    if (sliced) {
      data.append(slice, sliceFrom, sliceTo);
      sliced = false;
    }
    slice = EMPTY;
  }

  /** Refuses a value of so many bytes, or more to come, if the event would pass the bound. */
  void checkSize(Field field, long valueBytes) {
    int dataBytes = sliced ? sliceTo - sliceFrom : data.length();
    long held = (long) type.length + id.length + dataBytes;
    long separator = field == Field.DATA && dataLines > 0 ? 1 : 0;
    if (held + separator + valueBytes > eventBytesMax) {
      throw new EventTooLargeException(eventBytesMax);
    }
  }
}
