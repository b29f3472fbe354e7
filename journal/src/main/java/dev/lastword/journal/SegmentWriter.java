package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Writes batches to the end of the last segment: entries are encoded into one buffer, which goes
 * out in one write and one force. Not thread-safe, but for {@link #end()}.
 */
final class SegmentWriter {
  /** Kept free of entries at the end of a segment, so that a full disk can still be reopened. */
  static final int MARKS_ROOM_BYTES = 4096;

  private final Disk disk;
  private final long epoch;
  private final ByteBuffer shared;

  /** The batch in hand: the shared buffer, or one made for an entry that is larger. */
  private ByteBuffer buffer;

  private Disk.File file;
  private int segment;
  private long capacity;
  private long offset;
  private long batch;
  private volatile long end;

  SegmentWriter(Disk disk, Recovery.Tail tail, long epoch, int batchBytesMax) {
    this.disk = disk;
    this.epoch = epoch;
    this.shared = ByteBuffer.allocateDirect(batchBytesMax);
    this.buffer = shared;
    this.file = tail.file();
    this.segment = tail.segment();
    this.capacity = tail.capacity();
    this.offset = tail.offset();
    this.batch = tail.batch();
    this.end = tail.flushed();
  }

  /** End of what is durable: the position after the last batch. */
  long end() {
    return end;
  }

  int segment() {
    return segment;
  }

  long capacity() {
    return capacity;
  }

  /** Whether the batch in hand has no entries. */
  boolean isEmpty() {
    return buffer.position() == 0;
  }

  /** Bytes that further entries can take in this segment. */
  long room() {
    return capacity - MARKS_ROOM_BYTES - offset - Math.max(BatchMark.BYTES, buffer.position());
  }

  /** Whether a record of so many bytes goes into the batch in hand. An empty one takes any. */
  boolean takes(int bytes) {
    return isEmpty() || bytes <= buffer.remaining();
  }

  /** Adds an entry, {@code bytes} long with padding, to the batch; returns its position. */
  long add(Entry entry, int bytes) {
    if (isEmpty()) {
      if (BatchMark.BYTES + bytes > shared.capacity()) {
        buffer = ByteBuffer.allocateDirect(BatchMark.BYTES + bytes);
      }
      buffer.position(BatchMark.BYTES);
    }
    long position = Position.of(segment, offset + buffer.position());
    Entries.encode(entry, buffer);
    return position;
  }

  /** Makes the batch durable. After an exception nothing may be written any more. */
  void commit(BatchMark.Why why) throws IOException {
    int bytes = Math.max(BatchMark.BYTES, buffer.position());
    buffer.clear();
    new BatchMark(why, epoch, batch + 1, Position.of(segment, offset), end).encode(buffer);
    file.write(buffer.position(0).limit(bytes), offset);
    file.force();
    batch++;
    offset += bytes;
    end = Position.of(segment, offset);
    buffer = shared.clear();
  }

  /** Whether nothing was written to this segment yet. */
  boolean isUntouched() {
    return offset == SegmentHeader.BYTES;
  }

  /** Whether a batch without entries still goes into the segment. */
  boolean hasRoomForMark() {
    return capacity - offset >= BatchMark.BYTES;
  }

  /** Goes on in the next segment. The batch in hand is empty. */
  void moveTo(Spares.Spare spare) throws IOException {
    if (spare.segment() != segment + 1) {
      throw new IllegalStateException(
          "segment " + spare.segment() + " was prepared behind " + segment);
    }
    disk.rename(Segments.preparedName(spare.segment()), Segments.name(spare.segment()));
    disk.forceDirectory(); // name before entries: what is acknowledged stands in a file that is
    // there
    file.close();
    file = spare.file();
    segment = spare.segment();
    capacity = spare.capacity();
    offset = SegmentHeader.BYTES;
  }

  void close() throws IOException {
    file.close();
  }
}
