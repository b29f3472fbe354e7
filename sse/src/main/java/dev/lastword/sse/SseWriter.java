package dev.lastword.sse;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/**
 * Writes an event stream into memory, LF only: events as {@link EncodedEvents} has them, and the
 * lines that may stand before them in a block.
 *
 * <p>{@link #comment}, {@link #id} and {@link #retry} write one line of a block that {@link
 * #event}, the first of {@link #events} or {@link #blankLine} ends. Not thread-safe.
 */
public final class SseWriter {
  private static final byte[] COMMENT = ": ".getBytes(US_ASCII);
  private static final byte[] RETRY = "retry: ".getBytes(US_ASCII);

  private final ByteBuilder out = new ByteBuilder();

  /** A writer with nothing written. */
  public SseWriter() {}

  /** Writes a comment line, {@code : <text>}; a text of several lines becomes as many comments. */
  public SseWriter comment(String text) {
    byte[] lines = DataLines.normalised(text.getBytes(UTF_8));
    int from = 0;
    for (int rest = DataLines.count(lines); rest > 0; rest--) {
      int to = LineEnds.find(lines, from, lines.length);
      out.append(COMMENT, 0, COMMENT.length);
      out.append(lines, from, to);
      out.append(LineEnds.LF);
      from = to + 1;
    }
    return this;
  }

  /**
   * Writes {@code id: <epoch>-<seq>}.
   *
   * @throws IllegalArgumentException if one of them is negative
   */
  public SseWriter id(long epoch, long seq) {
    var line = new IdLine(epoch, seq);
    out.append(line.bytes(), 0, line.length());
    return this;
  }

  /**
   * Writes {@code retry: <ms>}.
   *
   * @param ms time before a reader reconnects, in milliseconds
   * @throws IllegalArgumentException if it is negative
   */
  public SseWriter retry(long ms) {
    if (ms < 0) {
      throw new IllegalArgumentException("retry is " + ms + " ms, negative");
    }
    byte[] digits = Long.toString(ms).getBytes(US_ASCII);
    out.append(RETRY, 0, RETRY.length);
    out.append(digits, 0, digits.length);
    out.append(LineEnds.LF);
    return this;
  }

  /** Writes an event with its blank line and without its id. */
  public SseWriter event(SseEvent event) {
    int length = Math.toIntExact(WireForm.length(event));
    int off = out.extend(length);
    WireForm.write(event, out.array(), off);
    return this;
  }

  /** Writes events with their blank lines and without ids. */
  public SseWriter events(EncodedEvents events) {
    out.append(events.wire(), 0, events.length());
    return this;
  }

  /**
   * Writes events as {@link EncodedEvents#writeWithIds(byte[], int, long, long)} does.
   *
   * @throws IllegalArgumentException if {@code epoch} or {@code firstSeq} is negative
   */
  public SseWriter eventsWithIds(EncodedEvents events, long epoch, long firstSeq) {
    int off = out.extend(events.lengthWithIds(epoch, firstSeq));
    events.writeWithIds(out.array(), off, epoch, firstSeq);
    return this;
  }

  /** Writes a blank line, which ends the block. */
  public SseWriter blankLine() {
    out.append(LineEnds.LF);
    return this;
  }

  /** Number of bytes written. */
  public int length() {
    return out.length();
  }

  /** A copy of what was written. */
  public byte[] toByteArray() {
    return out.toArray();
  }

  /** Puts what was written into a buffer with at least {@link #length()} bytes of room. */
  public void writeTo(ByteBuffer to) {
    to.put(out.array(), 0, out.length());
  }
}
