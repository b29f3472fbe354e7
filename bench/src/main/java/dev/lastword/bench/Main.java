package dev.lastword.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `lastword bench`: every measurement of the project, a subcommand each.
@Command(
    name = "lastword bench",
    synopsisSubcommandLabel = "COMMAND",
    description = "Measures Lastword on this machine, nginx beside it in the same run.",
    subcommands = {
      CompareCommand.class,
      RelayCommand.class,
      FanoutCommand.class,
      SpringCommand.class,
      IdleCommand.class,
      StartupCommand.class,
      StrangersCommand.class,
      KeysCommand.class,
      SavesCommand.class,
      StormCommand.class,
      NodesCommand.class,
      JournalCommand.class,
      ArchiveCommand.class,
      JmhCommand.class,
    })
final class Main {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "this text")
  boolean help;

  private Main() {}

  static void main(String[] args) {
    System.setProperty(
        "sun.net.httpserver.nodelay", "true"); // or small writes of our servers wait 40 ms
    System.exit(new CommandLine(new Main()).execute(args));
  }
}
