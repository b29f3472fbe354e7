package dev.lastword.gateway;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** Small text files that only the user of this process may read. */
final class PrivateFiles {
  private static final List<PosixFilePermission> OTHERS =
      List.of(PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ);

  private PrivateFiles() {}

  /** The lines, without comments and blank ones; none if there is no such file. */
  static List<String> read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    return Files.readAllLines(file, StandardCharsets.UTF_8).stream()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .toList();
  }

  /** Puts these lines in its place, all or nothing, and on disk when it returns. */
  static void write(Path file, List<String> lines) throws IOException {
    var folder = file.toAbsolutePath().getParent();
    var written = Files.createTempFile(folder, "." + file.getFileName(), ".new", mode(file));
    try {
      give(written);
      Files.write(written, lines, StandardCharsets.UTF_8);
      try (var channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(
          written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      forceName(file);
    } finally {
      Files.deleteIfExists(written);
    }
  }

  /** Else a power cut may bring the file back that was there before. */
  private static void forceName(Path file) throws IOException {
    if (isPosix(file)) { // elsewhere a folder cannot be opened
      try (var folder =
          FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
        folder.force(true);
      }
    }
  }

  /** Makes an empty one unless there is one. */
  static void touch(Path file) throws IOException {
    if (!Files.exists(file)) {
      try {
        give(Files.createFile(file, mode(file)));
      } catch (FileAlreadyExistsException e) {
        return; // somebody else was as quick
      }
    }
  }

  /** A file is its folder's user's, also where root makes it for them. */
  private static void give(Path file) throws IOException {
    var user = Files.getOwner(file.toAbsolutePath().getParent());
    if (!Files.getOwner(file).equals(user)) {
      Files.setOwner(file, user);
    }
  }

  /** Whether others than its user may read it. */
  static boolean isShared(Path file) throws IOException {
    return isPosix(file)
        && Files.exists(file)
        && OTHERS.stream().anyMatch(Files.getPosixFilePermissions(file)::contains);
  }

  private static FileAttribute<?>[] mode(Path file) {
    return isPosix(file)
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }
}
