package dev.lastword.journal.kafka;

import dev.lastword.journal.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A segment: zeros of its length, and over them its flushes. What is written waits here until it is
 * forced, and is records then. One thread writes; reading is thread-safe, and finds what is
 * durable.
 */
final class KafkaFile implements Disk.File {
  private final KafkaDisk disk;
  private final long number;

  private byte[] waiting = new byte[0];
  private int waitingBytes;
  private long waitingAt;

  /**
   * @param number of the file
   */
  KafkaFile(KafkaDisk disk, long number) {
    this.disk = disk;
    this.number = number;
  }

  @Override
  public void write(ByteBuffer bytes, long position) throws IOException {
    if (waitingBytes > 0 && position != waitingAt + waitingBytes) {
      force(); // a flush is one piece
    }
    if (waitingBytes == 0) {
      waitingAt = position;
    }
    int length = bytes.remaining();
    waiting = Arrays.copyOf(waiting, waitingBytes + length);
    bytes.get(waiting, waitingBytes, length);
    waitingBytes += length;
  }

  @Override
  public void force() throws IOException {
    if (waitingBytes == 0) {
      return;
    }
    var changes = new ArrayList<Change>();
    for (int from = 0; from < waitingBytes; from += Change.BYTES_MAX) {
      int length = Math.min(Change.BYTES_MAX, waitingBytes - from);
      changes.add(
          new Change.Written(
              disk.writer().epoch(),
              number,
              waitingAt + from,
              ByteBuffer.wrap(waiting, from, length)));
    }
    disk.writer().append(changes);
    waitingBytes = 0;
  }

  @Override
  public int read(ByteBuffer into, long position) throws IOException {
    var part = disk.contents().part(number, position, into.remaining());
    var found = new byte[part.bytes()];
    var reader = disk.readers().of(found.length);
    for (var piece : part.pieces()) {
      reader.read(
          piece.offset(), piece.offset() + 1, record -> place(record, piece, position, found));
    }
    into.put(found);
    return found.length;
  }

  /** Over the zeros; a piece may begin before or end behind what is asked for. */
  private static void place(ReadRecord record, Pieces.Piece piece, long position, byte[] found)
      throws IOException {
    if (!(record.change().orElse(null) instanceof Change.Written written)
        || written.bytes().remaining() < piece.skip() + piece.length()) {
      throw new IOException(
          "offset %d does not hold what it did: the partition was made anew"
              .formatted(record.offset()));
    }
    long from = Math.max(piece.position(), position);
    long to = Math.min(piece.end(), position + found.length);
    int skip = piece.skip() + (int) (from - piece.position());
    written.bytes().get(skip, found, (int) (from - position), (int) (to - from));
  }

  @Override
  public boolean lengthen(long bytes) throws IOException {
    disk.writer().append(List.of(new Change.Lengthened(disk.writer().epoch(), number, bytes)));
    return true;
  }

  @Override
  public long size() throws IOException {
    return disk.contents().size(number);
  }

  /** Nothing is held; what was not forced is not there. */
  @Override
  public void close() {}
}
