package dev.lastword.sse;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;

/**
 * The SHA-256 of events as a reader parses them: of each its type and its data, decoded and written
 * again as UTF-8, and before each of the two its length in four bytes, big endian. Ids are left
 * out.
 *
 * <p>Whoever has the events has the digest, however they were framed and cut on their way. Not
 * thread-safe.
 *
 * @see "docs/formats/receipt.md §2"
 */
public final class EventDigest {
  private static final byte[] MESSAGE = "message".getBytes(UTF_8);
  private static final int DATA_BYTES = 512;

  private final MessageDigest sha256;
  private final byte[] length = new byte[4];
  private long events;

  /** The lines of an event's data, joined; as long as the longest needs it. */
  private byte[] data = new byte[DATA_BYTES];

  /** The digest of no events. */
  public EventDigest() {
    this(newSha256(), 0);
  }

  private EventDigest(MessageDigest sha256, long events) {
    this.sha256 = sha256;
    this.events = events;
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** A digest of the same events, which goes on by itself. */
  public EventDigest copy() {
    return new EventDigest(copyOfHash(), events);
  }

  private MessageDigest copyOfHash() {
    try {
      return (MessageDigest) sha256.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's SHA-256 can be copied", e);
    }
  }

  /** Takes the next event. */
  public void add(SseEvent event) {
    add(EncodedEvents.of(List.of(event)));
  }

  /** Takes the events of a run. */
  public void add(EncodedEvents run) {
    for (int i = 0; i < run.count(); i++) {
      add(run.wire(), run.start(i), run.end(i));
    }
    events += run.count();
  }

  /** Number of events taken. */
  public long events() {
    return events;
  }

  /** The 32 bytes for the events taken so far. */
  public byte[] sha256() {
    return copyOfHash().digest();
  }

  /** Takes the event that is encoded from {@code from} to {@code to}. */
  private void add(byte[] wire, int from, int to) {
    boolean typed = WireForm.isTyped(wire, from, to);
    int typeEnd = typed ? LineEnds.find(wire, from, to) : from;
    if (typed) {
      hash(wire, from + WireForm.TYPE_AT, typeEnd);
    } else {
      hash(MESSAGE, 0, MESSAGE.length);
    }
    int dataFrom = typed ? typeEnd + 1 : from;
    if (data.length < to - dataFrom) {
      data = new byte[2 * (to - dataFrom)];
    }
    hash(data, 0, WireForm.copyData(wire, dataFrom, to, data));
  }

  /** Takes a text that came as these bytes. */
  private void hash(byte[] bytes, int from, int to) {
    if (isAscii(bytes, from, to)) {
      hashLength(to - from);
      sha256.update(bytes, from, to - from);
    } else {
      byte[] text = Utf8.decode(Arrays.copyOfRange(bytes, from, to)).getBytes(UTF_8);
      hashLength(text.length);
      sha256.update(text);
    }
  }

  private void hashLength(int value) {
    length[0] = (byte) (value >>> 24);
    length[1] = (byte) (value >>> 16);
    length[2] = (byte) (value >>> 8);
    length[3] = (byte) value;
    sha256.update(length);
  }

  private static boolean isAscii(byte[] bytes, int from, int to) {
    byte all = 0;
    for (int i = from; i < to; i++) {
      all |= bytes[i];
    }
    return all >= 0;
  }
}
