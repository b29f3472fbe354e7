package dev.lastword.sabotage;

import dev.lastword.sabotage.Javac.DoesNotCompileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A copy of the sources, and beside it the classes of the rooms that have a bug in them.
///
/// The checkout is only read, and the copy is never changed: the compiler is given the files with
/// the bug in place of those without. What was built before is at the end of the class path, so
/// that whatever is not compiled here comes from there.
final class Workshop {
  private static final Set<String> LEFT_OUT = Set.of("target", "node_modules", ".git", ".lastword");

  private final Path folder;
  private final Path copy;
  private final Path planted;
  private final Path tests;
  private final List<Path> built;
  private final Rooms rooms;
  private final Javac javac = new Javac();
  private final Set<String> testsCompiled = new HashSet<>();
  private final Map<Path, String> changed = new HashMap<>();
  private final List<Path> overlay = new ArrayList<>();

  private Workshop(Path folder, List<Path> built) throws IOException {
    this.folder = folder;
    this.copy = folder.resolve("copy");
    this.planted = folder.resolve("planted");
    this.tests = folder.resolve("tests");
    this.built = List.copyOf(built);
    this.rooms = Rooms.of(copy);
  }

  /// Copies the sources under a root into a folder, which is emptied first.
  ///
  /// @param built class path of the same sources, built
  static Workshop open(Path root, Path folder, List<Path> built) throws IOException {
    Files.createDirectories(folder);
    for (var name : List.of("copy", "planted", "tests")) {
      delete(folder.resolve(name));
    }
    copy(root, folder.resolve("copy"));
    return new Workshop(folder, built);
  }

  Rooms rooms() {
    return rooms;
  }

  /// A folder for what is only of use for a while.
  Path folder() {
    return folder;
  }

  /// Where a room is.
  Path room(String room) {
    return copy.resolve(room);
  }

  /// The text of a file without a bug.
  ///
  /// @throws BugListException if there is none
  String source(String file) {
    try {
      return Files.readString(copy.resolve(file));
    } catch (IOException e) {
      throw new BugListException("there is no " + file);
    }
  }

  /// Puts a bug in place of the one before.
  ///
  /// @throws BugListException if it does not apply
  void plant(Bug bug) {
    changed.clear();
    bug.plant(this::source).forEach((file, text) -> changed.put(copy.resolve(file), text));
    delete(planted);
    overlay.clear();
  }

  /// Compiles a bug's room and what is built on it on the way to another one, as far as that is not
  /// done.
  void compile(Bug bug, String target) throws IOException, DoesNotCompileException {
    for (var room : rooms.between(bug.room(), target)) {
      var sources = copy.resolve(room, "src/main/java");
      var to = planted.resolve(room);
      if (overlay.contains(to) || !Files.isDirectory(sources)) {
        continue;
      }
      javac.compile(sources, changed, classPath(true), to);
      overlay.add(to);
    }
  }

  /// The class path with the bug, or without.
  List<Path> classPath(boolean withBug) {
    var all = new ArrayList<Path>();
    if (withBug) {
      all.addAll(overlay);
    }
    all.addAll(built);
    return all;
  }

  /// The class path of a room's tests, their classes first.
  ///
  /// The tests are compiled once, without the bug: a bug never changes what they call.
  List<Path> testClassPath(String room, boolean withBug)
      throws IOException, DoesNotCompileException {
    var to = tests.resolve(room);
    if (testsCompiled.add(room)) {
      javac.compile(copy.resolve(room, "src/test/java"), Map.of(), built, to);
    }
    var all = new ArrayList<Path>();
    all.add(to);
    all.add(copy.resolve(room, "src/test/resources"));
    all.addAll(classPath(withBug));
    return all;
  }

  boolean hasTests(String room) {
    return Files.isDirectory(copy.resolve(room, "src/test/java"));
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes)
              throws IOException {
            if (LEFT_OUT.contains(String.valueOf(dir.getFileName())) && !dir.equals(from)) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.createDirectories(to.resolve(from.relativize(dir)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (attributes.isRegularFile()) {
              Files.copy(file, to.resolve(from.relativize(file)));
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /// Deletes a folder with all that is in it; nothing if it is not there.
  static void delete(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (var paths = Files.walk(folder)) {
      for (var path : paths.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + folder, e);
    }
  }
}
