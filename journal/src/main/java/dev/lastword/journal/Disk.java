package dev.lastword.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * One directory of a disk, or what stands for it elsewhere: all that a {@link FileJournal} asks of
 * storage.
 *
 * <p>What a file holds is durable after {@link File#force()}; which names there are, after {@link
 * #forceDirectory()}. Names are plain file names without a separator. Thread-safe.
 */
public interface Disk {
  /**
   * A directory of the file system, made (mode 0700, files 0600) if it is not there.
   *
   * @return a disk whose {@code toString} is the directory's path
   */
  static Disk directory(Path directory) {
    return new DirectoryDisk(directory);
  }

  /**
   * Takes the directory for this process alone, and makes it if it is not there.
   *
   * @return gives the directory back when closed
   * @throws IOException if another holds it, with a message that says so
   */
  Closeable lock() throws IOException;

  /** The names of all files, in no order. */
  List<String> list() throws IOException;

  /**
   * Makes an empty file, for reading and writing.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is one of that name
   */
  File create(String name) throws IOException;

  /**
   * Opens a file for reading and writing.
   *
   * @throws java.nio.file.NoSuchFileException if there is none of that name
   */
  File open(String name) throws IOException;

  /**
   * Opens a file for reading.
   *
   * @throws java.nio.file.NoSuchFileException if there is none of that name
   */
  File openForReading(String name) throws IOException;

  /** Gives a file another name; a file that had it is replaced. */
  void rename(String from, String to) throws IOException;

  /** Removes a file. Those who have it open can go on reading. */
  void delete(String name) throws IOException;

  /** Makes the names durable. */
  void forceDirectory() throws IOException;

  /**
   * Bytes that can still be written to new files, as far as the disk can tell. Where that is much
   * and there is none all the same, a write says so with a {@link DiskFullException}.
   */
  long usableBytes() throws IOException;

  /** What has happened to bytes that were forced. */
  default Durability durability() {
    return Durability.DISK;
  }

  /**
   * Whether a file that is not needed any more may be given another name and written over. If not,
   * it is removed.
   */
  default boolean reusesFiles() {
    return true;
  }

  /**
   * The least epoch that whoever holds the lock may write under: a store that fences by a number of
   * its own gives that. At least 1.
   */
  default long epochMin() {
    return 1;
  }

  /**
   * Whether whoever holds the lock can write no more, whatever was being done when that showed:
   * then only another opening can tell what is there.
   */
  default boolean isLost() {
    return false;
  }

  /** One open file. Positions count bytes from 0. */
  interface File extends Closeable {
    /** Writes all remaining bytes. */
    void write(ByteBuffer bytes, long position) throws IOException;

    /**
     * Reads until the buffer is full or the file ends.
     *
     * @return bytes read
     */
    int read(ByteBuffer into, long position) throws IOException;

    /** Makes what was written durable. */
    void force() throws IOException;

    /**
     * Makes an empty file so long, all zeros, where a later write needs no room that was taken
     * ahead.
     *
     * @return false if it does: then zeros have to be written
     */
    default boolean lengthen(long bytes) throws IOException {
      return false;
    }

    /** Length in bytes. */
    long size() throws IOException;
  }
}
