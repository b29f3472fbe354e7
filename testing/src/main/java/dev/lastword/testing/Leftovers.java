package dev.lastword.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a process that has ended in order must not leave behind: threads, descriptors, files. */
final class Leftovers {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  /** Segments of a journal that has let go of all that is archived: the last, and the next one. */
  private static final int SEGMENTS_MAX = 3;

  private final Path directory;

  Leftovers(Path directory) {
    this.directory = directory;
  }

  /** Throws if there is something. */
  void check() {
    EngineStress.await("no thread is left: " + threads(), () -> threads().isEmpty());
    EngineStress.await("no descriptor is left: " + descriptors(), () -> descriptors().isEmpty());
    var files = files();
    var segments = files.stream().filter(name -> name.endsWith(".journal")).toList();
    if (segments.size() > SEGMENTS_MAX) {
      throw new AssertionError("segments are left: " + files);
    }
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("stress-") || name.startsWith("lastword-"))
        .toList();
  }

  /** Names of open files in the directory; none where the system does not tell. */
  private List<String> descriptors() {
    if (!Files.isDirectory(DESCRIPTORS)) {
      return List.of();
    }
    var open = new ArrayList<String>();
    try (var links = Files.list(DESCRIPTORS)) {
      for (var link : links.toList()) {
        if (target(link).startsWith(directory.toString())) {
          open.add(target(link));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list descriptors", e);
    }
    return open;
  }

  /** Descriptors come and go while they are listed. */
  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return "closed meanwhile: " + e.getMessage();
    }
  }

  private List<String> files() {
    try (var files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).map(file -> file.getFileName().toString()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + directory, e);
    }
  }
}
