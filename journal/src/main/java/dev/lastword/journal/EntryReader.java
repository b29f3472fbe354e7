package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what is durable: one entry, or all in order. Thread-safe, beside the writer. */
final class EntryReader {
  private static final Logger log = LoggerFactory.getLogger(FileJournal.class);
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
    var format = segments.format(segment);
    if (format == null || position >= end || offset < SegmentHeader.BYTES || offset % 8 != 0) {
      throw new IOException("no entry is kept at " + Position.text(position));
    }
    var record = segments.reading(segment, file -> record(file, format, segment, offset));
    try {
      return Entries.decode(record);
    } catch (RuntimeException e) {
      var damage = new DamagedException(Segments.name(segment), offset, "holds no entry");
      damage.initCause(e);
      throw damage;
    }
  }

  private ByteBuffer record(Disk.File file, Format format, int segment, long offset)
      throws IOException {
    var bytes = ByteBuffer.allocate(GUESS_BYTES);
    file.read(bytes, offset);
    int length = bytes.getInt(4);
    if (length < Frame.HEAD
        || length > FileJournal.ENTRY_BYTES_MAX
        || !Entries.isEntry(bytes.get(8), format)) {
      throw damaged(segment, offset);
    }
    if (Frame.padded(length) > bytes.position()) {
      bytes = ByteBuffer.allocate(Frame.padded(length));
      file.read(bytes, offset);
    }
    bytes.flip();
    if (bytes.remaining() < Frame.padded(length)
        || !Frame.checksumHolds(bytes, length, format.binding())) {
      throw damaged(segment, offset);
    }
    return bytes.limit(length);
  }

  private IOException damaged(int segment, long offset) {
    return segments.format(segment) == null // its file was taken for another meanwhile
        ? new IOException("no entry is kept at " + segment + ":" + offset)
        : new DamagedException(Segments.name(segment), offset, "is damaged");
  }

  /** Visits the entries from a position to {@code end}. */
  void replay(long from, long end, Journal.Visitor visitor) throws IOException {
    var walk = new SegmentWalk(new Visit(from, visitor));
    int last = Position.segment(end);
    var formats = segments.formats(last);
    for (var each : formats.tailMap(Position.segment(from)).entrySet()) {
      int number = each.getKey();
      try (var file = disk.openForReading(Segments.name(number))) {
        long flushedTo =
            number == last ? Position.offset(end) : FirstMarks.flushedTo(disk, formats, number);
        walk.through(
            new SegmentWalk.Segment(
                file, each.getValue(), number, file.size(), flushedTo, number == last));
      }
    }
  }

  /** Hands on what is asked for. */
  private record Visit(long from, Journal.Visitor visitor) implements SegmentWalk.Sink {
    @Override
    public void batch(BatchMark mark) {}

    @Override
    public void entry(RecordCursor record, BatchMark mark) {
      int segment = Position.segment(mark.position());
      long position = Position.of(segment, record.offset());
      if (position >= from) {
        var entry = decoded(record);
        if (entry == null) {
          visitor.damaged(new Journal.Damage(segment, record.offset(), record.end(), Set.of()));
        } else {
          long timeMs = Math.max(JournalClock.FIRST_MS, mark.timeMs());
          visitor.visit(entry, position, mark.epoch(), timeMs);
        }
      }
    }

    /** Null if the fields make no entry, although the checksum is good: not written by us. */
    private static @Nullable Entry decoded(RecordCursor record) {
      try {
        return record.entry();
      } catch (RuntimeException e) {
        log.error("journal.undecodable offset={}", record.offset(), e);
        return null;
      }
    }

    @Override
    public void hole(Journal.Damage damage) {
      if (Position.of(damage.segment(), damage.toOffset()) > from) {
        visitor.damaged(damage);
      }
    }
  }
}
