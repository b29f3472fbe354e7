package dev.lastword.sse;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * A run of events, encoded once as they go on the wire, with the boundary of each.
 *
 * <p>The wire form of an event is {@code event: <type>} (left out when the sender gave none), one
 * {@code data: } line for each line of data, and a blank line; LF only. No {@code id} line: whoever
 * writes to a reader adds one where the reader wants it. Immutable; arrays handed out are shared
 * and must not be changed.
 */
public final class EncodedEvents {
  private static final byte[][] NO_IDS = {};
  private static final int ARRAY_LENGTH_MAX = Integer.MAX_VALUE - 8;

  /** No events. */
  public static final EncodedEvents NONE = new EncodedEvents(new byte[0], new int[0], NO_IDS);

  private final byte[] wire;
  private final int[] ends;

  /** The upstream's id of each event, or no element at all if none has one. */
  private final byte[][] ids;

  private EncodedEvents(byte[] wire, int[] ends, byte[][] ids) {
    this.wire = wire;
    this.ends = ends;
    this.ids = ids;
  }

  /**
   * Encodes events.
   *
   * @throws IllegalArgumentException if the wire form would be longer than an array can be
   */
  public static EncodedEvents of(List<SseEvent> events) {
    if (events.isEmpty()) {
      return NONE;
    }
    int[] ends = new int[events.size()];
    boolean anyId = false;
    long length = 0;
    for (int i = 0; i < ends.length; i++) {
      var event = events.get(i);
      length += WireForm.length(event);
      ends[i] = checkedLength(length);
      anyId |= event.hasId();
    }
    byte[] wire = new byte[(int) length];
    byte[][] ids = anyId ? new byte[ends.length][] : NO_IDS;
    int at = 0;
    for (int i = 0; i < ends.length; i++) {
      var event = events.get(i);
      at = WireForm.write(event, wire, at);
      if (anyId) {
        ids[i] = event.idBytes();
      }
    }
    return new EncodedEvents(wire, ends, ids);
  }

  /** Number of events. */
  public int count() {
    return ends.length;
  }

  /** Length of the wire form in bytes. */
  public int length() {
    return wire.length;
  }

  /**
   * The wire form of all events, one after the other; {@link #length()} bytes. Shared: do not
   * change.
   */
  public byte[] wire() {
    return wire;
  }

  /**
   * Where event {@code i} (from 0) ends in the wire form, exclusive; it starts where the one before
   * ends.
   */
  public int end(int i) {
    return ends[i];
  }

  /** Where event {@code i} (from 0) starts in the wire form. */
  public int start(int i) {
    return i == 0 ? 0 : ends[i - 1];
  }

  /**
   * Whether the upstream gave event {@code i} an id, be it an empty one ({@link SseEvent#hasId}).
   */
  public boolean hasUpstreamId(int i) {
    Objects.checkIndex(i, ends.length);
    return ids.length > 0 && SseEvent.isSet(ids[i]);
  }

  /** The id that the upstream gave event {@code i}, {@code ""} for none or an empty one. */
  public String upstreamId(int i) {
    Objects.checkIndex(i, ends.length);
    return ids.length == 0 ? "" : Utf8.decode(ids[i]);
  }

  /** The events from number {@code from} (from 0) to the last; none if it is {@link #count()}. */
  public EncodedEvents from(int from) {
    return slice(from, ends.length);
  }

  /** The events from number {@code from} (from 0) to before {@code to}. */
  public EncodedEvents slice(int from, int to) {
    Objects.checkFromToIndex(from, to, ends.length);
    if (from == 0 && to == ends.length) {
      return this;
    }
    if (from == to) {
      return NONE;
    }
    int start = start(from);
    int[] moved = Arrays.copyOfRange(ends, from, to);
    for (int i = 0; i < moved.length; i++) {
      moved[i] -= start;
    }
    byte[][] some = ids.length == 0 ? NO_IDS : Arrays.copyOfRange(ids, from, to);
    return new EncodedEvents(
        Arrays.copyOfRange(wire, start, ends[to - 1]), moved, anyId(some) ? some : NO_IDS);
  }

  /**
   * Length of the wire form with an {@code id} line before each event, as {@link
   * #writeWithIds(byte[], int, long, long)} writes it.
   *
   * @throws IllegalArgumentException if {@code epoch} or {@code firstSeq} is negative, or the
   *     result is longer than an array can be
   */
  public int lengthWithIds(long epoch, long firstSeq) {
    long length = wire.length + IdLine.lengthOf(ends.length, epoch, firstSeq);
    return checkedLength(length);
  }

  /**
   * Writes the wire form with a line {@code id: <epoch>-<seq>} before each event, the first of
   * which has {@code firstSeq}.
   *
   * @return index after the last byte written
   * @throws IllegalArgumentException if {@code epoch} or {@code firstSeq} is negative
   * @throws IndexOutOfBoundsException if {@code out} has no room for {@link #lengthWithIds} bytes
   */
  public int writeWithIds(byte[] out, int off, long epoch, long firstSeq) {
    var id = new IdLine(epoch, firstSeq);
    int at = off;
    int start = 0;
    for (int end : ends) {
      System.arraycopy(id.bytes(), 0, out, at, id.length());
      at += id.length();
      System.arraycopy(wire, start, out, at, end - start);
      at += end - start;
      start = end;
      id.increment();
    }
    return at;
  }

  /**
   * Writes as {@link #writeWithIds(byte[], int, long, long)}, from the buffer's position on.
   *
   * @throws IllegalArgumentException if {@code epoch} or {@code firstSeq} is negative
   * @throws java.nio.BufferOverflowException if there is no room for {@link #lengthWithIds} bytes
   */
  public void writeWithIds(ByteBuffer out, long epoch, long firstSeq) {
    var id = new IdLine(epoch, firstSeq);
    int start = 0;
    for (int end : ends) {
      out.put(id.bytes(), 0, id.length()).put(wire, start, end - start);
      start = end;
      id.increment();
    }
  }

  /**
   * Length of the wire form with the upstream's ids, as {@link #writeWithUpstreamIds} writes it.
   *
   * @throws IllegalArgumentException if it is longer than an array can be
   */
  public int lengthWithUpstreamIds() {
    long length = wire.length;
    for (byte[] id : ids) {
      length += SseEvent.isSet(id) ? WireForm.idLength(id) : 0;
    }
    return checkedLength(length);
  }

  /**
   * Writes the wire form from the buffer's position on, with a line {@code id: <id>} before each
   * event that has an id of the upstream, so that a parser sees the last event IDs that the
   * upstream meant.
   *
   * @throws java.nio.BufferOverflowException if there is no room for {@link #lengthWithUpstreamIds}
   *     bytes
   */
  public void writeWithUpstreamIds(ByteBuffer out) {
    int start = 0;
    for (int i = 0; i < ends.length; i++) {
      if (hasUpstreamId(i)) {
        WireForm.writeId(ids[i], out);
      }
      out.put(wire, start, ends[i] - start);
      start = ends[i];
    }
  }

  /** Length of the data of all events, each on a line, as {@link #writeAsLines} writes it. */
  public int lengthAsLines() {
    int length = 0;
    int start = 0;
    for (int end : ends) {
      length += WireForm.lineLength(wire, start, end);
      start = end;
    }
    return length;
  }

  /**
   * Writes the data of each event on a line of its own ({@link Framing#LINES}), from the buffer's
   * position on. Types and ids are left out.
   *
   * @throws java.nio.BufferOverflowException if there is no room for {@link #lengthAsLines} bytes
   */
  public void writeAsLines(ByteBuffer out) {
    int start = 0;
    for (int end : ends) {
      WireForm.writeLine(wire, start, end, out);
      start = end;
    }
  }

  /**
   * Runs joined to one, in their order.
   *
   * @throws IllegalArgumentException if the wire form would be longer than an array can be
   */
  public static EncodedEvents concat(List<EncodedEvents> runs) {
    if (runs.size() == 1) {
      return runs.getFirst();
    }
    int count = 0;
    long length = 0;
    boolean anyId = false;
    for (var run : runs) {
      count += run.ends.length;
      length += run.wire.length;
      anyId |= run.ids.length > 0;
    }
    byte[] wire = new byte[checkedLength(length)];
    int[] ends = new int[count];
    byte[][] ids = anyId ? new byte[count][] : NO_IDS;
    int at = 0;
    int start = 0;
    for (var run : runs) {
      System.arraycopy(run.wire, 0, wire, start, run.wire.length);
      for (int i = 0; i < run.ends.length; i++) {
        ends[at + i] = start + run.ends[i];
      }
      if (run.ids.length > 0) {
        System.arraycopy(run.ids, 0, ids, at, run.ids.length);
      } else if (anyId) {
        Arrays.fill(ids, at, at + run.ends.length, SseEvent.NO_ID);
      }
      at += run.ends.length;
      start += run.wire.length;
    }
    return count == 0 ? NONE : new EncodedEvents(wire, ends, ids);
  }

  /** The events decoded again: equal to what was encoded. */
  public List<SseEvent> decode() {
    var events = new ArrayList<SseEvent>(ends.length);
    decode(List.of(this), events::add);
    return events;
  }

  /** Decodes the events of many runs, one after the other, for less than each by itself. */
  public static void decode(List<EncodedEvents> runs, Consumer<? super SseEvent> events) {
    var decoding = new Decoding(events);
    runs.forEach(run -> decoding.decode(run, 0, run.count()));
  }

  /** Decodes events of many runs, for less than each run by itself. Not thread-safe. */
  public static final class Decoding {
    private final Consumer<? super SseEvent> events;
    private final SseParser parser = new SseParser(Integer.MAX_VALUE, this::event);
    private byte[][] ids = NO_IDS;
    private int next;

    /**
     * A decoding.
     *
     * @param events takes the events
     */
    public Decoding(Consumer<? super SseEvent> events) {
      this.events = events;
    }

    /** Decodes the events of a run from number {@code from} (from 0) to before {@code to}. */
    public void decode(EncodedEvents run, int from, int to) {
      Objects.checkFromToIndex(from, to, run.ends.length);
      if (from < to) {
        ids = run.ids;
        next = from;
        int start = run.start(from);
        parser.feed(run.wire, start, run.ends[to - 1] - start);
      }
    }

    /** Gives a decoded event its id back. */
    private void event(SseEvent event) {
      events.accept(ids.length == 0 ? event : event.withIdBytes(ids[next++]));
    }
  }

  /**
   * Bytes that {@link #writeTo} writes.
   *
   * @throws ArithmeticException if they are more than an int can say
   */
  public int storedLength() {
    return Math.addExact(
        Math.addExact(8, Math.multiplyExact(4, ends.length)),
        Math.addExact(idsLength(), wire.length));
  }

  /**
   * Writes the stored form, whose numbers are 32 bits, big endian: the count, each event's end in
   * the wire form, the length of the ids in bytes, the ids, the wire form. The ids take no byte if
   * no event has one; otherwise each event has a number, 0 for no id and else one more than the
   * id's length, and the id's bytes.
   *
   * @throws java.nio.BufferOverflowException if there is no room for {@link #storedLength} bytes;
   *     the position stays
   * @see "docs/formats/journal.md"
   */
  public void writeTo(ByteBuffer out) {
    var to = out.duplicate();
    writeBounds(to);
    to.put(wire);
    out.position(to.position());
  }

  /** The stored form without the wire form, which ends it. */
  public byte[] bounds() {
    var bounds = ByteBuffer.allocate(storedLength() - wire.length);
    writeBounds(bounds);
    return bounds.array();
  }

  private void writeBounds(ByteBuffer to) {
    to.putInt(ends.length);
    for (int end : ends) {
      to.putInt(end);
    }
    to.putInt(idsLength());
    for (byte[] id : ids) {
      to.putInt(SseEvent.isSet(id) ? id.length + 1 : 0);
      to.put(id);
    }
  }

  /**
   * Reads the stored form and leaves the position after it.
   *
   * @throws IllegalArgumentException if the bytes are not a stored form
   */
  public static EncodedEvents readFrom(ByteBuffer in) {
    var stored = new StoredForm(in.duplicate());
    int[] ends = stored.ends();
    byte[][] ids = stored.ids(ends.length);
    byte[] wire = stored.wire(ends);
    in.position(stored.position());
    return ends.length == 0 ? NONE : new EncodedEvents(wire, ends, anyId(ids) ? ids : NO_IDS);
  }

  /**
   * The events of {@link #bounds} and {@link #wire}, kept apart. The wire form is not copied.
   *
   * @throws IllegalArgumentException if they do not belong together
   */
  public static EncodedEvents join(byte[] bounds, byte[] wire) {
    var stored = new StoredForm(ByteBuffer.wrap(bounds));
    int[] ends = stored.ends();
    byte[][] ids = stored.ids(ends.length);
    stored.checkWireApart(wire, ends);
    return ends.length == 0 ? NONE : new EncodedEvents(wire, ends, anyId(ids) ? ids : NO_IDS);
  }

  private static boolean anyId(byte[][] ids) {
    for (byte[] id : ids) {
      if (SseEvent.isSet(id)) {
        return true;
      }
    }
    return false;
  }

  private int idsLength() {
    int length = 4 * ids.length;
    for (byte[] id : ids) {
      length = Math.addExact(length, id.length);
    }
    return length;
  }

  private static int checkedLength(long length) {
    if (length > ARRAY_LENGTH_MAX) {
      throw new IllegalArgumentException("the events take more than 2 GiB together");
    }
    return (int) length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EncodedEvents e
        && Arrays.equals(ends, e.ends)
        && Arrays.equals(wire, e.wire)
        && sameIds(ids, e.ids);
  }

  private static boolean sameIds(byte[][] left, byte[][] right) {
    boolean same = left.length == right.length;
    for (int i = 0; same && i < left.length; i++) {
      same =
          Arrays.equals(left[i], right[i]) && SseEvent.isSet(left[i]) == SseEvent.isSet(right[i]);
    }
    return same;
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(ends) + Arrays.hashCode(wire);
  }

  /** Says how much it holds, never what. */
  @Override
  public String toString() {
    return "EncodedEvents[count=" + ends.length + ", wire_bytes=" + wire.length + "]";
  }
}
