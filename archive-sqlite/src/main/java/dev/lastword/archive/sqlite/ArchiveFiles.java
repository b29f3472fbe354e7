package dev.lastword.archive.sqlite;

import dev.lastword.archive.ArchiveFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteOpenMode;

/**
 * The files of an archive, and whether they are still the ones that were opened: SQLite goes on
 * writing to a file that was removed, where nobody finds it again.
 *
 * <p>They are looked at, never opened: POSIX drops the locks that SQLite holds on a file as soon as
 * its process closes the file anywhere.
 */
final class ArchiveFiles {
  private static final List<String> SUFFIXES = List.of("", "-wal", "-shm");

  private final Path file;

  /** Identity of each file at the opening, where the file system tells it. */
  private final Map<String, Object> opened = new HashMap<>();

  ArchiveFiles(Path file) {
    this.file = file;
  }

  Path database() {
    return file;
  }

  /** The reserve's file. */
  Path reserve() {
    return withSuffix("-reserve");
  }

  /** Bytes that database and log take. */
  long bytes() {
    return length("") + length("-wal");
  }

  /** Bytes of the log: of what is in it, or was. */
  long logBytes() {
    return length("-wal");
  }

  /** Bytes that the reserve takes. */
  long reserveBytes() {
    return length("-reserve");
  }

  /** Free bytes on their disk; many if it does not tell. */
  long usableBytes() {
    try {
      return Files.getFileStore(directory()).getUsableSpace();
    } catch (IOException e) {
      return Long.MAX_VALUE >> 2;
    }
  }

  /** All bytes of their disk; many if it does not tell. */
  long diskBytes() {
    try {
      return Files.getFileStore(directory()).getTotalSpace();
    } catch (IOException e) {
      return Long.MAX_VALUE >> 2;
    }
  }

  private Path directory() {
    return file.toAbsolutePath().resolveSibling("");
  }

  private long length(String suffix) {
    try {
      return Files.size(withSuffix(suffix));
    } catch (IOException e) {
      return 0; // it is not there
    }
  }

  private Path withSuffix(String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }

  /**
   * Makes the database's file if there is none.
   *
   * @throws ArchiveFailedException if it cannot be written, which SQLite would say less clearly
   */
  void create() {
    var directory = directory();
    if (!Files.isDirectory(directory)) {
      throw new ArchiveFailedException("there is no directory " + directory);
    }
    if (Files.isDirectory(file)) {
      throw new ArchiveFailedException("it is a directory");
    }
    if (!Files.isWritable(directory)) {
      throw new ArchiveFailedException(
          "its directory cannot be written by this user, and SQLite makes files in there");
    }
    try {
      PrivateFile.create(file);
    } catch (IOException e) {
      throw new ArchiveFailedException("it cannot be made: " + e, e);
    }
    if (!Files.isReadable(file) || !Files.isWritable(file)) {
      throw new ArchiveFailedException("it cannot be read and written by this user");
    }
  }

  /** Opens a connection to the database, which has to be there. */
  Connection connect(boolean readOnly) throws SQLException {
    var config = new SQLiteConfig();
    config.setReadOnly(readOnly);
    config.resetOpenMode(SQLiteOpenMode.CREATE);
    config.setBusyTimeout(0); // waiting is the workers' business: in native code nothing ends it
    // As a URI, since the driver reads a question mark in a plain path as the end of it.
    return config.createConnection("jdbc:sqlite:" + file.toUri());
  }

  /** Remembers which files these are; again with each connection that may make new ones. */
  void opened() {
    synchronized (opened) {
      for (var suffix : SUFFIXES) {
        if (suffix.isEmpty() && opened.containsKey(suffix)) {
          continue;
        }
        var key = key(suffix);
        if (key != null) {
          opened.put(suffix, key);
        }
      }
    }
  }

  /**
   * @throws ArchiveFailedException if a file is not the one that was opened
   */
  void refuseIfGone() {
    synchronized (opened) {
      for (var each : opened.entrySet()) {
        if (!Objects.equals(each.getValue(), key(each.getKey()))) {
          throw new ArchiveFailedException(
              "%s was removed or replaced while Lastword has it open: nothing is stored until a restart"
                  .formatted(withSuffix(each.getKey()).getFileName()));
        }
      }
    }
  }

  private @Nullable Object key(String suffix) {
    try {
      return Files.readAttributes(withSuffix(suffix), BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new ArchiveFailedException("cannot look for " + withSuffix(suffix), e);
    }
  }
}
