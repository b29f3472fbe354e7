package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Reads what is durable: one entry, or all in order. Thread-safe, beside the writer. */
final class EntryReader {
  private static final int GUESS_BYTES = 4096;

  private final Disk disk;
  private final Segments segments;

  EntryReader(Disk disk, Segments segments) {
    this.disk = disk;
    this.segments = segments;
  }

  /** The entry at a position before {@code end}. */
  Entry read(long position, long end) throws IOException {
    int segment = Position.segment(position);
    long offset = Position.offset(position);
    if (!segments.keeps(segment)
        || position >= end
        || offset < SegmentHeader.BYTES
        || offset % 8 != 0) {
      throw new IOException("no entry is kept at " + Position.text(position));
    }
    var record = segments.reading(segment, file -> record(file, segment, offset));
    try {
      return Entries.decode(record);
    } catch (RuntimeException e) {
      throw undecodable(segment, offset, e);
    }
  }

  private static ByteBuffer record(Disk.File file, int segment, long offset) throws IOException {
    var bytes = ByteBuffer.allocate(GUESS_BYTES);
    file.read(bytes, offset);
    int length = bytes.getInt(4);
    if (length < Frame.HEAD
        || length > FileJournal.ENTRY_BYTES_MAX
        || !Entries.isEntry(bytes.get(8))) {
      throw damaged(segment, offset);
    }
    if (Frame.padded(length) > bytes.position()) {
      bytes = ByteBuffer.allocate(Frame.padded(length));
      file.read(bytes, offset);
    }
    bytes.flip();
    if (bytes.remaining() < Frame.padded(length) || !Frame.checksumHolds(bytes, length)) {
      throw damaged(segment, offset);
    }
    return bytes.limit(length);
  }

  /** Visits the entries from a position to {@code end}. */
  void replay(long from, long end, Journal.Visitor visitor) throws IOException {
    int last = Position.segment(end);
    var walk = new Walk(from, visitor);
    for (int segment = Math.max(Position.segment(from), segments.oldest());
        segment <= last;
        segment++) {
      try (var file = disk.openForReading(Segments.name(segment))) {
        long limit =
            segment == last
                ? Position.offset(end)
                : SegmentHeader.read(file, Segments.name(segment)).capacity();
        walk.segment(file, segment, limit);
      }
    }
    if (walk.end != end) {
      throw damaged(Position.segment(walk.end), Position.offset(walk.end));
    }
  }

  /**
   * Goes through segments in order and checks that each batch begins where the one before ended.
   */
  private static final class Walk {
    private final long from;
    private final Journal.Visitor visitor;
    private @Nullable BatchMark mark;
    private long end;

    Walk(long from, Journal.Visitor visitor) {
      this.from = from;
      this.visitor = visitor;
    }

    void segment(Disk.File file, int segment, long limit) throws IOException {
      var cursor = new RecordCursor(file, SegmentHeader.BYTES, limit);
      RecordCursor.Found found;
      while ((found = cursor.next()) == RecordCursor.Found.RECORD) {
        long position = Position.of(segment, cursor.offset());
        if (cursor.atMark()) {
          mark(cursor.mark(), position);
        } else {
          entry(cursor, segment, position);
        }
      }
      if (found == RecordCursor.Found.DAMAGE) {
        throw damaged(segment, cursor.offset());
      }
      end = Position.of(segment, cursor.offset());
    }

    private void mark(BatchMark next, long position) throws IOException {
      if (mark != null
          && Position.offset(position) == SegmentHeader.BYTES
          && next.flushed() != end) {
        throw damaged(Position.segment(end), Position.offset(end));
      }
      if (!Recovery.follows(next, mark, position)) {
        throw damaged(Position.segment(position), Position.offset(position));
      }
      mark = next;
    }

    private void entry(RecordCursor cursor, int segment, long position) throws IOException {
      if (mark == null) {
        throw damaged(segment, cursor.offset());
      }
      if (position >= from) {
        visitor.visit(entry(cursor, segment), position, mark.epoch(), JournalClock.FIRST_MS);
      }
    }

    private static Entry entry(RecordCursor cursor, int segment) throws IOException {
      try {
        return cursor.entry();
      } catch (RuntimeException e) {
        throw undecodable(segment, cursor.offset(), e);
      }
    }
  }

  private static DamagedException damaged(int segment, long offset) {
    return new DamagedException(Segments.name(segment), offset, "is damaged");
  }

  private static IOException undecodable(int segment, long offset, RuntimeException cause) {
    return new IOException(
        "%s holds a record that makes no entry (offset %d)"
            .formatted(Segments.name(segment), offset),
        cause);
  }
}
