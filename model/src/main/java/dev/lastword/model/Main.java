package dev.lastword.model;

import dev.lastword.cli.Command;
import dev.lastword.cli.Commands;
import java.io.IOException;
import java.util.List;

/// `./lastword model-check`.
final class Main {
  private Main() {}

  static void main(String[] arguments) throws IOException, InterruptedException {
    List<Command> commands = List.of(new ModelCommand(System.out));
    System.exit(new Commands(commands, System.out, System.err).run(arguments));
  }
}
