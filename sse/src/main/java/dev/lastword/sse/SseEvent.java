package dev.lastword.sse;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One dispatched Server-Sent Event, as a parser hands it out (WHATWG HTML §9.2.6).
 *
 * <p>Holds the bytes as they were sent and decodes them when asked, so that relaying an event never
 * decodes it. Arrays handed in or out are shared and must not be changed.
 */
public final class SseEvent {
  private static final byte[] EMPTY = {};

  private final byte[] type;
  private final byte[] data;
  private final byte[] id;

  /**
   * An event from its raw UTF-8 fields.
   *
   * @param type value of the last {@code event} field, empty if there was none; without CR and LF
   * @param data the joined {@code data} lines, without the last LF; may contain LF, never CR
   * @param id value of the {@code id} field that was set in this event's own block, empty if there
   *     was none; without CR, LF and NUL
   */
  public SseEvent(byte[] type, byte[] data, byte[] id) {
    this.type = type;
    this.data = data;
    this.id = id;
  }

  /** An event of the default type. */
  public static SseEvent of(String data) {
    return new SseEvent(EMPTY, data.getBytes(StandardCharsets.UTF_8), EMPTY);
  }

  /** An event of a type. */
  public static SseEvent of(String type, String data) {
    return new SseEvent(
        type.getBytes(StandardCharsets.UTF_8), data.getBytes(StandardCharsets.UTF_8), EMPTY);
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

  /** The id of this event's own block, {@code ""} when there was none. */
  public String id() {
    return Utf8.decode(id);
  }

  /** The bytes of the type as sent, empty when the sender gave none. Shared: do not change. */
  public byte[] typeBytes() {
    return type;
  }

  /** The bytes of the data as sent. Shared: do not change. */
  public byte[] dataBytes() {
    return data;
  }

  /** The bytes of the id as sent. Shared: do not change. */
  public byte[] idBytes() {
    return id;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SseEvent e
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
}
