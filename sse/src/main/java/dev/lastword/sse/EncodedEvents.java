package dev.lastword.sse;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A run of events, encoded once as they go on the wire, with the boundary of each.
 *
 * <p>The wire form of an event is {@code event: <type>} (left out when the sender gave none), one
 * {@code data: } line for each line of data, and a blank line; LF only. No {@code id} line: whoever
 * writes to a reader adds one where the reader wants it. Immutable; arrays handed out are shared
 * and must not be changed.
 */
public final class EncodedEvents {
  /** No events. */
  public static final EncodedEvents NONE = of(List.of());

  private EncodedEvents() {}

  /**
   * Encodes events. CR, LF and NUL that a caller put into a type or an id cannot become a field of
   * their own.
   */
  public static EncodedEvents of(List<SseEvent> events) {
    throw new UnsupportedOperationException();
  }

  /** Number of events. */
  public int count() {
    throw new UnsupportedOperationException();
  }

  /** Length of the wire form in bytes. */
  public int length() {
    throw new UnsupportedOperationException();
  }

  /**
   * The wire form of all events, one after the other; {@link #length()} bytes. Shared: do not
   * change.
   */
  public byte[] wire() {
    throw new UnsupportedOperationException();
  }

  /**
   * Where event {@code i} (from 0) ends in the wire form, exclusive; it starts where the one before
   * ends.
   */
  public int end(int i) {
    throw new UnsupportedOperationException();
  }

  /** The id that the upstream gave event {@code i}, {@code ""} for none. */
  public String upstreamId(int i) {
    throw new UnsupportedOperationException();
  }

  /** The events from number {@code from} (from 0) to the last. */
  public EncodedEvents from(int from) {
    return slice(from, count());
  }

  /** The events from number {@code from} (from 0) to before {@code to}. */
  public EncodedEvents slice(int from, int to) {
    throw new UnsupportedOperationException();
  }

  /** The events decoded again: equal to what was encoded. */
  public List<SseEvent> decode() {
    throw new UnsupportedOperationException();
  }

  /** Bytes that {@link #writeTo} writes. */
  public int storedLength() {
    throw new UnsupportedOperationException();
  }

  /** Writes the stored form (docs/formats/journal.md §4): boundaries, upstream ids, wire bytes. */
  public void writeTo(ByteBuffer out) {
    throw new UnsupportedOperationException();
  }

  /**
   * Reads the stored form.
   *
   * @throws IllegalArgumentException if the bytes are not a stored form
   */
  public static EncodedEvents readFrom(ByteBuffer in) {
    throw new UnsupportedOperationException();
  }
}
