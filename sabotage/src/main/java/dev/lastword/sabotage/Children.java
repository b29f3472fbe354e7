package dev.lastword.sabotage;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// Runs proofs in processes of their own: what has a bug in it may hang, or take all memory.
///
/// A child says what it is at in lines that begin with {@link Said#MARK}; everything that it prints
/// goes into a log.
final class Children {
  private final Path folder;
  private final Duration quietMax;

  /// @param folder for temporary files and logs
  /// @param quietMax how long a child may say nothing; then what it is at hangs
  Children(Path folder, Duration quietMax) {
    this.folder = folder;
    this.quietMax = quietMax;
  }

  /// What has become of a child.
  ///
  /// @param red the first thing that failed; empty if nothing did
  /// @param took how long it ran
  record Result(Optional<Red> red, Duration took) {}

  /// Something that failed.
  ///
  /// @param what a seed, or a test's unique ID
  /// @param name what a person calls it
  /// @param why one line
  record Red(String what, String name, String why) {}

  /// Runs a main class until its end, or until the first thing that fails.
  ///
  /// @param at the working directory
  /// @param log a name for the log
  Result run(Class<?> main, List<Path> classPath, Path at, List<String> arguments, String log)
      throws IOException, InterruptedException {
    var temporary = folder.resolve("tmp");
    Workshop.delete(temporary);
    Files.createDirectories(temporary);
    var argumentFile = folder.resolve("java.arguments");
    Files.write(argumentFile, options(main, classPath, at, temporary));
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + argumentFile);
    command.addAll(arguments);
    long began = System.nanoTime();
    var process =
        new ProcessBuilder(command).directory(at.toFile()).redirectErrorStream(true).start();
    try {
      var red = watch(process, folder.resolve("logs", log + ".log"));
      return new Result(red, Duration.ofNanos(System.nanoTime() - began));
    } finally {
      end(process);
      Workshop.delete(temporary);
    }
  }

  private static List<String> options(
      Class<?> main, List<Path> classPath, Path at, Path temporary) {
    return List.of(
        "-Xmx1g",
        "-XX:+EnableDynamicAgentLoading",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-XX:+ExitOnOutOfMemoryError",
        quoted("-Djava.io.tmpdir=" + temporary),
        quoted("-Dbasedir=" + at),
        "-cp",
        quoted(joined(classPath)),
        main.getName());
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  static String joined(List<Path> classPath) {
    return classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }

  private Optional<Red> watch(Process process, Path log) throws IOException, InterruptedException {
    Files.createDirectories(log.getParent());
    var said = new LinkedBlockingQueue<Said>();
    var reader = Thread.ofVirtual().start(() -> read(process, log, said));
    try {
      return follow(process, said);
    } finally {
      end(process);
      reader.join();
    }
  }

  private Optional<Red> follow(Process process, BlockingQueue<Said> said)
      throws InterruptedException {
    var at = new Said.At("start", "its start");
    while (true) {
      var next = said.poll(quietMax.toSeconds(), TimeUnit.SECONDS);
      switch (next) {
        case Said.At now -> at = now;
        case Said.Failed(Red red) -> {
          return Optional.of(red);
        }
        case Said.End end when end.whole() -> {
          return Optional.empty();
        }
        case Said.End end -> {
          return Optional.of(
              new Red(at.what(), at.name(), "the process ended with " + process.waitFor()));
        }
        case null -> {
          return Optional.of(
              new Red(at.what(), at.name(), "no end within " + quietMax.toSeconds() + " s"));
        }
      }
    }
  }

  private static void read(Process process, Path log, BlockingQueue<Said> said) {
    boolean whole = false;
    try (var lines =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        var writer = Files.newBufferedWriter(log)) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        writer.write(line);
        writer.newLine();
        var parsed = Said.parse(line);
        whole |= parsed.filter(each -> each instanceof Said.End).isPresent();
        parsed.filter(each -> !(each instanceof Said.End)).ifPresent(said::add);
      }
    } catch (IOException e) {
      if (process.isAlive()) { // else it was ended, and its last lines are of no use
        System.err.println("lastword: what a proof said is lost: " + e.getMessage());
      }
    }
    said.add(new Said.End(whole));
  }

  private static void end(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
