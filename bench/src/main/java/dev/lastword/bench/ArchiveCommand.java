package dev.lastword.bench;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What it costs to archive.
@Command(
    name = "archive",
    sortOptions = false,
    description = "What it costs to archive: CPU and memory for each event, disk for each byte.")
final class ArchiveCommand implements Callable<Integer> {
  @Option(
      names = "--data",
      defaultValue = "target/archive-load",
      description = "where the archive is written (${DEFAULT-VALUE})")
  Path data = Path.of("target", "archive-load");

  @Option(names = "--rounds", defaultValue = "3", description = "rounds of each (${DEFAULT-VALUE})")
  int rounds = 3;

  @Option(
      names = "--streams",
      defaultValue = "2000",
      description = "streams, of 300 events each (${DEFAULT-VALUE})")
  int streams = 2_000;

  @Option(
      names = "--postgresql",
      defaultValue = "",
      description =
          "URL of a database, jdbc:postgresql://…: the archive in there beside the file. Its tables"
              + " are emptied")
  String postgresql = "";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "this text")
  boolean help;

  @Override
  public Integer call() throws Exception {
    new ArchiveLoad(data, rounds, streams, postgresql).run();
    return 0;
  }
}
