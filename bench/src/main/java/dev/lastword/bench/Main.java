package dev.lastword.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/// `lastword bench`: every measurement of the project, a subcommand each.
@Command(
    name = "lastword bench",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Measures Lastword on this machine, nginx beside it in the same run.",
    subcommands = {
      RelayCommand.class,
      FanoutCommand.class,
      IdleCommand.class,
      StartupCommand.class,
      JmhCommand.class,
    })
final class Main {
  private Main() {}

  static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }
}
