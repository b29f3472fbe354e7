package dev.lastword.gateway;

import dev.lastword.cli.Command;
import dev.lastword.cli.Commands;
import java.io.IOException;
import java.util.List;

/** The command line: {@code lastword COMMAND}. */
public final class Main {
  private Main() {}

  /** Runs a command and exits with its code; 2 for a wrong command line or configuration. */
  public static void main(String[] args) throws IOException, InterruptedException {
    var commands =
        List.of(
            new ServeCommand(),
            new DemoCommand(),
            new InspectCommand(),
            new NodesCommand(System.out),
            new RepairCommand(System.out),
            new KeyCommand(System.out),
            new VerifyCommand(System.in, System.out),
            new WarmupCommand());
    int code = new Commands(commands, System.out, System.err).run(args);
    if (code != Command.GOES_ON) {
      System.exit(code);
    }
  }
}
