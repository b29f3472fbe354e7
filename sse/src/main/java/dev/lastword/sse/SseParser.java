package dev.lastword.sse;

import static dev.lastword.sse.LineEnds.CR;
import static dev.lastword.sse.LineEnds.LF;
import static dev.lastword.sse.SseEvent.EMPTY;
import static dev.lastword.sse.SseEvent.NO_ID;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Turns the bytes of an event stream into events, however they are cut (WHATWG HTML §9.2.6).
 *
 * <p>An event is dispatched with the byte that ends its blank line; a CR at the end of the input
 * ends the line at once, and an LF that follows belongs to it. What has no blank line behind it
 * when the input ends is never dispatched. Nothing is decoded on the way.
 *
 * <p>Not thread-safe: one parser, one response. Once {@link #feed} has thrown, the parser takes no
 * more input.
 */
public final class SseParser {
  private static final byte[] BOM = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final int SCRATCH_BYTES_MAX = 4 * 1024;

  private final int eventBytesMax;
  private final Consumer<SseEvent> events;

  /** A line whose end has not arrived yet. */
  private final ByteBuilder partial = new ByteBuilder();

  /** The data lines of the block, joined; empty while {@link #slice} holds the only one. */
  private final ByteBuilder data = new ByteBuilder();

  /**
   * Where the block's only data line lies if {@link #sliced}, so that it is copied once: in the fed
   * array or in {@link #partial}, and therefore only until the call ends.
   */
  private byte[] slice = EMPTY;

  private int sliceFrom;
  private int sliceTo;
  private boolean sliced;

  private final TypeNames types = new TypeNames();

  private int dataLines;
  private byte[] type = EMPTY;
  private byte[] id = NO_ID;
  private byte[] lastIdBuffer = EMPTY;
  private byte[] lastEventId = EMPTY;
  private long retryMs = -1;

  private byte[] scratch = EMPTY;
  private int bomBytesSeen;
  private boolean afterCr;
  private boolean skippingLine;
  private boolean stopped;

  /**
   * A parser at the start of a body.
   *
   * @param eventBytesMax most bytes, at least 1, that the values of one event's fields may take
   *     together; comments and unknown fields take none
   * @param events receives each event as its blank line arrives, on the thread that feeds
   */
  public SseParser(int eventBytesMax, Consumer<SseEvent> events) {
    if (eventBytesMax < 1) {
      throw new IllegalArgumentException("eventBytesMax is " + eventBytesMax + ", not positive");
    }
    this.eventBytesMax = eventBytesMax;
    this.events = events;
  }

  /**
   * Takes bytes {@code off} to {@code off + len}; the array is not kept.
   *
   * @throws EventTooLargeException if an event grows past the bound; events before it have been
   *     dispatched
   * @throws IllegalStateException if an earlier call has thrown
   */
  public void feed(byte[] bytes, int off, int len) {
    Objects.checkFromIndexSize(off, len, bytes.length);
    if (stopped) {
      throw new IllegalStateException("the parser stopped at an earlier exception");
    }
    stopped = true;
    parse(bytes, off, off + len);
    stopped = false;
  }

  /**
   * Takes the remaining bytes, heap or direct; the buffer is not kept, its position ends at its
   * limit.
   *
   * @throws EventTooLargeException as {@link #feed(byte[], int, int)}
   * @throws IllegalStateException if an earlier call has thrown
   */
  public void feed(ByteBuffer bytes) {
    if (bytes.hasArray()) {
      int off = bytes.arrayOffset() + bytes.position();
      int len = bytes.remaining();
      bytes.position(bytes.limit());
      feed(bytes.array(), off, len);
      return;
    }
    while (bytes.hasRemaining()) {
      int len = Math.min(bytes.remaining(), SCRATCH_BYTES_MAX);
      if (scratch.length < len) {
        scratch = new byte[Math.max(512, Integer.highestOneBit(2 * len - 1))];
      }
      bytes.get(scratch, 0, len);
      feed(scratch, 0, len);
    }
  }

  /**
   * The last event ID (§9.2.4): kept across events, also set by a block without data; {@code ""}
   * until one was set.
   */
  public String lastEventId() {
    return Utf8.decode(lastEventId);
  }

  /** The last valid {@code retry} field in milliseconds, or -1. */
  public long retryMs() {
    return retryMs;
  }

  private void parse(byte[] bytes, int from, int end) {
    int at = bomBytesSeen < BOM.length ? skipBom(bytes, from, end) : from;
    if (afterCr && at < end) {
      at += bytes[at] == LF ? 1 : 0;
      afterCr = false;
    }
    boolean lineOpen = skippingLine || partial.length() > 0;
    while (at < end) {
      int lineEnd = LineEnds.find(bytes, at, end);
      if (lineEnd == end) {
        break;
      }
      if (lineOpen) {
        endOpenLine(bytes, at, lineEnd);
        lineOpen = false;
      } else {
        line(bytes, at, lineEnd);
      }
      at = lineEnd + 1;
      if (bytes[lineEnd] == CR) {
        afterCr = at == end;
        at += at < end && bytes[at] == LF ? 1 : 0;
      }
    }
    keepSlice();
    slice = EMPTY;
    if (at < end && !skippingLine) {
      keepPartialLine(bytes, at, end);
    }
  }

  private int skipBom(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end && bomBytesSeen < BOM.length) {
      if (bytes[at] != BOM[bomBytesSeen]) {
        // The part of a BOM that was taken opens a line, and no field's name begins so.
        skippingLine = bomBytesSeen > 0;
        bomBytesSeen = BOM.length;
        return at;
      }
      at++;
      bomBytesSeen++;
    }
    return at;
  }

  /** Takes the rest of a line that began in an earlier call. */
  private void endOpenLine(byte[] bytes, int from, int to) {
    if (!skippingLine) {
      keepPartialLine(bytes, from, to);
    }
    if (!skippingLine) {
      line(partial.array(), 0, partial.length());
      partial.clear();
    }
    skippingLine = false;
  }

  /** Keeps what came of a line, or starts to skip it once it is known to be of no use. */
  private void keepPartialLine(byte[] bytes, int from, int to) {
    int undecided = Math.max(0, Field.DECIDED_BYTES - partial.length());
    int rest = from + Math.min(to - from, undecided);
    partial.append(bytes, from, rest);
    if (partial.length() >= Field.DECIDED_BYTES) {
      var field = Field.of(partial.array(), 0, partial.length());
      if (field == Field.IGNORED) {
        partial.clear();
        skippingLine = true;
        return;
      }
      int known = partial.length() - field.valueStart(partial.array(), 0, partial.length());
      checkSize(field, (long) known + (to - rest));
    }
    partial.append(bytes, rest, to);
  }

  private void line(byte[] bytes, int from, int to) {
    if (from == to) {
      dispatch();
      return;
    }
    var field = Field.of(bytes, from, to);
    if (field == Field.IGNORED) {
      return;
    }
    int value = field.valueStart(bytes, from, to);
    checkSize(field, to - value);
    switch (field) {
      case DATA -> data(bytes, value, to);
      case EVENT -> type = value == to ? EMPTY : types.of(bytes, value, to);
      case ID -> id(bytes, value, to);
      case RETRY -> retry(bytes, value, to);
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

  private void dispatch() {
    lastEventId = lastIdBuffer;
    if (dataLines == 0) {
      type = EMPTY;
      return;
    }
    byte[] bytes = sliced ? Arrays.copyOfRange(slice, sliceFrom, sliceTo) : data.toArray();
    var event = new SseEvent(type, bytes, id, dataLines);
    sliced = false;
    data.clear();
    dataLines = 0;
    type = EMPTY;
    id = NO_ID;
    events.accept(event);
  }

  /** Moves the only data line out of memory that is about to change or that is not ours. */
  private void keepSlice() {
    if (sliced) {
      data.append(slice, sliceFrom, sliceTo);
      sliced = false;
    }
  }

  /** Refuses a value with which the fields held would pass the bound. */
  private void checkSize(Field field, long valueBytes) {
    int dataBytes = sliced ? sliceTo - sliceFrom : data.length();
    long held = (long) type.length + id.length + dataBytes;
    long separator = field == Field.DATA && dataLines > 0 ? 1 : 0;
    if (held + separator + valueBytes > eventBytesMax) {
      throw new EventTooLargeException(eventBytesMax);
    }
  }
}
