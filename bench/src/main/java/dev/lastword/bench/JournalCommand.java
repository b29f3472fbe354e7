package dev.lastword.bench;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The journal beside a bare log.
@Command(
    name = "journal",
    sortOptions = false,
    description = "The journal beside a bare log: entries per second, time to the flush.")
final class JournalCommand implements Callable<Integer> {
  @Option(
      names = "--data",
      defaultValue = "target/journal-load",
      description = "where both write (${DEFAULT-VALUE})")
  Path data = Path.of("target", "journal-load");

  @Option(names = "--rounds", defaultValue = "5", description = "rounds of each (${DEFAULT-VALUE})")
  int rounds = 5;

  @Option(
      names = "--seconds",
      defaultValue = "3",
      description = "length of a round (${DEFAULT-VALUE})")
  int seconds = 3;

  @Option(
      names = "--mode",
      defaultValue = "",
      description = "only what begins so: most, streams, asked, one, pace (all)")
  String mode = "";

  @Option(
      names = "--postgresql",
      defaultValue = "",
      description =
          "URL of a database, jdbc:postgresql://…: the journal in there beside them, and pgbench's own"
              + " commits where that is installed. Each round begins a journal, and they stay")
  String postgresql = "";

  @Option(
      names = "--kafka",
      defaultValue = "",
      description =
          "kafka://host:port/?min.insync.replicas=…, without a topic: the journal in there beside"
              + " them. Each round makes a topic, and they stay")
  String kafka = "";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "this text")
  boolean help;

  @Override
  public Integer call() throws Exception {
    new JournalLoad(data, rounds, seconds, mode, postgresql, kafka).run();
    if ("pace".startsWith(mode)) {
      new JournalPace(data, rounds, seconds).run();
    }
    return 0;
  }
}
