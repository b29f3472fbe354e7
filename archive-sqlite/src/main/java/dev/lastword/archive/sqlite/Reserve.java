package dev.lastword.archive.sqlite;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file beside the archive that only takes room. It is let go when the disk is full: then the
 * archive can still take what the journal holds, so that the journal's segments can go, and
 * deletions find the little room that they need. It is made again once there is plenty; the part
 * for deletions at once.
 *
 * <p>Used by the writer's thread alone.
 */
final class Reserve {
  private static final Logger log = LoggerFactory.getLogger(SqliteArchive.class);

  /** On a small disk the reserve is this part of it. */
  private static final int PART_OF_DISK = 16;

  /** What of the reserve only deletions may have; a few of them take so much. */
  private static final long FOR_DELETIONS_MAX = 1 << 20;

  private static final int PART_FOR_DELETIONS = 4;

  /** The whole is made when so many times its size is free. */
  private static final int ROOM_FACTOR = 3;

  /** The log is moved into the database when it has this part of the reserve, or 4 MiB. */
  private static final int PART_FOR_LOG = 8;

  private static final long LOG_BYTES_MAX = 4 << 20;

  private static final int CHUNK_BYTES = 256 << 10;

  private final ArchiveFiles files;
  private final long bytesWanted;

  /**
   * @param bytesWanted its size, 0 for no reserve
   */
  Reserve(ArchiveFiles files, long bytesWanted) {
    this.files = files;
    this.bytesWanted = bytesWanted;
  }

  /** How large it is to be on this disk. */
  private long bytes() {
    return Math.min(bytesWanted, files.diskBytes() / PART_OF_DISK);
  }

  private long bytesForDeletions() {
    return Math.min(FOR_DELETIONS_MAX, bytes() / PART_FOR_DELETIONS);
  }

  /** What the log may have, so that there is always room to move it into the database. */
  long logBytesMax() {
    return bytes() == 0 ? LOG_BYTES_MAX : Math.min(LOG_BYTES_MAX, bytes() / PART_FOR_LOG);
  }

  /** Whether there is less of it than there should be: the disk is full, or was. */
  boolean isMissed() {
    return files.reserveBytes() < bytes();
  }

  /** Makes what is missing of it, if there is room for it and enough beside it. */
  void makeIfRoom() {
    long held = files.reserveBytes();
    if (held < bytes() && files.usableBytes() >= ROOM_FACTOR * bytes()) {
      fill(bytes());
    } else if (held < bytesForDeletions() && files.usableBytes() >= bytesForDeletions()) {
      fill(bytesForDeletions());
    }
  }

  private void fill(long bytes) {
    try {
      fill(files.reserve(), bytes);
      log.info("archive.reserve_made bytes={}", bytes);
    } catch (IOException e) {
      log.warn("archive.reserve_not_made cause={}", e.toString());
      letGo(true);
    }
  }

  private static void fill(Path file, long bytes) throws IOException {
    PrivateFile.create(file);
    // Not zeros: a file system that compresses, or leaves holes, would keep nothing free for them.
    var random = new SplittableRandom();
    byte[] chunk = new byte[CHUNK_BYTES];
    try (var channel = FileChannel.open(file, APPEND)) {
      for (long left = bytes - channel.size(); left > 0; left = bytes - channel.size()) {
        random.nextBytes(chunk);
        channel.write(ByteBuffer.wrap(chunk, 0, (int) Math.min(left, chunk.length)));
      }
      channel.force(true);
    }
  }

  /** Gives its room to whoever writes next; the part for deletions goes only for them. */
  void letGo(boolean forDeletions) {
    long held = files.reserveBytes();
    long kept = forDeletions ? 0 : bytesForDeletions();
    if (held <= kept) {
      return;
    }
    try (var channel = FileChannel.open(files.reserve(), WRITE)) {
      channel.truncate(kept);
      channel.force(true);
      log.warn("archive.reserve_let_go bytes={}", held - kept);
    } catch (IOException e) {
      log.error("archive.reserve_not_let_go", e);
    }
  }
}
