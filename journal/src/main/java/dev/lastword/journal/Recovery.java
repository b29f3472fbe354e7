package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds where a journal ends, and makes what stands before that durable.
 *
 * <p>What was being written when the power went is cut off; what had been flushed before and is
 * damaged now is refused. Segments before the last are verified when they are read.
 *
 * @see "docs/formats/journal.md §5"
 */
final class Recovery {
  private static final Logger log = LoggerFactory.getLogger(FileJournal.class);
  private static final int COPY_BYTES = 1 << 20;

  private final Disk disk;

  /**
   * Where to go on.
   *
   * @param segment the last segment, its file open for writing, and its length
   * @param offset where the next batch goes
   * @param epoch the last epoch that was ever given
   * @param batch number of the last batch
   * @param flushed end of the last batch, in the segment before if this one is empty
   */
  record Tail(
      int segment,
      Disk.File file,
      long capacity,
      long offset,
      long epoch,
      long batch,
      long flushed) {}

  /** How far the records of a segment are good. */
  private record Scan(
      RecordCursor.Found stopped, long end, long lastMarkAt, @Nullable BatchMark lastMark) {}

  Recovery(Disk disk) {
    this.disk = disk;
  }

  /** The tail of the journal in the directory; empty if there is none. */
  Optional<Tail> recover(List<Integer> segments) throws IOException {
    for (int i = 1; i < segments.size(); i++) {
      if (segments.get(i) != segments.get(i - 1) + 1) {
        throw new DamagedException(
            Segments.name(segments.get(i - 1) + 1), 0, "is missing between others");
      }
    }
    for (int i = 0; i < segments.size() - 1; i++) {
      try (var file = disk.openForReading(Segments.name(segments.get(i)))) {
        header(file, segments.get(i));
      }
    }
    if (segments.isEmpty()) {
      return Optional.empty();
    }
    int last = segments.getLast();
    var file = disk.open(Segments.name(last));
    try {
      return Optional.of(recoverLast(file, last, segments.size() > 1));
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private Tail recoverLast(Disk.File file, int segment, boolean hasPrevious) throws IOException {
    var header = header(file, segment);
    var scan = scan(file, segment, header.capacity());
    long written = cutOrRefuse(file, segment, header, scan);
    rewrite(file, scan.lastMarkAt(), scan.end());
    erase(file, segment, scan.end(), written);
    file.force();
    var mark = scan.lastMark();
    if (mark != null) {
      long epoch = Math.max(mark.epoch(), header.epoch());
      return tail(
          segment,
          file,
          header,
          scan.end(),
          epoch,
          mark.number(),
          Position.of(segment, scan.end()));
    }
    if (!hasPrevious) {
      return tail(segment, file, header, scan.end(), header.epoch(), 0, 0);
    }
    return afterPrevious(file, segment, header, scan.end());
  }

  /** The last segment was begun, and nothing of its first batch is whole: the one before tells. */
  private Tail afterPrevious(Disk.File file, int segment, SegmentHeader header, long offset)
      throws IOException {
    try (var previous = disk.openForReading(Segments.name(segment - 1))) {
      var previousHeader = header(previous, segment - 1);
      var scan = scan(previous, segment - 1, previousHeader.capacity());
      var mark = scan.lastMark();
      if (mark == null
          || scan.stopped() != RecordCursor.Found.END
          || isWritten(previous, segment - 1, scan.end(), previousHeader.capacity())) {
        throw damaged(segment - 1, scan.end());
      }
      long epoch = Math.max(mark.epoch(), header.epoch());
      return tail(
          segment,
          file,
          header,
          offset,
          epoch,
          mark.number(),
          Position.of(segment - 1, scan.end()));
    }
  }

  private static Tail tail(
      int segment,
      Disk.File file,
      SegmentHeader header,
      long offset,
      long epoch,
      long batch,
      long flushed) {
    return new Tail(segment, file, header.capacity(), offset, epoch, batch, flushed);
  }

  private static SegmentHeader header(Disk.File file, int segment) throws IOException {
    var name = Segments.name(segment);
    var header = SegmentHeader.read(file, name);
    if (header.segment() != segment) {
      throw new DamagedException(name, 12, "holds segment " + header.segment());
    }
    if (file.size() != header.capacity()) {
      throw new DamagedException(
          name,
          file.size(),
          "is %d bytes long and should be %d".formatted(file.size(), header.capacity()));
    }
    return header;
  }

  private static Scan scan(Disk.File file, int segment, long capacity) throws IOException {
    var cursor = new RecordCursor(file, SegmentHeader.BYTES, capacity);
    @Nullable BatchMark lastMark = null;
    long lastMarkAt = SegmentHeader.BYTES;
    var found = cursor.next();
    while (found == RecordCursor.Found.RECORD) {
      if (cursor.atMark()) {
        var mark = cursor.mark();
        if (!follows(mark, lastMark, Position.of(segment, cursor.offset()))) {
          return new Scan(RecordCursor.Found.DAMAGE, cursor.offset(), lastMarkAt, lastMark);
        }
        lastMark = mark;
        lastMarkAt = cursor.offset();
      } else if (lastMark == null) {
        return new Scan(RecordCursor.Found.DAMAGE, cursor.offset(), lastMarkAt, null);
      }
      found = cursor.next();
    }
    return new Scan(found, cursor.offset(), lastMarkAt, lastMark);
  }

  /** Whether a mark can stand there after the other. */
  static boolean follows(BatchMark mark, @Nullable BatchMark before, long position) {
    boolean first = Position.offset(position) == SegmentHeader.BYTES;
    return mark.position() == position
        && (first || mark.flushed() == position)
        && (before == null
            || (mark.number() == before.number() + 1 && mark.epoch() >= before.epoch()));
  }

  /** The end of what was ever written, if all behind the scan's end may be cut off. */
  private static long cutOrRefuse(Disk.File file, int segment, SegmentHeader header, Scan scan)
      throws IOException {
    var rest = new Rest(file, segment, scan.end(), header.capacity()).search();
    if (rest.flushedBeyond()) {
      throw damaged(segment, scan.end());
    }
    return rest.written();
  }

  private static boolean isWritten(Disk.File file, int segment, long from, long capacity)
      throws IOException {
    return new Rest(file, segment, from, capacity).search().written() > from;
  }

  private static DamagedException damaged(int segment, long offset) {
    return new DamagedException(
        Segments.name(segment), offset, "is damaged in what had been flushed");
  }

  /**
   * Writes the last batch again as it was read. If the flush of it failed under the last opening,
   * the system may hold the pages for clean although the disk never had them: only dirty pages are
   * flushed by the force that follows.
   */
  private static void rewrite(Disk.File file, long from, long to) throws IOException {
    if (from == to) {
      return;
    }
    var buffer = ByteBuffer.allocateDirect((int) Math.min(COPY_BYTES, to - from));
    for (long at = from; at < to; at += buffer.limit()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), to - at));
      file.read(buffer, at);
      file.write(buffer.flip(), at);
    }
  }

  /** Zeros the torn tail, so that no part of it can be taken for what is written next. */
  private void erase(Disk.File file, int segment, long from, long to) throws IOException {
    if (to <= from) {
      return;
    }
    var zeros = ByteBuffer.allocateDirect((int) Math.min(COPY_BYTES, to - from));
    for (long at = from; at < to; at += zeros.limit()) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), to - at));
      file.write(zeros, at);
    }
    log.warn(
        "journal.truncated dir={} file={} offset={} dropped_bytes={}",
        disk,
        Segments.name(segment),
        from,
        to - from);
  }
}
