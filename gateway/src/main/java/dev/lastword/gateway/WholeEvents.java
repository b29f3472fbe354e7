package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/**
 * Passes an event stream of the gateway's own on in whole events, and knows which was the last: a
 * reader who has part of an event cannot be told the rest of it by somebody else. An event that is
 * longer than {@link #HELD_MAX} goes out in parts all the same.
 */
final class WholeEvents {
  /** Bytes of an event that are held back until it is whole. */
  static final int HELD_MAX = 64 << 10;

  private static final byte LF = '\n';
  private static final byte CR = '\r';

  private final ByteBuf held = ByteBufAllocator.DEFAULT.buffer(256);

  /** Where the line begins that is not whole yet. */
  private int line;

  /** The line began in what has been passed on. */
  private boolean torn;

  /** Some of the event's lines have been read, of which readers make something. */
  private boolean begun;

  /** Some of the event has been passed on. */
  private boolean partial;

  private String id = "";
  private String lastId;

  /**
   * @param lastId the event that its reader has seen last; empty for none
   */
  WholeEvents(String lastId) {
    this.lastId = lastId;
  }

  /** The id of the last event that was passed on; empty if none was. */
  String lastId() {
    return lastId;
  }

  /** Whether a part of an event was passed on, and not yet all of it. */
  boolean isPartial() {
    return partial;
  }

  /** Takes a part; what can be passed on is the caller's to release, and may be empty. */
  ByteBuf take(ByteBuf part) {
    held.writeBytes(part);
    int whole = 0;
    for (int end = end(); end >= 0; end = end()) {
      if (read(line, end)) {
        whole = end + 1;
        partial = false;
      }
      torn = false;
      line = end + 1;
    }
    if (held.writerIndex() - whole > HELD_MAX) {
      whole = held.writerIndex();
      partial = true;
      torn = line < whole;
      line = whole;
    }
    return cut(whole);
  }

  private int end() {
    return held.indexOf(line, held.writerIndex(), LF);
  }

  /** Reads a line; returns whether all that is there may be passed on with it. */
  private boolean read(int from, int end) {
    int last = end > from && held.getByte(end - 1) == CR ? end - 1 : end;
    if (torn) {
      begun = true;
      return false;
    }
    if (last == from) {
      if (begun && !id.isEmpty()) {
        lastId = id;
      }
      id = "";
      begun = false;
      return true;
    }
    if (held.getByte(from) == ':') {
      return !begun;
    }
    begun = true;
    if (startsWithId(from, last)) {
      id = held.toString(from + 3, last - from - 3, StandardCharsets.UTF_8).strip();
    }
    return false;
  }

  private boolean startsWithId(int from, int last) {
    return last - from > 3
        && held.getByte(from) == 'i'
        && held.getByte(from + 1) == 'd'
        && held.getByte(from + 2) == ':';
  }

  private ByteBuf cut(int whole) {
    var out = held.readBytes(whole);
    held.discardReadBytes();
    line -= whole;
    return out;
  }

  /** Whoever has said it says it again. Only where no event was passed on in part. */
  void forgetRest() {
    held.clear();
    line = 0;
    torn = false;
    begun = false;
    id = "";
  }

  /** Forgets what was not passed on. */
  void close() {
    held.release();
  }
}
