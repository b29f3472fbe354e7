package dev.lastword.bench;

import dev.lastword.archive.sqlite.SqliteArchive;
import dev.lastword.testing.EngineStress;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `lastword stress`: the engine with real threads, real files and the archive that ships, for
/// minutes.
@Command(
    name = "lastword stress",
    sortOptions = false,
    description =
        "Runs the engine with real threads through many lives: orderly ends, closed journals, kills."
            + " In the end every promise is looked at, and what is left behind. Exit code 0: all"
            + " held; 1: one did not.")
final class Stress implements Callable<Integer> {
  @Option(
      names = "--seconds",
      defaultValue = "300",
      description = "how long it lives on (${DEFAULT-VALUE})")
  long seconds = 300;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "of what is drawn; the threads take their own course (${DEFAULT-VALUE})")
  long seed = 1;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "this text")
  boolean help;

  static void main(String[] arguments) {
    // What a process says that is killed a hundred times is of no use to anybody.
    System.setProperty("slf4j.provider", "org.slf4j.helpers.NOP_FallbackServiceProvider");
    System.setProperty("slf4j.internal.verbosity", "WARN");
    System.exit(new CommandLine(new Stress()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    var directory = Files.createTempDirectory("lastword-stress");
    try {
      var stress =
          new EngineStress(
              directory, folder -> SqliteArchive.open(folder.resolve("archive.db")), seed);
      stress
          .run(Duration.ofSeconds(seconds))
          .forEach((what, times) -> System.out.printf("%10d  %s%n", times, what));
      System.out.printf("stress: seconds=%d seed=%d held=true%n", seconds, seed);
      return 0;
    } catch (AssertionError e) {
      e.printStackTrace();
      System.out.printf("stress: seconds=%d seed=%d held=false why=%s%n", seconds, seed, e);
      return 1;
    } finally {
      delete(directory);
    }
  }

  private static void delete(Path directory) throws IOException {
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, IOException failure)
              throws IOException {
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
