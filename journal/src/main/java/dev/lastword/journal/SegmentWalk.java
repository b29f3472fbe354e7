package dev.lastword.journal;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the segments of a journal in order and tells what stands where, damage included. It
 * is the one way in which a journal is read: recovery, replay and inspection see the same. Not
 * thread-safe.
 *
 * @see "docs/formats/journal.md §5"
 */
final class SegmentWalk {
  private final Sink sink;

  /** The last good mark, in the segment in hand or in one before. */
  private @Nullable BatchMark last;

  /** Whether batches may be missing behind the last mark; that has been told. */
  private boolean adrift;

  /** Told what stands in a segment, in order. */
  interface Sink {
    /** A batch begins. */
    void batch(BatchMark mark) throws IOException;

    /** The cursor is at an entry of the batch. */
    void entry(RecordCursor record, BatchMark mark) throws IOException;

    /** Here something is missing that had been flushed. */
    void hole(Journal.Damage damage) throws IOException;
  }

  /**
   * One segment to go through.
   *
   * @param file its file, open
   * @param bytes the file's length
   * @param flushedTo the offset up to which it was flushed, as the next segment's first mark or the
   *     writer says; -1 if nobody can: then it is found
   * @param isLast whether no other follows: only then is a batch that is not whole a torn tail
   */
  record Segment(
      Disk.File file, Format format, int number, long bytes, long flushedTo, boolean isLast) {}

  SegmentWalk(Sink sink) {
    this.sink = sink;
  }

  /** The last good mark, null if there was none. */
  @Nullable BatchMark last() {
    return last;
  }

  /** Goes through the next segment, and returns the offset at which it ends. */
  long through(Segment segment) throws IOException {
    return new Leg(segment).run();
  }

  /** The walk through one segment. */
  private final class Leg {
    private final Segment segment;
    private final Format format;
    private final long limit;
    private final RecordCursor cursor;
    private final LaterMark later;

    /** Where the batch in hand ends; in format 1 only the next mark tells. */
    private long batchEnd = SegmentHeader.BYTES;

    Leg(Segment segment) {
      this.segment = segment;
      this.format = segment.format();
      this.limit = segment.flushedTo() >= 0 ? segment.flushedTo() : segment.bytes();
      this.cursor = new RecordCursor(segment.file(), format, SegmentHeader.BYTES, limit);
      this.later = new LaterMark(segment.file(), format, segment.number());
    }

    long run() throws IOException {
      long at = SegmentHeader.BYTES;
      while (true) {
        at = goodFrom(at);
        if (at >= limit) {
          return limit;
        }
        long resumed = later.search(at, limit, last);
        if (resumed >= 0) {
          at = over(at, resumed);
        } else if (segment.flushedTo() >= 0) {
          at = over(at, limit);
        } else if (!segment.isLast() && isMarkOfNext(at)) {
          at = over(at, Math.min(limit, at + BatchMark.BYTES + cursor.mark().bytes()));
        } else {
          return at;
        }
      }
    }

    /** Tells the good records from an offset on; returns where they end. */
    private long goodFrom(long at) throws IOException {
      boolean found = cursor.at(at);
      while (found && take()) {
        found = cursor.next();
      }
      return cursor.offset();
    }

    /** Tells the record in hand; false if it does not follow what stands before it. */
    private boolean take() throws IOException {
      if (cursor.atMark()) {
        var mark = cursor.mark();
        return follows(mark) && cursor.batchIsWhole(mark) && begin(mark);
      }
      var mark = last;
      if (mark == null || cursor.offset() >= batchEnd) {
        return false;
      }
      sink.entry(cursor, mark);
      return true;
    }

    private boolean begin(BatchMark mark) throws IOException {
      long offset = cursor.offset();
      if (missesSome(mark)) {
        hole(offset, offset);
      }
      adrift = false;
      last = mark;
      batchEnd = format.isFirst() ? Long.MAX_VALUE : offset + BatchMark.BYTES + mark.bytes();
      sink.batch(mark);
      return true;
    }

    /** Whether whole batches are gone in front of this one and nothing told it yet. */
    private boolean missesSome(BatchMark mark) {
      return !adrift && last != null && mark.number() != last.number() + 1;
    }

    private boolean follows(BatchMark mark) {
      long position = Position.of(segment.number(), cursor.offset());
      boolean first = cursor.offset() == SegmentHeader.BYTES;
      return mark.position() == position
          && (first || mark.flushed() == position)
          && (last == null || mark.follows(last, !first && !adrift));
    }

    /** Whether at least the mark of the next batch is good. */
    private boolean isMarkOfNext(long at) throws IOException {
      return !format.isFirst() && cursor.at(at) && cursor.atMark() && follows(cursor.mark());
    }

    /** Over damage; returns where to go on. Of a batch whose mark is good, all that is good. */
    private long over(long from, long to) throws IOException {
      if (isMarkOfNext(from)) {
        var mark = cursor.mark();
        long end = from + BatchMark.BYTES + mark.bytes();
        if (mark.bytes() >= 0 && end <= to) {
          begin(mark);
          salvage(from + BatchMark.BYTES, end);
          return end;
        }
      }
      hole(from, to);
      return to;
    }

    private void salvage(long from, long end) throws IOException {
      boolean told = false;
      for (long at = from; at < end; ) {
        if (isEntry(at, end)) {
          take();
          at = cursor.end();
        } else {
          long good = at + 8;
          while (good < end && !isEntry(good, end)) {
            good += 8;
          }
          hole(at, good);
          told = true;
          at = good;
        }
      }
      if (!told) {
        hole(from, end); // each record is good, and yet they are not what was written
      }
      adrift = false; // entries are missing, but no batch
    }

    private boolean isEntry(long at, long end) throws IOException {
      return cursor.at(at) && !cursor.atMark() && cursor.end() <= end;
    }

    private void hole(long from, long to) throws IOException {
      adrift = true;
      sink.hole(
          new Journal.Damage(
              segment.number(), from, to, RecordHeads.streams(segment.file(), from, to)));
    }
  }
}
