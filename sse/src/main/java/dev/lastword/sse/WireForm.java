package dev.lastword.sse;

import static dev.lastword.sse.LineEnds.LF;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** How one event is written: {@code event: } if it has a type, {@code data: } lines, blank line. */
final class WireForm {
  private static final byte[] EVENT = "event: ".getBytes(US_ASCII);
  private static final byte[] ID = "id: ".getBytes(US_ASCII);
  private static final byte[] DATA = "data: ".getBytes(US_ASCII);

  /** Where the type begins in the line that says it. */
  static final int TYPE_AT = EVENT.length;

  private WireForm() {}

  static long length(SseEvent event) {
    int type = event.typeBytes().length;
    long head = type == 0 ? 0 : (long) EVENT.length + type + 1;
    return head + event.dataBytes().length + (long) event.lines() * DATA.length + 2;
  }

  /** Writes an event and returns the index after it. */
  static int write(SseEvent event, byte[] out, int off) {
    byte[] type = event.typeBytes();
    byte[] data = event.dataBytes();
    int at = off;
    if (type.length > 0) {
      at = line(EVENT, type, 0, type.length, out, at);
    }
    int from = 0;
    for (int rest = event.lines(); rest > 1; rest--) {
      int to = LineEnds.find(data, from, data.length);
      at = line(DATA, data, from, to, out, at);
      from = to + 1;
    }
    at = line(DATA, data, from, data.length, out, at);
    out[at] = LF;
    return at + 1;
  }

  private static int line(byte[] field, byte[] value, int from, int to, byte[] out, int off) {
    System.arraycopy(field, 0, out, off, field.length);
    int at = off + field.length;
    System.arraycopy(value, from, out, at, to - from);
    at += to - from;
    out[at] = LF;
    return at + 1;
  }

  /**
   * Length of one event's data on a line of its own, as {@link #writeLine} writes it.
   *
   * @param wire the event's wire form, from {@code from} to {@code to}
   */
  static int lineLength(byte[] wire, int from, int to) {
    int length = 0;
    for (int at = from; at < to - 1; ) {
      int end = LineEnds.find(wire, at, to);
      length += startsWith(DATA, wire, at, to) ? end - at - DATA.length + 1 : 0;
      at = end + 1;
    }
    return length;
  }

  /** Writes one event's data and LF: of data that has several lines, a space between them. */
  static void writeLine(byte[] wire, int from, int to, ByteBuffer out) {
    boolean more = false;
    for (int at = from; at < to - 1; ) {
      int end = LineEnds.find(wire, at, to);
      if (startsWith(DATA, wire, at, to)) {
        if (more) {
          out.put((byte) ' ');
        }
        out.put(wire, at + DATA.length, end - at - DATA.length);
        more = true;
      }
      at = end + 1;
    }
    out.put(LF);
  }

  /** Whether an event's wire form says its type. */
  static boolean isTyped(byte[] wire, int from, int to) {
    return startsWith(EVENT, wire, from, to);
  }

  /**
   * Copies the data of an event, its lines joined by LF, and returns its length.
   *
   * @param wire the event's wire form behind the line of its type, from {@code from} to {@code to}
   * @param out has room for as many bytes
   */
  static int copyData(byte[] wire, int from, int to, byte[] out) {
    int length = 0;
    for (int at = from; at < to - 1; ) {
      if (at > from) {
        out[length++] = LF;
      }
      int end = LineEnds.find(wire, at, to);
      int lineAt = at + DATA.length;
      System.arraycopy(wire, lineAt, out, length, end - lineAt);
      length += end - lineAt;
      at = end + 1;
    }
    return length;
  }

  static long idLength(byte[] id) {
    return (long) ID.length + id.length + 1;
  }

  /** Writes the line that sets an id. */
  static void writeId(byte[] id, ByteBuffer out) {
    out.put(ID).put(id).put(LF);
  }

  /** Whether {@code wire[from, to)} is exactly what {@link #write} makes of some event. */
  static boolean isOneEvent(byte[] wire, int from, int to) {
    int at = from;
    if (startsWith(EVENT, wire, at, to)) {
      int valueFrom = at + EVENT.length;
      at = afterLine(wire, valueFrom, to);
      if (at <= valueFrom + 1) {
        return false;
      }
    }
    int lines = 0;
    while (startsWith(DATA, wire, at, to)) {
      at = afterLine(wire, at + DATA.length, to);
      if (at < 0) {
        return false;
      }
      lines++;
    }
    return lines > 0 && at == to - 1 && wire[at] == LF;
  }

  private static boolean startsWith(byte[] field, byte[] wire, int from, int to) {
    return to - from >= field.length
        && Arrays.equals(wire, from, from + field.length, field, 0, field.length);
  }

  /** Index after the line's LF, or -1 if the line ends otherwise. */
  private static int afterLine(byte[] wire, int from, int to) {
    int end = LineEnds.find(wire, from, to);
    return end < to && wire[end] == LF ? end + 1 : -1;
  }
}
