package dev.lastword.checker;

import dev.lastword.cli.Commands;
import java.io.IOException;
import java.util.List;

/** The command line: {@code lastword check}. */
public final class Main {
  private Main() {}

  /** Runs the command and exits with its code. */
  public static void main(String[] args) throws IOException, InterruptedException {
    var commands =
        List.of(
            new CheckCommand(System.in, System.out),
            new ZooCommand(System.out),
            new WarmupCommand());
    System.exit(new Commands(commands, System.out, System.err).run(args));
  }
}
