package dev.lastword.sabotage;

import dev.lastword.cli.Command;
import dev.lastword.cli.Commands;
import java.io.IOException;
import java.util.List;

/// `./lastword sabotage`.
final class Main {
  private Main() {}

  static void main(String[] arguments) throws IOException, InterruptedException {
    List<Command> commands = List.of(new SabotageCommand(System.out));
    System.exit(new Commands(commands, System.out, System.err).run(arguments));
  }
}
