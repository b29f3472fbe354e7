package dev.lastword.sse;

import java.nio.ByteBuffer;

/**
 * Reads what {@link EncodedEvents#writeTo} wrote, and trusts none of it: a length is believed only
 * as far as there are bytes, and the wire bytes have to be the wire form of the events counted.
 */
final class StoredForm {
  private final ByteBuffer in;

  /** Reads from the buffer's position on, big endian. */
  StoredForm(ByteBuffer in) {
    this.in = in;
  }

  int position() {
    return in.position();
  }

  int[] ends() {
    int count = length("count of events", 4);
    int[] ends = new int[count];
    for (int i = 0; i < count; i++) {
      ends[i] = in.getInt();
    }
    return ends;
  }

  byte[][] ids(int count) {
    int length = length("length of ids", 1);
    if (length == 0) {
      return new byte[0][];
    }
    int end = in.position() + length;
    byte[][] ids = new byte[count][];
    for (int i = 0; i < count; i++) {
      ids[i] = id(end);
    }
    if (in.position() != end) {
      throw broken("ids end at " + in.position() + ", not at " + end);
    }
    return ids;
  }

  private byte[] id(int end) {
    if (end - in.position() < 4) {
      throw broken("an id passes the end of the ids");
    }
    int lengthPlusOne = in.getInt();
    if (lengthPlusOne == 0) {
      return SseEvent.NO_ID;
    }
    if (lengthPlusOne < 0 || lengthPlusOne - 1 > end - in.position()) {
      throw broken("an id passes the end of the ids");
    }
    byte[] id = new byte[lengthPlusOne - 1];
    in.get(id);
    for (byte b : id) {
      if (b == 0 || b == LineEnds.CR || b == LineEnds.LF) {
        throw broken("an id contains CR, LF or NUL");
      }
    }
    return id;
  }

  byte[] wire(int[] ends) {
    int length = ends.length == 0 ? 0 : ends[ends.length - 1];
    if (length < 0 || length > in.remaining()) {
      throw broken("the events take " + length + " bytes and there are " + in.remaining());
    }
    byte[] wire = new byte[length];
    in.get(wire);
    checkWire(wire, ends);
    return wire;
  }

  /** Whether all has been read, and the rest is these bytes. */
  void checkWireApart(byte[] wire, int[] ends) {
    int length = ends.length == 0 ? 0 : ends[ends.length - 1];
    if (in.hasRemaining() || length != wire.length) {
      throw broken("the events take " + length + " bytes and there are " + wire.length);
    }
    checkWire(wire, ends);
  }

  private static void checkWire(byte[] wire, int[] ends) {
    int start = 0;
    for (int end : ends) {
      if (end < start || end > wire.length || !WireForm.isOneEvent(wire, start, end)) {
        throw broken("bytes " + start + " to " + end + " are not one event");
      }
      start = end;
    }
  }

  /** Reads a number of things, each of which takes at least {@code bytesEach} further bytes. */
  private int length(String what, int bytesEach) {
    if (in.remaining() < 4) {
      throw broken("no " + what);
    }
    int length = in.getInt();
    if (length < 0 || length > in.remaining() / bytesEach) {
      throw broken(what + " is " + Integer.toUnsignedString(length));
    }
    return length;
  }

  private static IllegalArgumentException broken(String how) {
    return new IllegalArgumentException("not stored events: " + how);
  }
}
