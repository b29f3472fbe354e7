package dev.lastword.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A test of this room fails if a thread or a file of a journal outlives it. */
public final class LeakExtension implements AfterEachCallback {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Made by JUnit. */
  public LeakExtension() {}

  /** Threads that were told to end may still be at it. */
  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    long began = System.nanoTime();
    var left = left();
    while (!left.isEmpty() && System.nanoTime() - began < PATIENCE_NANOS) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      left = left();
    }
    if (!left.isEmpty()) {
      throw new AssertionError(context.getDisplayName() + " leaves behind: " + left);
    }
  }

  private static List<String> left() throws IOException {
    var left = new ArrayList<>(files());
    Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("lastword-"))
        .forEach(left::add);
    return left;
  }

  private static List<String> files() throws IOException {
    if (!Files.isDirectory(DESCRIPTORS)) {
      return List.of();
    }
    var open = new ArrayList<String>();
    try (var links = Files.list(DESCRIPTORS)) {
      for (var link : links.toList()) {
        var name = target(link);
        if (name.matches(".*(\\.journal|\\.prep|\\.used|/lock)( \\(deleted\\))?")) {
          open.add(name);
        }
      }
    }
    return open;
  }

  /** Descriptors come and go while they are listed. */
  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return "closed meanwhile: " + e;
    }
  }
}
