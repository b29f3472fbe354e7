package dev.lastword.journal.postgresql;

import dev.lastword.journal.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A segment: zeros of its capacity, and over them its flushes. What is written waits here until it
 * is forced, and is a row then. One thread writes; reading is thread-safe, and finds what is
 * durable.
 */
final class PostgresFile implements Disk.File {
  /** The rows that hold a part: from the one in which it begins on. */
  private static final String READ =
      """
      SELECT s.capacity, f.position + greatest(0, ? - f.position),
        substring(f.bytes FROM greatest(0, ? - f.position)::int + 1 FOR ?)
      FROM lastword_segments s LEFT JOIN lastword_flushes f
        ON f.segment = s.segment AND f.position < ? AND f.position >= coalesce(
          (SELECT max(position) FROM lastword_flushes WHERE segment = ? AND position <= ?), 0)
      WHERE s.segment = ?
      ORDER BY f.position\
      """;

  private final PostgresDisk disk;
  private final long segment;
  private final String name;

  private byte[] waiting = new byte[0];
  private int waitingBytes;
  private long waitingAt;

  PostgresFile(PostgresDisk disk, long segment, String name) {
    this.disk = disk;
    this.segment = segment;
    this.name = name;
  }

  @Override
  public void write(ByteBuffer bytes, long position) throws IOException {
    if (waitingBytes > 0 && position != waitingAt + waitingBytes) {
      force(); // a row is one piece
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
    if (waitingBytes > 0) {
      disk.writer().write(segment, waitingAt, waiting);
      waitingBytes = 0;
    }
  }

  @Override
  public int read(ByteBuffer into, long position) throws IOException {
    int length = into.remaining();
    if (length == 0) {
      return 0;
    }
    return disk.side().call(connection -> read(connection, into, position, length));
  }

  private int read(Connection connection, ByteBuffer into, long position, int length)
      throws SQLException, IOException {
    try (var query = connection.prepareStatement(READ)) {
      query.setLong(1, position);
      query.setLong(2, position);
      query.setInt(3, length);
      query.setLong(4, position + length);
      query.setLong(5, segment);
      query.setLong(6, position);
      query.setLong(7, segment);
      try (var row = query.executeQuery()) {
        if (!row.next()) {
          throw new NoSuchFileException(name, null, "removed");
        }
        int readable = Math.clamp(row.getLong(1) - position, 0, length);
        var found = new byte[readable];
        do {
          place(row.getBytes(3), row.getLong(2) - position, found);
        } while (row.next());
        into.put(found);
        return readable;
      }
    }
  }

  /** Over the zeros; a row may begin before or end behind what is asked for. */
  private static void place(byte @Nullable [] bytes, long at, byte[] found) {
    if (bytes != null && at < found.length) {
      System.arraycopy(bytes, 0, found, (int) at, (int) Math.min(bytes.length, found.length - at));
    }
  }

  @Override
  public boolean lengthen(long bytes) throws IOException {
    disk.lengthen(segment, bytes);
    return true;
  }

  @Override
  public long size() throws IOException {
    return disk.side()
        .call(
            connection -> {
              try (var query =
                  connection.prepareStatement(
                      "SELECT capacity FROM lastword_segments WHERE segment = ?")) {
                query.setLong(1, segment);
                try (var row = query.executeQuery()) {
                  if (!row.next()) {
                    throw new NoSuchFileException(name, null, "removed");
                  }
                  return row.getLong(1);
                }
              }
            });
  }

  /** Nothing is held; what was not forced is not there. */
  @Override
  public void close() {}
}
