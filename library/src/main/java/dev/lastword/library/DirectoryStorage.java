package dev.lastword.library;

import dev.lastword.archive.sqlite.SqliteArchive;
import dev.lastword.journal.Disk;
import dev.lastword.journal.DiskRoom;
import dev.lastword.journal.FileJournal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Supplier;

/** A directory of this process, which is made if it is not there, for its owner only. */
final class DirectoryStorage implements Storage {
  private final Path data;
  private final Supplier<Disk> disk;

  DirectoryStorage(Path data) {
    this(data, () -> Disk.directory(data.resolve("journal")));
  }

  /** The same with its journal on any disk. */
  DirectoryStorage(Path data, Supplier<Disk> disk) {
    this.data = data;
    this.disk = disk;
  }

  /**
   * @throws UncheckedIOException if it cannot be made
   */
  @Override
  public Opened open() {
    prepare();
    var room = new DiskRoom();
    var journal = FileJournal.open(disk.get(), FileJournal.Options.DEFAULT, room);
    try {
      return new Opened(
          journal,
          SqliteArchive.open(data.resolve("archive.db"), SqliteArchive.Options.DEFAULT, room));
    } catch (RuntimeException | Error e) { // a library that is not there is an error
      journal.close();
      throw e;
    }
  }

  private void prepare() {
    try {
      if (Files.isDirectory(data)) {
        return;
      }
      var parent = data.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      if (data.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        Files.createDirectory(
            data,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } else {
        Files.createDirectory(data);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make the data directory " + data, e);
    }
  }
}
