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
  private final JournalClock clock;
  private final ByteBuffer shared;

  /** The batch in hand: the shared buffer, or one made for an entry that is larger. */
  private ByteBuffer buffer;

  private Disk.File file;
  private SegmentHeader header;
  private Format format;
  private long offset;
  private long batch;
  private long timeMs;
  private volatile long end;

  SegmentWriter(Disk disk, Recovery.Tail tail, long epoch, JournalClock clock, int batchBytesMax) {
    this.disk = disk;
    this.epoch = epoch;
    this.clock = clock;
    this.shared = ByteBuffer.allocateDirect(batchBytesMax);
    this.buffer = shared;
    this.file = tail.file();
    this.header = tail.header();
    this.format = header.format();
    this.offset = tail.offset();
    this.batch = tail.last() == null ? 0 : tail.last().number();
    this.end = tail.flushed();
  }

  /** End of what is durable: the position after the last batch. */
  long end() {
    return end;
  }

  int segment() {
    return header.segment();
  }

  long capacity() {
    return header.capacity();
  }

  /** The journal's time of the last batch. */
  long timeMs() {
    return timeMs;
  }

  /** Whether the batch in hand has no entries. */
  boolean isEmpty() {
    return buffer.position() == 0;
  }

  /** Bytes that further entries can take in this segment. */
  long room() {
    return capacity() - MARKS_ROOM_BYTES - offset - Math.max(BatchMark.BYTES, buffer.position());
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
    long position = Position.of(segment(), offset + buffer.position());
    Entries.encode(entry, buffer, format.binding());
    return position;
  }

  /** Makes the batch durable. After an exception nothing may be written any more. */
  void commit(BatchMark.Why why) throws IOException {
    int bytes = Math.max(BatchMark.BYTES, buffer.position());
    timeMs = clock.ms();
    int crc = Frame.crc(buffer.clear(), BatchMark.BYTES, bytes);
    new BatchMark(
            why,
            epoch,
            batch + 1,
            Position.of(segment(), offset),
            end,
            bytes - BatchMark.BYTES,
            crc,
            timeMs,
            clock.wallMs())
        .encode(buffer, format.binding());
    file.write(buffer.position(0).limit(bytes), offset);
    file.force();
    batch++;
    offset += bytes;
    end = Position.of(segment(), offset);
    buffer = shared.clear();
  }

  /** Whether nothing was written to this segment yet. */
  boolean isUntouched() {
    return offset == SegmentHeader.BYTES;
  }

  /** Whether a batch without entries still goes into the segment. */
  boolean hasRoomForMark() {
    return !format.isFirst() && capacity() - offset >= BatchMark.BYTES;
  }

  /** Goes on in the next segment, whose name is not forced yet. The batch in hand is empty. */
  void moveTo(Spares.Spare spare) throws IOException {
    int next = spare.header().segment();
    if (next != segment() + 1) {
      throw new IllegalStateException("segment " + next + " was prepared behind " + segment());
    }
    try {
      disk.forceDirectory(); // name before entries: what is acknowledged is in a file that is there
    } catch (IOException e) {
      spare.file().close();
      throw e;
    }
    file.close();
    file = spare.file();
    header = spare.header();
    format = header.format();
    offset = SegmentHeader.BYTES;
  }

  void close() throws IOException {
    file.close();
  }
}
