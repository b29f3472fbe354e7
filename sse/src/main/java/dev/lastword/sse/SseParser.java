package dev.lastword.sse;

import static dev.lastword.sse.LineEnds.CR;
import static dev.lastword.sse.LineEnds.LF;

import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
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
public final class SseParser implements EventParser {
  private static final byte[] BOM = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final int SCRATCH_BYTES_MAX = 4 * 1024;

  private final EventFields fields;

  /** Whether a line {@code error: {…}} is an event. */
  private final boolean errors;

  /** A line whose end has not arrived yet. */
  private final ByteBuilder partial = new ByteBuilder();

  /** Whether the rest of such a line is of no use. */
  private boolean skippingLine;

  /** Whether the byte before was a CR, to which an LF would belong. */
  private boolean afterCr;

  private int bomBytesSeen;
  private boolean stopped;
  private byte[] scratch = {};

  /**
   * A parser at the start of a body.
   *
   * @param eventBytesMax most bytes, at least 1, that the values of one event's fields may take
   *     together; comments and unknown fields take none
   * @param events receives each event as its blank line arrives, on the thread that feeds
   */
  public SseParser(int eventBytesMax, Consumer<SseEvent> events) {
    this(eventBytesMax, events, false);
  }

  /** A parser that also reads what {@link Framing#EVENTS} says beyond the specification. */
  static SseParser ofUpstream(int eventBytesMax, Consumer<SseEvent> events) {
    return new SseParser(eventBytesMax, events, true);
  }

  private SseParser(int eventBytesMax, Consumer<SseEvent> events, boolean errors) {
    if (eventBytesMax < 1) {
      throw new IllegalArgumentException("eventBytesMax is " + eventBytesMax + ", not positive");
    }
    fields = new EventFields(eventBytesMax, events);
    this.errors = errors;
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

  @Override
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

  @Override
  public Optional<SseEvent> unfinished() {
    stopped = true;
    if (!skippingLine && partial.length() > 0) {
      line(partial.array(), 0, partial.length());
    }
    return fields.unfinished();
  }

  /**
   * The last event ID (§9.2.4): kept across events, also set by a block without data; {@code ""}
   * until one was set.
   */
  public String lastEventId() {
    return Utf8.decode(fields.lastEventId());
  }

  /** The last valid {@code retry} field in milliseconds, or -1. */
  public long retryMs() {
    return fields.retryMs();
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
    fields.keepSlice();
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
      var field = Field.of(partial.array(), 0, partial.length(), errors);
      if (field == Field.IGNORED) {
        partial.clear();
        skippingLine = true;
        return;
      }
      int known = partial.length() - field.valueStart(partial.array(), 0, partial.length());
      fields.checkSize(field, (long) known + (to - rest));
    }
    partial.append(bytes, rest, to);
  }

  private void line(byte[] bytes, int from, int to) {
    if (from == to) {
      fields.dispatch();
      return;
    }
    var field = Field.of(bytes, from, to, errors);
    if (field != Field.IGNORED) {
      fields.set(field, bytes, field.valueStart(bytes, from, to), to);
    }
  }
}
