package dev.lastword.journal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.sse.EncodedEvents;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Entries as records.
 *
 * @see "docs/formats/journal.md §4"
 */
final class Entries {
  /** Bit 0 of the flags: terminal missing, ended, or expired, by the entry's kind. */
  private static final int FLAG = 1;

  /** Bit 1 of an outcome's flags: its receipt stands behind its events. */
  private static final int RECEIPT = 2;

  private static final Outcome[] OUTCOMES = Outcome.values();

  private Entries() {}

  /** Bytes of the entry's record, without padding. More than an int holds counts as the most. */
  static int length(Entry entry) {
    long fields =
        switch (entry) {
          case Entry.Opened e -> 8 + length(e.attributes());
          case Entry.Appended e -> 8L + e.events().storedLength();
          case Entry.Ending e -> 16L + e.withheld().storedLength();
          case Entry.Saved e -> 8;
          case Entry.Sealed e ->
              16L + length(e.reason()) + e.events().storedLength() + receiptLength(e);
          case Entry.Late e -> e.events().storedLength();
          case Entry.Deleted e -> 8;
          case Entry.Withheld e -> 8L + e.events().storedLength();
          case Entry.Shown e -> 0;
          case Entry.Rejected e -> 8;
        };
    return (int) Math.min(Integer.MAX_VALUE - 8, Frame.HEAD + id(entry).length() + fields);
  }

  /** Bytes of the names and values of an opened stream. */
  static long length(Map<String, String> attributes) {
    long length = 4;
    for (var attribute : attributes.entrySet()) {
      length += length(attribute.getKey()) + length(attribute.getValue());
    }
    return length;
  }

  private static long receiptLength(Entry.Sealed sealed) {
    return sealed.receipt().isEmpty() ? 0 : length(sealed.receipt());
  }

  private static long length(String text) {
    return 4L + text.getBytes(UTF_8).length;
  }

  /** Writes the entry's record, padded. */
  @SuppressWarnings("EnumOrdinal") // Outcome promises that its ordinals never change
  static void encode(Entry entry, ByteBuffer out, int binding) {
    int start =
        switch (entry) {
          case Entry.Opened e -> {
            int at = begin(out, Frame.OPENED, e, 0, 0);
            out.putLong(e.atMs());
            put(out, e.attributes());
            yield at;
          }
          case Entry.Appended e -> {
            int at = begin(out, Frame.APPENDED, e, 0, 0);
            out.putLong(e.firstSeq());
            e.events().writeTo(out);
            yield at;
          }
          case Entry.Ending e -> {
            int at = begin(out, Frame.ENDING, e, flag(e.terminalMissing()), 0);
            out.putLong(e.firstSeq()).putLong(e.atMs());
            e.withheld().writeTo(out);
            yield at;
          }
          case Entry.Saved e -> {
            int at = begin(out, Frame.SAVED, e, 0, 0);
            out.putLong(e.atMs());
            yield at;
          }
          case Entry.Sealed e -> {
            boolean signed = !e.receipt().isEmpty();
            int flags = flag(e.terminalMissing()) | (signed ? RECEIPT : 0);
            int at = begin(out, Frame.SEALED, e, flags, e.outcome().ordinal());
            out.putLong(e.firstSeq()).putLong(e.atMs());
            put(out, e.reason());
            e.events().writeTo(out);
            if (signed) {
              put(out, e.receipt());
            }
            yield at;
          }
          case Entry.Late e -> {
            int at = begin(out, Frame.LATE, e, 0, 0);
            e.events().writeTo(out);
            yield at;
          }
          case Entry.Deleted e -> {
            int at = begin(out, Frame.DELETED, e, flag(e.expired()), 0);
            out.putLong(e.atMs());
            yield at;
          }
          case Entry.Withheld e -> {
            int at = begin(out, Frame.WITHHELD, e, 0, 0);
            out.putLong(e.firstSeq());
            e.events().writeTo(out);
            yield at;
          }
          case Entry.Shown e -> begin(out, Frame.SHOWN, e, flag(e.ended()), 0);
          case Entry.Rejected e -> {
            int at = begin(out, Frame.REJECTED, e, 0, 0);
            out.putLong(e.atMs());
            yield at;
          }
        };
    Frame.end(out, start, binding);
  }

  /**
   * Reads the entry whose record, checksum verified, is what remains in the buffer, without its
   * padding.
   *
   * @throws IllegalArgumentException if the fields make no entry
   * @throws java.nio.BufferUnderflowException if fields are missing
   */
  static Entry decode(ByteBuffer record) {
    int at = record.position();
    int kind = record.get(at + 8);
    boolean flag = (record.get(at + 10) & FLAG) != 0;
    var id = new byte[record.get(at + 9)];
    record.position(at + Frame.HEAD).get(id);
    var stream = new StreamId(new String(id, ISO_8859_1));
    return switch (kind) {
      case Frame.OPENED -> {
        long atMs = record.getLong();
        yield new Entry.Opened(stream, attributes(record), atMs);
      }
      case Frame.APPENDED ->
          new Entry.Appended(stream, record.getLong(), EncodedEvents.readFrom(record));
      case Frame.ENDING -> {
        long firstSeq = record.getLong();
        long atMs = record.getLong();
        yield new Entry.Ending(stream, firstSeq, EncodedEvents.readFrom(record), flag, atMs);
      }
      case Frame.SAVED -> new Entry.Saved(stream, record.getLong());
      case Frame.SEALED -> {
        var outcome = OUTCOMES[record.get(at + 11)];
        long firstSeq = record.getLong();
        long atMs = record.getLong();
        var reason = string(record);
        var events = EncodedEvents.readFrom(record);
        var receipt = (record.get(at + 10) & RECEIPT) == 0 ? "" : string(record);
        yield new Entry.Sealed(stream, firstSeq, events, outcome, reason, flag, atMs, receipt);
      }
      case Frame.LATE -> new Entry.Late(stream, EncodedEvents.readFrom(record));
      case Frame.DELETED -> new Entry.Deleted(stream, record.getLong(), flag);
      case Frame.WITHHELD ->
          new Entry.Withheld(stream, record.getLong(), EncodedEvents.readFrom(record));
      case Frame.SHOWN -> new Entry.Shown(stream, flag);
      case Frame.REJECTED -> new Entry.Rejected(stream, record.getLong());
      default -> throw new IllegalArgumentException("no entry is of kind " + kind);
    };
  }

  /** Whether records of this kind are entries in a format. */
  static boolean isEntry(int kind, Format format) {
    return kind >= Frame.OPENED && kind <= (format.isFirst() ? Frame.DELETED : Frame.REJECTED);
  }

  private static int begin(ByteBuffer out, int kind, Entry entry, int flags, int outcome) {
    var id = id(entry);
    int start = Frame.begin(out, kind, id.length(), flags, outcome);
    putAscii(out, id);
    return start;
  }

  /** An id is ASCII by construction: eight of its characters go into each long, unencoded. */
  private static void putAscii(ByteBuffer out, String id) {
    int i = 0;
    for (; i + 8 <= id.length(); i += 8) {
      long word = 0;
      for (int j = i; j < i + 8; j++) {
        word = word << 8 | id.charAt(j);
      }
      out.putLong(word);
    }
    for (; i < id.length(); i++) {
      out.put((byte) id.charAt(i));
    }
  }

  private static String id(Entry entry) {
    return entry.stream().value();
  }

  private static int flag(boolean set) {
    return set ? FLAG : 0;
  }

  private static void put(ByteBuffer out, Map<String, String> attributes) {
    out.putInt(attributes.size());
    for (var attribute : attributes.entrySet()) {
      put(out, attribute.getKey());
      put(out, attribute.getValue());
    }
  }

  private static void put(ByteBuffer out, String text) {
    var bytes = text.getBytes(UTF_8);
    out.putInt(bytes.length).put(bytes);
  }

  private static Map<String, String> attributes(ByteBuffer in) {
    int count = in.getInt();
    var attributes = new LinkedHashMap<String, String>();
    for (int i = 0; i < count; i++) {
      var name = string(in);
      attributes.put(name, string(in));
    }
    return Collections.unmodifiableMap(attributes);
  }

  private static String string(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new IllegalArgumentException("a text of " + length + " bytes does not fit");
    }
    var bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, UTF_8);
  }
}
