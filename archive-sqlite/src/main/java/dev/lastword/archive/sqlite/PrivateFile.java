package dev.lastword.archive.sqlite;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** Files that only their owner may read. */
final class PrivateFile {
  private PrivateFile() {}

  /** Makes an empty one; a file that is there keeps the mode that its owner gave it. */
  static void create(Path file) throws IOException {
    try {
      Files.createFile(file, attributes(file));
    } catch (FileAlreadyExistsException e) {
      return;
    }
  }

  private static FileAttribute<?>[] attributes(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }
}
