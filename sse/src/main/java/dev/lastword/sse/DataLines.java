package dev.lastword.sse;

import static dev.lastword.sse.LineEnds.CR;
import static dev.lastword.sse.LineEnds.LF;

/** The lines of an event's data. */
final class DataLines {
  private DataLines() {}

  /** Makes LF of each CR, LF and CRLF; gives the same array where that changes nothing. */
  static byte[] normalised(byte[] data) {
    int end = LineEnds.find(data, 0, data.length);
    while (end < data.length && data[end] == LF) {
      end = LineEnds.find(data, end + 1, data.length);
    }
    return end == data.length ? data : withoutCr(data);
  }

  private static byte[] withoutCr(byte[] data) {
    var lines = new ByteBuilder();
    int from = 0;
    int end = LineEnds.find(data, 0, data.length);
    while (end < data.length) {
      lines.append(data, from, end);
      lines.append(LF);
      boolean crLf = data[end] == CR && end + 1 < data.length && data[end + 1] == LF;
      from = end + (crLf ? 2 : 1);
      end = LineEnds.find(data, from, data.length);
    }
    lines.append(data, from, end);
    return lines.toArray();
  }

  /** Number of lines in normalised data, at least 1. */
  static int count(byte[] data) {
    int lines = 1;
    int end = LineEnds.find(data, 0, data.length);
    while (end < data.length) {
      lines++;
      end = LineEnds.find(data, end + 1, data.length);
    }
    return lines;
  }
}
