package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/** The first mark of a segment says where the one before it ends. */
final class FirstMarks {
  private FirstMarks() {}

  /**
   * Up to which offset a segment that others follow was flushed; -1 if no mark that says so can be
   * read.
   *
   * @param formats of the segments there are
   */
  static long flushedTo(Disk disk, NavigableMap<Integer, Format> formats, int segment)
      throws IOException {
    for (var next : formats.tailMap(segment, false).entrySet()) {
      var mark = of(disk, next.getKey(), next.getValue());
      if (mark != null) {
        long flushed = mark.flushed();
        return Position.segment(flushed) == segment
            ? Position.offset(flushed)
            : Position.segment(flushed) < segment ? SegmentHeader.BYTES : -1;
      }
    }
    return -1;
  }

  /** Null if there is none, or it cannot be read: then whoever walks there tells. */
  private static @Nullable BatchMark of(Disk disk, int segment, Format format) throws IOException {
    try (var file = disk.openForReading(Segments.name(segment))) {
      var bytes = ByteBuffer.allocate(BatchMark.BYTES);
      file.read(bytes, SegmentHeader.BYTES);
      if (!BatchMark.standsAt(bytes.clear(), format)) {
        return null;
      }
      var mark = BatchMark.decode(bytes, format);
      return mark.position() == Position.of(segment, SegmentHeader.BYTES) ? mark : null;
    } catch (NoSuchFileException e) {
      return null;
    }
  }
}
