package dev.lastword.sse;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * One dispatched Server-Sent Event, as a parser hands it out (WHATWG HTML §9.2.6).
 *
 * <p>Holds the bytes as they were sent and decodes them when asked, so that relaying an event never
 * decodes it. Arrays handed in or out are shared and must not be changed.
 *
 * <p>The id is the one that was set since the event before, by this event's own block or by blocks
 * without data ahead of it; it is not the last event ID (§9.2.4), which an event without an id
 * leaves as it is. An id that is set and empty resets the last event ID, so {@link #hasId} tells
 * "set to nothing" from "not set". Writing each event with its id, where it has one, gives a stream
 * whose events have the same last event IDs as the original's.
 */
public final class SseEvent {
  static final byte[] EMPTY = {};

  /** Stands for "not set"; known by identity. */
  static final byte[] NO_ID = {};

  private final byte[] type;
  private final byte[] data;
  private final byte[] id;
  private final int lines;

  /**
   * An event from its UTF-8 fields.
   *
   * @param type the event's type, empty for the default one
   * @param data the data; CR, LF and CRLF each end a line and are kept as LF
   * @param id the id to set, empty for none; {@link #withId} can also set an empty one
   * @throws IllegalArgumentException if the type or the id contains CR, LF or NUL, which could
   *     become a field of their own
   */
  public SseEvent(byte[] type, byte[] data, byte[] id) {
    this.type = oneLine("type", type);
    this.data = DataLines.normalised(data);
    this.id = id.length == 0 ? NO_ID : oneLine("id", id);
    this.lines = DataLines.count(this.data);
  }

  /** What a parser read, or what was checked before; {@code lines} counts the lines of data. */
  SseEvent(byte[] type, byte[] data, byte[] id, int lines) {
    this.type = type;
    this.data = data;
    this.id = id;
    this.lines = lines;
  }

  /** An event of the default type; see {@link #SseEvent} for line ends in the data. */
  public static SseEvent of(String data) {
    return of("", data);
  }

  /**
   * An event of a type; see {@link #SseEvent} for line ends in the data.
   *
   * @throws IllegalArgumentException if the type contains CR, LF or NUL
   */
  public static SseEvent of(String type, String data) {
    return new SseEvent(type.getBytes(UTF_8), data.getBytes(UTF_8), NO_ID);
  }

  /**
   * This event with another id; {@code ""} sets the empty id, which resets the last event ID.
   *
   * @throws IllegalArgumentException if the id contains CR, LF or NUL
   */
  public SseEvent withId(String id) {
    return new SseEvent(
        type, data, id.isEmpty() ? EMPTY : oneLine("id", id.getBytes(UTF_8)), lines);
  }

  /** This event with the id of another one, checked before. */
  SseEvent withIdBytes(byte[] id) {
    return new SseEvent(type, data, id, lines);
  }

  /** The event's type, {@code "message"} when the sender gave none. */
  public String type() {
    return type.length == 0 ? "message" : Utf8.decode(type);
  }

  /**
   * The event's data, its lines joined by LF. Decoded at each call; bytes that are not UTF-8 become
   * U+FFFD.
   */
  public String data() {
    return Utf8.decode(data);
  }

  /** The id that was set since the event before, {@code ""} when none was or when it is empty. */
  public String id() {
    return Utf8.decode(id);
  }

  /** Whether an id was set since the event before, be it an empty one. */
  public boolean hasId() {
    return isSet(id);
  }

  /** The bytes of the type as sent, empty when the sender gave none. Shared: do not change. */
  public byte[] typeBytes() {
    return type;
  }

  /** The bytes of the data as sent, lines joined by LF. Shared: do not change. */
  public byte[] dataBytes() {
    return data;
  }

  /** The bytes of the id as sent. Shared: do not change. */
  public byte[] idBytes() {
    return id;
  }

  /** Whether an event's id bytes are an id, or stand for none. */
  @SuppressWarnings("ReferenceEquality") // an id that is set may be empty, too
  static boolean isSet(byte[] id) {
    return id != NO_ID;
  }

  /** Number of lines in the data, at least 1. */
  int lines() {
    return lines;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SseEvent e
        && hasId() == e.hasId()
        && Arrays.equals(type, e.type)
        && Arrays.equals(data, e.data)
        && Arrays.equals(id, e.id);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(type) + Arrays.hashCode(data);
  }

  /** Names the event without its content, so that no log line can leak a conversation. */
  @Override
  public String toString() {
    return "SseEvent[type=" + type() + ", id=" + id() + ", data_bytes=" + data.length + "]";
  }

  private static byte[] oneLine(String field, byte[] value) {
    for (byte b : value) {
      if (b == LineEnds.CR || b == LineEnds.LF || b == 0) {
        throw new IllegalArgumentException("an event's " + field + " contains CR, LF or NUL");
      }
    }
    return value;
  }
}
