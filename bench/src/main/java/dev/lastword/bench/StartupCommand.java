package dev.lastword.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// From the start of the gateway's process to the first 200 of `/readyz`, on an empty data folder.
@Command(
    name = "startup",
    sortOptions = false,
    description =
        "From the start of the gateway's process to the first 200 of /readyz, on an empty data folder.")
final class StartupCommand implements Callable<Integer> {
  // Nothing listens there, and nothing is asked of it.
  private static final int NO_SOURCE_PORT = 9;

  @Mixin LoadOptions options = new LoadOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "this text")
  boolean help;

  @Option(
      names = "--aot-cache",
      paramLabel = "FILE",
      description =
          "also start with -XX:AOTCache=FILE; --gateway then begins with the java program")
  Optional<Path> aotCache = Optional.empty();

  @Override
  public Integer call() throws IOException, InterruptedException {
    var report =
        Report.titled("Start")
            .paragraph(
                String.format(
                    Locale.ROOT,
                    "From the start of the process to the first 200 of `/readyz`, on an empty data folder. Median of %d starts,"
                        + " lowest–highest in parentheses.",
                    options.rounds));
    report.row("how", "ms");
    try {
      report.row(
          "without an AOT cache", starts(options.gatewayCommand(SystemUnderTest.LASTWORD)).text(0));
      if (aotCache.isPresent()) {
        report.row(
            "with an AOT cache",
            starts(cached(options.gatewayCommand(SystemUnderTest.LASTWORD), aotCache.get()))
                .text(0));
      }
    } catch (IllegalStateException e) {
      System.err.println("bench: " + e.getMessage());
      return 1;
    }
    report.publish(options);
    return 0;
  }

  private static List<String> cached(List<String> command, Path cache) {
    var whole = new ArrayList<>(command);
    whole.add(1, "-XX:AOTCache=" + cache);
    return whole;
  }

  private Spread starts(List<String> command) throws IOException, InterruptedException {
    var millis = new ArrayList<Double>();
    for (int i = -options.warmupRounds; i < options.rounds; i++) {
      double took = start(command);
      System.err.printf(Locale.ROOT, "%s %.0f ms%n", i < 0 ? "warm-up" : "start " + (i + 1), took);
      if (i >= 0) {
        millis.add(took);
      }
    }
    return Spread.of(millis, Double::doubleValue);
  }

  private static double start(List<String> command) throws IOException, InterruptedException {
    var dir = Files.createTempDirectory("lastword-bench-");
    try (var children = new Children()) {
      int port = SystemUnderTest.freePort();
      var log = dir.resolve("lastword.log");
      var whole =
          SystemUnderTest.gatewayCommand(command, NO_SOURCE_PORT, port, dir.resolve("data"));
      long before = System.nanoTime();
      var process = children.startAsItIs(SystemUnderTest.logged(whole, log));
      SystemUnderTest.awaitReady(process, port, log);
      return (System.nanoTime() - before) / 1e6;
    } finally {
      LoadRig.deleteAll(dir);
    }
  }
}
